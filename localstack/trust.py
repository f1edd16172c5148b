"""What an emulator that enforces IAM needs: a certificate, and somebody who may deploy."""

import datetime
import ipaddress
import json
from pathlib import Path
from typing import Any, NamedTuple

DEPLOYER = "deployer"


class Identity(NamedTuple):
    """PEM files of a server that its clients trust."""

    certificate: Path
    key: Path


def make_certificate(folder: Path, address: str) -> Identity:
    """Write a self-signed certificate of an IP address, good for a week."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Evergreen's laptop cloud")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    identity = Identity(folder / "certificate.pem", folder / "key.pem")
    identity.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    identity.key.touch(mode=0o600)
    identity.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return identity


def make_deployer(iam: Any) -> tuple[str, str]:
    """An administrator that is no root user, since root may not assume the CDK's roles.

    Returns:
        The access key and its secret.
    """
    allow_all = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow_all]})
    iam.create_user(UserName=DEPLOYER)
    iam.put_user_policy(UserName=DEPLOYER, PolicyName="everything", PolicyDocument=policy)
    key = iam.create_access_key(UserName=DEPLOYER)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]
