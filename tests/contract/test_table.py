"""What the AWS registry's table promises those who reach it without the registry."""

from typing import Any

from evergreen.aws.registry import DynamoRegistry
from evergreen.contracts.registry import StageRecord

from tests.contract.busy import Busy
from tests.fakes.registered import AT, MODEL, draft, run


def test_a_run_that_the_workflow_closed_by_itself_is_read_as_failed(
    dynamodb: Any, table: str
) -> None:
    registry = DynamoRegistry(dynamodb, table)
    registry.open_run(run("r1"))
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": "RUN#r1"}, "sk": {"S": "RUN"}},
        UpdateExpression="SET #status = :status, reason = :reason, ended_at = :at",
        ConditionExpression="#status = :running",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":status": {"S": "failed"},
            ":reason": {"S": "The table is empty."},
            ":at": {"S": "2026-01-01T00:00:09.000Z"},
            ":running": {"S": "running"},
        },
    )
    for ended in (registry.run("r1"), *registry.runs(MODEL)):
        assert (ended.status, ended.reason) == ("failed", "The table is empty.")
        assert ended.sources == ("raw/a.csv",)


def test_what_takes_several_reads_is_read_in_full(client: Any, table: str) -> None:
    dynamodb, reads = client("dynamodb"), []

    def two_at_a_time(params: dict[str, Any], **_: Any) -> None:
        params["Limit"] = 2
        reads.append(1)

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", two_at_a_time)
    registry = DynamoRegistry(dynamodb, table)
    registry.open_run(run("r1"))
    for number in range(5):
        registry.register(draft(f"r{number}"), "workflow", AT)
        registry.record_stage("r1", StageRecord(f"stage {number}", "done", f"{AT}{number}"))
    assert [v.number for v in registry.versions(MODEL)] == [1, 2, 3, 4, 5]
    assert [s.stage for s in registry.run("r1").stages] == [f"stage {n}" for n in range(5)]
    assert len(reads) > 5


def test_keys_the_table_did_not_get_to_are_asked_for_again(dynamodb: Any, table: str) -> None:
    registry = DynamoRegistry(Busy(dynamodb), table)
    for number in range(5):
        registry.open_run(run(f"r{number}", f"{AT}{number}"))
    assert [r.run_id for r in registry.runs(MODEL)] == ["r4", "r3", "r2", "r1", "r0"]
