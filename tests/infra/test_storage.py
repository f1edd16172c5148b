"""What is stored stays private, encrypted and recoverable."""

import pytest
from evergreen.contracts import keys

from tests.infra.assembly import text


@pytest.fixture
def buckets(aws):
    found = aws.properties("AWS::S3::Bucket")
    assert set(found) == {"Features", "Artifacts", "AccessLogs"}
    return found


def test_every_bucket_is_private_encrypted_and_versioned(buckets):
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        encryption = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_every_bucket_refuses_what_does_not_come_over_tls(aws, buckets):
    refusing = set()
    for policy in aws.properties("AWS::S3::BucketPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}:
                assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
                assert statement["Principal"] == {"AWS": "*"}
                refusing.add(text(policy["Bucket"]))
    assert refusing == {f"<{name}>" for name in buckets}


def test_reading_features_and_artifacts_leaves_a_trace(buckets):
    for name in ("Features", "Artifacts"):
        logging = buckets[name]["LoggingConfiguration"]
        assert text(logging["DestinationBucketName"]) == "<AccessLogs>"
        assert logging["LogFilePrefix"] == f"{name.lower()}/"


def test_old_versions_of_objects_go_after_a_while(buckets):
    for bucket in buckets.values():
        rule, *_ = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled"
        assert "Prefix" not in rule
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_only_what_a_check_can_make_again_or_needs_no_more_expires(buckets):
    """Beside the log of accesses; the prefixes are those under which checks write."""
    assert keys.sweep("s1", "begun.json").startswith("sweeps/")
    assert keys.day_digests("m").startswith("digests/")
    expiring = {
        (name, rule.get("Prefix", "")): rule["ExpirationInDays"]
        for name, bucket in buckets.items()
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert expiring == {
        ("AccessLogs", ""): 365,
        ("Artifacts", "sweeps/"): 90,
        ("Features", "digests/"): 180,
    }


def test_the_registry_is_encrypted_recoverable_and_keyed_as_its_adapter_expects(aws):
    table = aws.properties("AWS::DynamoDB::Table")["Registry"]
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]


def test_the_online_store_is_encrypted_recoverable_and_keyed_as_its_adapter_expects(aws):
    table = aws.properties("AWS::DynamoDB::Table")["Online"]
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]


def test_data_models_and_registry_outlive_their_stack(aws):
    resources = aws.templates["storage"]["Resources"].values()
    kept = [r for r in resources if r["Type"] in ("AWS::S3::Bucket", "AWS::DynamoDB::Table")]
    assert len(kept) == 5
    assert {r["DeletionPolicy"] for r in kept} == {"Retain"}
    assert {r["UpdateReplacePolicy"] for r in kept} == {"Retain"}


def test_the_command_line_finds_every_name_it_needs_in_the_outputs(aws):
    assert set(aws.outputs("storage")) == {
        "ArtifactsBucket",
        "FeaturesBucket",
        "OnlineTable",
        "RegistryTable",
    }
    assert set(aws.outputs("training")) == {
        "BatchWorkflowArn",
        "NotificationsTopic",
        "ViewWorkflowArn",
        "WorkflowArn",
    }
    assert {"ApiId", "ApiStage", "ApiUrl", "CaptureStream"} <= set(aws.outputs("serving"))
    assert set(aws.outputs("monitoring")) == {"EventBus", "SweepArn"}
