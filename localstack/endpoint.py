"""Where a laptop cloud is, and how clients reach it."""

import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


class CloudError(Exception):
    """One sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A running emulator and the credentials it takes."""

    endpoint: str
    port: int
    pid: int
    region: str = "us-east-1"
    account: str = "000000000000"
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - what every emulator takes
    files: str = ""
    """Folder that lives as long as the cloud does."""
    certificate: str = ""
    """PEM file to trust, when the cloud speaks TLS and enforces IAM."""

    def environment(self) -> dict[str, str]:
        """Variables that point any AWS client of a child process here."""
        variables = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
        }
        if self.certificate:
            names = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
            variables |= dict.fromkeys(names, self.certificate)
        return variables

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            verify=self.certificate or None,
            config=Config(
                proxies={}, retries={"mode": "standard"}, s3={"addressing_style": "path"}
            ),
        )

    def api_url(self, api_id: str, stage: str) -> str:
        """Where the emulator answers for a REST API, without a slash at the end."""
        return f"{self.endpoint}/restapis/{api_id}/{stage}/_user_request_"

    def answers(self) -> bool:
        """Whether the emulator is up."""
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.certificate:
            context = ssl.create_default_context(cafile=self.certificate)
            handlers.append(urllib.request.HTTPSHandler(context=context))
        opener = urllib.request.build_opener(*handlers)
        try:
            with opener.open(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
