"""The state machine that scores tables: a map over what the plan wrote, each chunk for itself."""

import json

import pytest
from evergreen.contracts import batch, stages
from evergreen.contracts.batch import CHUNKS_AT_MOST

from tests.infra.assembly import text


@pytest.fixture(scope="module")
def machine(aws):
    return aws.properties("AWS::StepFunctions::StateMachine")["Batch"]


@pytest.fixture(scope="module")
def states(machine):
    return json.loads(text(machine["DefinitionString"]))["States"]


@pytest.fixture(scope="module")
def chunk(states):
    return states["score: chunks"]["ItemProcessor"]["States"]["score: chunk"]


def test_the_graph_reads_as_plan_chunks_finish(states):
    seen = ["start"]
    while "Next" in states[seen[-1]]:
        seen.append(states[seen[-1]]["Next"])
    assert seen == ["start", "score: plan", "score: chunks", "score: finish", "scored"]


def test_each_state_sends_exactly_the_fields_of_its_contract(states):
    sent = {
        batch.PlanInput: states["score: plan"]["Parameters"],
        batch.ChunkInput: states["score: chunks"]["ItemSelector"],
        batch.FinishInput: states["score: finish"]["Parameters"],
    }
    for contract, payload in sent.items():
        fields = {key.removesuffix(".$") for key in payload} - {"step"}
        assert fields == set(contract.__struct_fields__)
    run = {key.removesuffix(".$") for key in states["start"]["Parameters"]["run"]}
    assert run == set(stages.RunInput.__struct_fields__)


def test_the_map_reads_its_items_where_the_plan_wrote_them_and_hands_nothing_on(states):
    chunks = states["score: chunks"]
    assert chunks["ItemReader"]["Parameters"] == {"Bucket": "<Features>", "Key.$": "$.plan.items"}
    assert "items" in batch.PlanOutput.__struct_fields__
    assert chunks["ResultPath"] is None


def test_the_map_uses_only_what_emulators_and_aws_do_alike(states):
    chunks = states["score: chunks"]
    processor = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert chunks["ItemProcessor"]["ProcessorConfig"] == processor
    assert not {"ItemBatcher", "ToleratedFailurePercentage", "ResultWriter"} & set(chunks)


def test_a_failed_chunk_stops_no_other_however_many_there_are(states):
    assert states["score: chunks"]["ToleratedFailureCount"] == CHUNKS_AT_MOST


def test_a_chunk_is_tried_again_unless_a_person_must_mend_something(chunk):
    from evergreen import errors

    for_people, again = chunk["Retry"]
    assert for_people["MaxAttempts"] == 0
    assert all(issubclass(getattr(errors, name), errors.EvergreenError)
               for name in for_people["ErrorEquals"])  # fmt: skip
    assert again["ErrorEquals"] == ["States.ALL"]
    assert again["MaxAttempts"] > 0
    assert chunk["Resource"] == "<ScoreFunction.Arn>"


def test_every_failure_ends_in_record_notification_and_the_sentence(states):
    for name in ("score: plan", "score: chunks", "score: finish"):
        (catch,) = states[name]["Catch"]
        assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "failure: read")
    assert states["failure: record"]["Next"] == "failure: notify"


def test_it_is_logged_and_traced_without_data(machine):
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
