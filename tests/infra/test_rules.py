"""The templates pass the rules, and the rules would have said so if they did not."""

import pytest


def test_no_rule_of_aws_solutions_and_no_schema_of_cloudformation_is_broken(aws, local):
    assert aws.findings == []
    assert local.findings == []


def test_a_careless_bucket_and_a_property_that_does_not_exist_would_stop_the_synthesis(new_app):
    from aws_cdk import Stack
    from aws_cdk.aws_s3 import CfnBucket

    app = new_app()
    careless = CfnBucket(Stack(app, "careless"), "Bucket")
    careless.add_property_override("Nonsense", "x")
    with pytest.raises(RuntimeError) as stopped:
        app.synth()
    assert "AwsSolutions-S10" in str(stopped.value)
    assert "'Nonsense' was unexpected" in str(stopped.value)


def test_nothing_is_a_custom_resource_because_emulators_do_not_run_them(aws, local):
    for assembly in (aws, local):
        kinds = {r["Type"] for t in assembly.templates.values() for r in t["Resources"].values()}
        assert not {kind for kind in kinds if kind.startswith("Custom::")}
        assert "AWS::CloudFormation::CustomResource" not in kinds
