"""Nobody reaches a prediction unsigned, and every prediction leaves its capture."""

import json
from dataclasses import replace
from pathlib import Path

from tests.infra.assembly import read, text


def test_every_method_of_the_api_needs_a_signature(aws):
    methods = aws.properties("AWS::ApiGateway::Method")
    assert len(methods) == 2
    for method in methods.values():
        assert method["HttpMethod"] == "ANY"
        assert method["AuthorizationType"] == "AWS_IAM"


def test_the_stage_is_throttled_logged_and_traced(aws):
    (stage,) = aws.properties("AWS::ApiGateway::Stage").values()
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0
    assert settings["DataTraceEnabled"] is False
    assert text(stage["AccessLogSetting"]["DestinationArn"]) == "<ApiLogs.Arn>"
    assert stage["TracingEnabled"] is True


def test_the_stage_waits_for_the_accounts_permission_to_log(aws):
    resources = aws.templates["serving"]["Resources"]
    (stage,) = [r for r in resources.values() if r["Type"] == "AWS::ApiGateway::Stage"]
    accounts = [name for name, r in resources.items() if r["Type"] == "AWS::ApiGateway::Account"]
    assert set(accounts) <= set(stage["DependsOn"])
    assert len(accounts) == 1


def test_captures_lie_by_model_and_day_where_monitoring_looks(aws):
    from evergreen.contracts.capture import captures_prefix

    (stream,) = aws.properties("AWS::KinesisFirehose::DeliveryStream").values()
    to = stream["ExtendedS3DestinationConfiguration"]
    assert to["Prefix"].startswith(captures_prefix("!{partitionKeyFromQuery:model}"))
    assert to["Prefix"].endswith("/dt=!{timestamp:yyyy-MM-dd}/")
    assert not to["ErrorOutputPrefix"].startswith("captures/")
    (processor,) = to["ProcessingConfiguration"]["Processors"]
    parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor["Parameters"]}
    assert parameters["MetadataExtractionQuery"] == "{model: .model}"
    assert text(to["BucketARN"]) == "<Features.Arn>"


def test_the_capture_stream_is_encrypted_and_has_a_name_of_its_own(aws):
    (stream,) = aws.properties("AWS::KinesisFirehose::DeliveryStream").values()
    assert stream["DeliveryStreamName"] == aws.outputs("serving")["CaptureStream"]
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}


def test_a_prediction_may_take_no_longer_than_the_api_waits(aws):
    assert aws.properties("AWS::Lambda::Function")["InferFunction"]["Timeout"] <= 29


def test_infer_starts_from_a_snapshot_where_the_settings_say_so(new_app, layers):
    from infra import settings
    from infra.evergreen import compose

    app = new_app()
    compose(app, replace(settings.aws(layers), snap_start=True))
    found = read(Path(app.synth().directory))
    functions = found.properties("AWS::Lambda::Function")
    started = {name for name, function in functions.items() if "SnapStart" in function}
    (version,) = found.properties("AWS::Lambda::Version")
    assert started == {"InferFunction"}
    assert functions["InferFunction"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    for method in found.properties("AWS::ApiGateway::Method").values():
        assert version in json.dumps(method["Integration"]["Uri"])
