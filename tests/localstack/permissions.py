"""What each deployed function may do, and the calls that find out."""

from typing import Any

from evergreen.cli.client import Client

READS = {
    "ingest": {
        "features/raw",
        "features/captures",
        "features/feedback",
        "features/datasets",
        "features/privacy",
    },
    "features": {
        "features/datasets",
        "features/feature-sets",
        "features/feature-views",
        "features/privacy",
    },
    "tune": {"features/feature-sets", "artifacts/runs"},
    "train": {"features/feature-sets", "artifacts/runs"},
    "score": {
        "features/feature-sets",
        "features/raw",
        "features/captures",
        "features/feedback",
        "features/privacy",
        "artifacts/runs",
        "artifacts/models",
    },
    "evaluate": {"features/feature-sets", "artifacts/runs"},
    "register": {"features/feature-sets", "features/datasets", "artifacts/runs"},
    "deploy": {"features/captures", "artifacts/models", "artifacts/runs"},
    "infer": {"artifacts/models", "features/privacy"},
    "monitor": {
        "features/captures",
        "features/feedback",
        "features/digests",
        "artifacts/models",
        "artifacts/reports",
        "artifacts/runs",
        "artifacts/sweeps",
    },
    "conclude": {"artifacts/reports", "artifacts/sweeps"},
    "retrain": {"artifacts/runs"},
}
WRITES = {
    "ingest": {"features/datasets", "features/privacy"},
    "features": {"features/feature-sets", "features/feature-views"},
    "tune": {"artifacts/runs"},
    "train": {"artifacts/runs"},
    "score": {"artifacts/runs", "artifacts/sweeps"},
    "evaluate": {"artifacts/runs"},
    "register": {"artifacts/models"},
    "infer": {"features/feedback"},
    "monitor": {"features/digests", "artifacts/reports", "artifacts/sweeps"},
    "conclude": {"artifacts/reports", "artifacts/sweeps"},
    "retrain": {"artifacts/reports"},
}
FEW_ONLY = {
    "start a run": {"retrain"},
    "announce a decision": {"conclude", "retrain"},
    "capture a prediction": {"infer"},
    "publish": {"conclude"},
}
"""What all but these functions may not do."""
LOOK_UP = {"features", "infer", "score"}
"""Functions that may read entities from the online store; ``features`` alone may write there."""
READ_ONLY = {"infer", "monitor"}
"""Functions that may look into the registry and not write there."""
PREFIXES = {
    "features": (
        "raw", "captures", "feedback", "digests", "datasets", "feature-sets", "feature-views",
        "privacy",
    ),
    "artifacts": ("runs", "models", "reports", "sweeps"),
}  # fmt: skip


def may(stage: str) -> set[str]:
    """All that a stage's function may do, of :func:`calls`."""
    reads, writes = READS[stage], WRITES.get(stage, set())
    return (
        {f"read {place}" for place in reads}
        | {f"list {place}" for place in reads}
        | {f"write {place}" for place in writes}
        | {name for name, only in FEW_ONLY.items() if stage in only}
        | {"read an item"}
        | ({"look up an entity"} if stage in LOOK_UP else set())
        | ({"write an entity"} if stage == "features" else set())
        | (set() if stage in READ_ONLY else {"write an item"})
    )


def calls(client: Client, topic: str) -> dict[str, list[Any]]:
    """What every function is made to try: service, operation, parameters."""
    cloud = client.cloud
    tried: dict[str, list[Any]] = {}
    for bucket, prefixes in PREFIXES.items():
        name = cloud.output(f"{bucket.capitalize()}Bucket")
        for prefix in prefixes:
            place, key = f"{bucket}/{prefix}", {"Bucket": name, "Key": f"{prefix}/probe/object"}
            tried[f"read {place}"] = ["s3", "get_object", key]
            tried[f"write {place}"] = ["s3", "put_object", key | {"Body": "probe"}]
            listed = {"Bucket": name, "Prefix": f"{prefix}/"}
            tried[f"list {place}"] = ["s3", "list_objects_v2", listed]
        tried["delete an object"] = ["s3", "delete_object", key]
    return tried | _beside_buckets(cloud, topic)


def _beside_buckets(cloud: Any, topic: str) -> dict[str, list[Any]]:
    table, machine = cloud.output("RegistryTable"), cloud.output("WorkflowArn")
    online, entity = cloud.output("OnlineTable"), {"pk": {"S": "PROBE"}}
    builds = {"stateMachineArn": cloud.output("ViewWorkflowArn"), "name": "no <>", "input": "{}"}
    written = {"TableName": online, "Key": entity}
    item = {"pk": {"S": "PROBE"}, "sk": {"S": "PROBE"}}
    put = {"TableName": table, "Item": item}
    key = {"TableName": table, "Key": item}
    event = {
        "EventBusName": cloud.output("EventBus"),
        "Source": "probe",
        "DetailType": "probe",
        "Detail": "{}",
    }
    record = {"Data": '{"model": "probe"}\n'}
    stream = {"DeliveryStreamName": cloud.output("CaptureStream"), "Records": [record]}
    # A name that Step Functions takes for none: who may start a run is told so.
    run = {"stateMachineArn": machine, "name": "no name <>", "input": "{}"}
    return {
        "read an item": ["dynamodb", "get_item", key],
        "write an item": ["dynamodb", "put_item", put],
        "delete an item": ["dynamodb", "delete_item", key],
        "list the table": ["dynamodb", "scan", {"TableName": table}],
        "look up an entity": [
            "dynamodb",
            "batch_get_item",
            {"RequestItems": {online: {"Keys": [entity]}}},
        ],
        "write an entity": ["dynamodb", "update_item", written],
        "replace an entity": ["dynamodb", "put_item", {"TableName": online, "Item": entity}],
        "delete an entity": ["dynamodb", "delete_item", written],
        "list the entities": ["dynamodb", "scan", {"TableName": online}],
        "build a view": ["stepfunctions", "start_execution", builds],
        "start a run": ["stepfunctions", "start_execution", run],
        "announce a decision": ["events", "put_events", {"Entries": [event]}],
        "capture a prediction": ["firehose", "put_record_batch", stream],
        "call a function": ["lambda", "invoke", {"FunctionName": "evergreen"}],
        "read a role": ["iam", "get_role", {"RoleName": "evergreen"}],
        "publish": ["sns", "publish", {"TopicArn": topic, "Message": "probe"}],
    }
