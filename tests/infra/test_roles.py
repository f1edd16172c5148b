"""Least privilege: each role may do what is written here, and nothing else."""

from collections import defaultdict

import pytest

from tests.infra.assembly import as_list, text

READ = {"dynamodb:GetItem registry", "dynamodb:Query registry"}
WRITE = READ | {
    "dynamodb:ConditionCheckItem registry",
    "dynamodb:PutItem registry",
    "dynamodb:UpdateItem registry",
}
LOOK_UP = {"dynamodb:BatchGetItem online"}
# X-Ray and the delivery of logs know no resources.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


def objects(bucket, *, reads=(), writes=()):
    listed = {f"s3:ListBucket {bucket} below {','.join(f'{p}/*' for p in reads)}"} if reads else {}
    return (
        {f"s3:GetObject {bucket}/{prefix}/*" for prefix in reads}
        | {f"s3:PutObject {bucket}/{prefix}/*" for prefix in writes}
        | set(listed)
    )


LEARNING = (
    WRITE
    | objects("features", reads=["feature-sets"])
    | objects("artifacts", reads=["runs"], writes=["runs"])
)
MAY = {
    "Ingest": WRITE
    | objects(
        "features",
        reads=["raw", "captures", "feedback", "datasets", "privacy"],
        writes=["datasets", "privacy"],
    ),
    "Features": WRITE
    | LOOK_UP
    | {"dynamodb:UpdateItem online"}
    | objects(
        "features",
        reads=["datasets", "feature-sets", "feature-views", "privacy"],
        writes=["feature-sets", "feature-views"],
    ),
    "Tune": LEARNING | {"dynamodb:BatchGetItem registry"},
    "ContainersTune": LEARNING | {"dynamodb:BatchGetItem registry"},
    "ContainersTrain": LEARNING,
    "ContainersStarter": {
        "ecr:BatchCheckLayerAvailability images",
        "ecr:BatchGetImage images",
        "ecr:GetDownloadUrlForLayer images",
        *(f"logs:{action} containers{stage}logs"
          for action in ("CreateLogStream", "PutLogEvents") for stage in ("tune", "train")),
    },
    "ContainersNetworkRefused": set(),
    "Train": LEARNING,
    "Evaluate": LEARNING,
    "Score": WRITE
    | LOOK_UP
    | objects(
        "features",
        reads=["feature-sets", "raw", "batches", "captures", "feedback", "privacy"],
        writes=["batches"],
    )
    | objects("artifacts", reads=["runs", "models"], writes=["runs", "sweeps"]),
    "Register": WRITE
    | objects("features", reads=["feature-sets", "datasets"])
    | objects("artifacts", reads=["runs"], writes=["models"]),
    "Deploy": WRITE
    | objects("features", reads=["captures"])
    | objects("artifacts", reads=["models", "runs"]),
    "Infer": READ
    | LOOK_UP
    | objects("artifacts", reads=["models"])
    | objects("features", reads=["privacy"], writes=["feedback"])
    | {
        "firehose:PutRecord deliverystream/evergreen-captures",
        "firehose:PutRecordBatch deliverystream/evergreen-captures",
    },
    "Monitor": READ
    | {"dynamodb:BatchGetItem registry"}
    | objects("features", reads=["captures", "feedback", "digests"], writes=["digests"])
    | objects(
        "artifacts", reads=["models", "reports", "runs", "sweeps"], writes=["reports", "sweeps"]
    ),
    "Conclude": WRITE
    | objects("artifacts", reads=["reports", "sweeps"], writes=["reports", "sweeps"])
    | {
        "events:PutEvents bus",
        "sns:Publish notificationstopic",
        "kms:Decrypt notificationskey",
        "kms:GenerateDataKey notificationskey",
    },
    "Sweep": {f"lambda:InvokeFunction {name}function" for name in ("monitor", "conclude", "score")}
    | {
        "s3:GetObject artifacts/sweeps/*",
        "states:StartExecution sweep",
        "states:DescribeExecution sweep.name/batches:*",
        "states:StopExecution sweep.name/batches:*",
    },
    "SweepEvents": {"states:StartExecution sweep"},
    "Retrain": WRITE
    | objects("artifacts", reads=["runs"], writes=["reports"])
    | {
        "dynamodb:BatchGetItem registry",
        "events:PutEvents bus",
        "states:StartExecution workflow",
        "sqs:SendMessage undelivered",
    },
    "Workflow": {f"lambda:InvokeFunction {stage}function" for stage in (
        "ingest", "features", "tune", "train", "score", "evaluate", "register", "deploy")}
    | {
        "dynamodb:UpdateItem registry of RUN#*",
        "dynamodb:GetItem registry of RUN#*",
        "sns:Publish notificationstopic",
        "kms:Decrypt notificationskey",
        "kms:GenerateDataKey notificationskey",
        "s3:GetObject artifacts/runs/*",
        "states:StartExecution workflow",
        "ecs:RunTask task-definition/evergreen-training-tune:* on containerscluster",
        "ecs:RunTask task-definition/evergreen-training-train:* on containerscluster",
        "ecs:DescribeTasks task/evergreen-training/*",
        "ecs:StopTask task/evergreen-training/*",
        "iam:PassRole containersstarterrole to ecs-tasks.amazonaws.com",
        "iam:PassRole containerstunerole to ecs-tasks.amazonaws.com",
        "iam:PassRole containerstrainrole to ecs-tasks.amazonaws.com",
    }
    | {f"events:{action} rule/stepfunctionsgeteventsforecstaskrule"
       for action in ("DescribeRule", "PutRule", "PutTargets")}
    | {f"states:{action} workflow.name/{label}:*"
       for action in ("DescribeExecution", "StopExecution") for label in ("trials", "containers")},
    "Batch": {
        "lambda:InvokeFunction scorefunction",
        "s3:GetObject features/batches/*",
        "dynamodb:UpdateItem registry of RUN#*",
        "sns:Publish notificationstopic",
        "kms:Decrypt notificationskey",
        "kms:GenerateDataKey notificationskey",
        "states:StartExecution batch",
        "states:DescribeExecution batch.name/chunks:*",
        "states:StopExecution batch.name/chunks:*",
    },
    "Views": {
        "lambda:InvokeFunction ingestfunction",
        "lambda:InvokeFunction featuresfunction",
        "dynamodb:UpdateItem registry of RUN#*",
        "sns:Publish notificationstopic",
        "kms:Decrypt notificationskey",
        "kms:GenerateDataKey notificationskey",
    },
    "Captures": objects("features", writes=["captures", "captures-failed"])
    | {
        "s3:AbortMultipartUpload features/captures/*",
        "s3:AbortMultipartUpload features/captures-failed/*",
        "s3:GetBucketLocation features",
        "s3:ListBucket features",
        "s3:ListBucketMultipartUploads features",
        "logs:PutLogEvents captureslogs",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def statements(aws):
    """Every statement of every role, by the role's name without the word Role."""
    found = defaultdict(list)
    for name, role in aws.properties("AWS::IAM::Role").items():
        for policy in role.get("Policies", ()):
            found[name.removesuffix("Role")] += policy["PolicyDocument"]["Statement"]
    for policy in aws.properties("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            name = text(role).strip("<>").removesuffix("Role")
            found[name] += policy["PolicyDocument"]["Statement"]
    return found


def test_each_role_may_do_exactly_what_its_stage_touches(statements):
    assert {role: may(found, role) for role, found in statements.items()} == MAY


def test_no_action_is_a_wildcard_and_only_traces_and_log_delivery_have_no_resource(statements):
    for found in statements.values():
        for statement in found:
            assert statement["Effect"] == "Allow"
            assert not [a for a in as_list(statement["Action"]) if "*" in a]
            if "*" in as_list(statement["Resource"]):
                assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCE


def test_only_api_gateways_own_logging_uses_a_managed_policy(aws):
    managed = {
        name: [text(arn).rsplit("/", 1)[1] for arn in role["ManagedPolicyArns"]]
        for name, role in aws.properties("AWS::IAM::Role").items()
        if "ManagedPolicyArns" in role
    }
    assert managed == {"ApiLogsRole": ["AmazonAPIGatewayPushToCloudWatchLogs"]}


def test_each_function_has_its_own_role_and_is_told_only_the_names_it_uses(aws):
    functions = aws.properties("AWS::Lambda::Function")
    roles = [text(function["Role"]) for function in functions.values()]
    assert len(set(roles)) == len(functions) == 12
    told = {
        name.removesuffix("Function"): {
            variable.removeprefix("EVERGREEN_")
            for variable in function["Environment"]["Variables"]
            if variable.startswith("EVERGREEN_")
        }
        for name, function in functions.items()
    }
    assert told["Infer"] == {
        "ARTIFACTS_BUCKET",
        "CAPTURE_STREAM",
        "FEATURES_BUCKET",
        "ONLINE_TABLE",
        "REGISTRY_TABLE",
    }
    assert told["Retrain"] == {
        "ARTIFACTS_BUCKET",
        "EVENT_BUS",
        "REGISTRY_TABLE",
        "WORKFLOW_ARN",
    }
    assert told["Deploy"] == {"ARTIFACTS_BUCKET", "FEATURES_BUCKET", "REGISTRY_TABLE"}
    assert told["Monitor"] == {"ARTIFACTS_BUCKET", "FEATURES_BUCKET", "REGISTRY_TABLE"}
    assert told["Conclude"] == {
        "ALERTS_TOPIC",
        "ARTIFACTS_BUCKET",
        "EVENT_BUS",
        "REGISTRY_TABLE",
    }
    from evergreen.settings import Settings

    known = {field.upper() for field in Settings.__struct_fields__}
    known -= {"MEMORY_MEBIBYTES", "WORKER"}
    assert set().union(*told.values()) == known


def may(found, role):
    """What the statements allow, in short words; logs of its own and traces left out."""
    return {
        f"{action} {_resource(resource)}{_condition(statement)}"
        for statement in found
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action not in WITHOUT_RESOURCE
        and not (text(resource) == f"<{role}Logs.Arn>" and role != "Captures")
    }


def _resource(resource):
    words = text(resource).replace(".Arn>", "").replace("<", "").replace(">", "").lower()
    if ":deliverystream/" in words:
        return words.rsplit(":", 1)[1]
    if ":execution:" in words:
        return words.split(":execution:")[1]
    if ":repository/" in words:
        return "images"
    for service in (":ecs:", ":events:"):
        if service in words:
            return words.split("aws::accountid:")[1]
    name, slash, rest = words.partition("/")
    name = {"notificationstopic": name, "undelivered": name}.get(name, name)
    return name + slash + rest


def _condition(statement):
    match statement.get("Condition"):
        case {"StringLike": {"s3:prefix": prefixes}}:
            return f" below {','.join(as_list(prefixes))}"
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}:
            return f" of {','.join(as_list(keys))}"
        case {"ArnEquals": {"ecs:cluster": cluster}}:
            return f" on {_resource(cluster)}"
        case {"StringEquals": {"iam:PassedToService": service}}:
            return f" to {service}"
    return ""
