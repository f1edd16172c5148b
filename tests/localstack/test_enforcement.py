"""Who may do what: callers of the API, and each deployed function by its role."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.http import Caller
from tests.localstack.permissions import PREFIXES, READS, calls, may

pytestmark = pytest.mark.usefixtures("enforced")

ROW = loans.request(loans.rows(range(2019, 2020), count=1, seed=4)[0])
REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
"""How S3 and IAM, most services, and SNS say that something is not allowed."""


@pytest.fixture
def somebody(client: Client, local: laptop.Cloud) -> Iterator[Any]:
    """Makes an IAM user with the policy given, and gives what calls the API as that user."""
    iam, made = client.cloud.client("iam"), []

    def make(*allowed: str) -> Caller:
        name = f"caller-{uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        made.append(name)
        if allowed:
            _allow(iam, name, allowed)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Caller(client.cloud.api_url, local, (key["AccessKeyId"], key["SecretAccessKey"]))

    yield make
    for name in made:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)


def _allow(iam: Any, user: str, resources: tuple[str, ...]) -> None:
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": list(resources)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="call", PolicyDocument=policy)


def test_a_call_that_is_not_signed_is_refused(
    client: Client, local: laptop.Cloud, first_run: Run
) -> None:
    nobody = Caller(client.cloud.api_url, local, None)

    for method, path in (
        ("GET", "/health"),
        ("GET", "/models"),
        ("POST", f"/models/{first_run.model}/predict"),
        ("POST", f"/models/{first_run.model}/feedback"),
    ):
        assert nobody(method, path, {"instances": [ROW]}).status == 403


def test_a_call_signed_with_a_wrong_secret_is_refused(
    client: Client, local: laptop.Cloud, first_run: Run
) -> None:
    forger = Caller(client.cloud.api_url, local, (local.access_key, "x" * 40))

    assert forger("POST", f"/models/{first_run.model}/predict", {"instances": [ROW]}).status == 403


def test_a_caller_whom_nothing_allows_is_refused(somebody: Any, first_run: Run) -> None:
    stranger = somebody()

    assert stranger("GET", "/models").status == 403
    predict = f"/models/{first_run.model}/predict"
    assert stranger("POST", predict, {"instances": [ROW]}).status == 403


def test_a_caller_allowed_one_model_may_ask_that_one_and_nothing_else(
    client: Client, local: laptop.Cloud, somebody: Any, first_run: Run
) -> None:
    cloud, predict = client.cloud, f"/models/{first_run.model}/predict"
    stage = f"{cloud.output('ApiId')}/{cloud.output('ApiStage')}"
    allowed = f"arn:aws:execute-api:{local.region}:{local.account}:{stage}/POST{predict}"

    teller = somebody(allowed)

    assert teller("POST", predict, {"instances": [ROW]}).status == 200
    assert teller("GET", predict).status == 403
    assert teller("POST", "/models/another/predict", {"instances": [ROW]}).status == 403
    assert teller("POST", f"/models/{first_run.model}/feedback", {"outcomes": []}).status == 403
    assert teller("GET", "/models").status == 403


@pytest.fixture(scope="module")
def answered(client: Client, enforced: laptop.Cloud) -> dict[str, dict[str, str]]:
    """By stage, how each call was answered to a function that has that stage's role."""
    for bucket in (client.cloud.features, client.cloud.artifacts):
        for prefix in PREFIXES["features" if bucket is client.cloud.features else "artifacts"]:
            bucket.write(f"{prefix}/probe/object", b"probe")
    tried = calls(client, laptop.outputs(enforced)["NotificationsTopic"])
    functions = client.cloud.client("lambda")
    session = boto3.session.Session(region_name=enforced.region)
    return {
        stage: _try(enforced, session, _credentials(functions, stage), tried) for stage in READS
    }


def _credentials(functions: Any, stage: str) -> dict[str, str]:
    """What a function that bears the role of the stage's function is given to sign with."""
    deployed = _function(functions, stage)
    name = f"probe-{stage}-{uuid4().hex[:6]}"
    functions.create_function(
        FunctionName=name,
        Runtime=deployed["Runtime"],
        Role=deployed["Role"],
        Handler="probe.handler",
        Code={"ZipFile": _archive()},
    )
    try:
        answer = functions.invoke(FunctionName=name)
        found: dict[str, str] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, found
        return found
    finally:
        functions.delete_function(FunctionName=name)


def _try(
    local: laptop.Cloud, session: Any, credentials: dict[str, str], tried: dict[str, list[Any]]
) -> dict[str, str]:
    """The error code, or "ok", that each call is answered with."""
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    where = {"endpoint_url": local.endpoint, "verify": local.certificate, "config": config}
    services = {call[0] for call in tried.values()}
    clients = {service: session.client(service, **where, **credentials) for service in services}
    return {
        name: _outcome(getattr(clients[service], operation), parameters)
        for name, (service, operation, parameters) in tried.items()
    }


def _outcome(call: Any, parameters: dict[str, Any]) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def _function(functions: Any, stage: str) -> dict[str, Any]:
    pages = functions.get_paginator("list_functions").paginate()
    (found,) = (
        function
        for page in pages
        for function in page["Functions"]
        if f"-{stage.capitalize()}Function" in function["FunctionName"]
    )
    return dict(found)


def _archive() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.write(Path(__file__).with_name("probe.py"), "probe.py")
    return body.getvalue()


@pytest.mark.parametrize("stage", READS)
def test_a_function_may_do_what_its_role_names_and_is_refused_all_else(
    answered: dict[str, dict[str, str]], stage: str
) -> None:
    found = answered[stage]

    allowed = {name for name, code in found.items() if code not in REFUSED}
    assert allowed == may(stage)
