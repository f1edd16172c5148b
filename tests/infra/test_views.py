"""The state machine that builds feature views."""

import json

import pytest
from evergreen.contracts import stages

from tests.infra.assembly import text

INPUTS = {
    "ingest": stages.IngestInput,
    "features: build": stages.BuildInput,
    "features: materialise": stages.MaterialiseInput,
}
OUTPUTS = {
    "run": stages.RunInput,
    "ingest": stages.IngestOutput,
    "features": stages.BuildOutput,
    "materialise": stages.MaterialiseOutput,
}


@pytest.fixture(scope="module")
def machine(aws):
    return aws.properties("AWS::StepFunctions::StateMachine")["Views"]


@pytest.fixture(scope="module")
def states(machine):
    return json.loads(text(machine["DefinitionString"]))["States"]


def test_the_graph_reads_as_ingest_build_materialise(states):
    seen = ["start"]
    while "Next" in states[seen[-1]]:
        seen.append(states[seen[-1]]["Next"])
    assert seen == ["start", *INPUTS, "built"]


def test_each_state_sends_exactly_the_fields_of_its_contract(states):
    for name, contract in INPUTS.items():
        sent = {key.removesuffix(".$") for key in states[name]["Parameters"]} - {"step"}
        assert sent == set(contract.__struct_fields__), name
    given = {key.removesuffix(".$") for key in states["start"]["Parameters"]["run"]}
    assert given == set(stages.RunInput.__struct_fields__)


def test_each_state_reads_only_what_an_earlier_contract_gives(states):
    paths = [v for n in INPUTS for k, v in states[n]["Parameters"].items() if k.endswith(".$")]
    for path in [*paths, states["built"]["OutputPath"]]:
        _, source, *field = path.split(".")
        assert set(field) <= set(OUTPUTS[source].__struct_fields__), path


def test_each_state_calls_its_own_stages_function_and_waits_out_what_is_transient(states):
    for name in INPUTS:
        stage = name.split(":")[0].capitalize()
        assert states[name]["Resource"] == f"<{stage}Function.Arn>"
        for retry in states[name]["Retry"]:
            assert "States.ALL" not in retry["ErrorEquals"]


def test_every_failure_ends_in_record_notification_and_the_sentence(states):
    for name in INPUTS:
        (catch,) = states[name]["Catch"]
        assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "failure: read")
    assert states["failure: record"]["Next"] == "failure: notify"
    assert states["failure: notify"]["Next"] == "failed"


def test_it_is_logged_and_traced_without_data(machine):
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
