"""The state machine reads as the design's flow, and no failure is lost."""

import json

import pytest
from evergreen.contracts import stages

from tests.infra.assembly import text

FLOW = [
    "start", "ingest", "features", "tune: suggest", "tune: trials", "tune: record",
    "tune: enough?", "train", "score", "evaluate", "gate", "register", "deploy", "deploy: next",
    "deployed",
]  # fmt: skip
INPUTS = {
    "ingest": stages.IngestInput,
    "features": stages.FeaturesInput,
    "tune: suggest": stages.SuggestInput,
    "tune: record": stages.SuggestInput,
    "train": stages.TrainInput,
    "score": stages.ScoreInput,
    "evaluate": stages.EvaluateInput,
    "register": stages.RegisterInput,
    "deploy": stages.DeployInput,
    "deploy: watch": stages.DeployInput,
}
OUTPUTS = {
    "run": stages.RunInput,
    "ingest": stages.IngestOutput,
    "features": stages.FeaturesOutput,
    "round": stages.SuggestOutput,
    "tune": stages.RecordOutput,
    "score": stages.ScoreOutput,
    "evaluate": stages.EvaluateOutput,
    "register": stages.RegisterOutput,
    "deploy": stages.DeployOutput,
}


@pytest.fixture(scope="module")
def machine(aws):
    return aws.properties("AWS::StepFunctions::StateMachine")["Workflow"]


@pytest.fixture(scope="module")
def states(machine):
    return json.loads(text(machine["DefinitionString"]))["States"]


@pytest.fixture(scope="module")
def trial(states):
    return states["tune: trials"]["ItemProcessor"]["States"]


def test_the_graph_reads_as_the_flow_from_start_to_deployed(states):
    seen, name = [], "start"
    while name not in seen:
        seen.append(name)
        state = states[name]
        choices = [choice["Next"] for choice in state.get("Choices", ())]
        name = state.get("Next") or next(iter(choices), name)
    assert seen == FLOW


def test_tuning_goes_round_until_it_is_done_and_the_gate_refuses_by_default(states):
    enough, gate = states["tune: enough?"], states["gate"]
    assert enough["Choices"][0]["Variable"] == "$.tune.done"
    assert enough["Default"] == "tune: suggest"
    assert gate["Choices"][0]["Variable"] == "$.evaluate.passed"
    assert gate["Default"] == "refused"
    assert states["refused"]["Type"] == states["deployed"]["Type"] == "Succeed"


def test_a_trial_is_looked_at_until_the_version_serves_or_is_taken_back(states):
    choice = states["deploy: next"]
    ways = {one["StringEquals"]: one["Next"] for one in choice["Choices"]}
    assert ways == {"serves": "deployed", "on trial": "deploy: wait"}
    assert states["deploy: wait"]["Next"] == "deploy: watch"
    assert states["deploy: watch"]["Next"] == states["deploy"]["Next"] == "deploy: next"
    assert states["deploy: watch"]["Parameters"]["step"] == "watch"
    assert choice["Default"] == "withdrawn: notify"
    for way in (states["withdrawn: notify"], states["withdrawn: notify"]["Catch"][0]):
        assert way["Next"] == "withdrawn"
    assert states["withdrawn"]["Type"] == "Succeed"


def test_every_task_waits_out_what_is_transient_and_catches_all_else(states, trial):
    tasks = {n: s for n, s in (states | trial).items() if s["Type"] == "Task"}
    assert len(tasks) == 14
    for name, task in tasks.items():
        (retry,) = task["Retry"]
        assert retry["BackoffRate"] > 1, name
        assert retry["JitterStrategy"] == "FULL"
        assert "States.ALL" not in retry["ErrorEquals"]
        (catch,) = task["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]


def test_every_failure_ends_in_record_notification_and_the_sentence(states):
    for name, state in states.items():
        if name in INPUTS or state["Type"] == "Map":
            (catch,) = state["Catch"]
            assert (catch["Next"], catch["ResultPath"]) == ("failure: read", "$.error")
    read = states["failure: read"]
    ways = [choice["Next"] for choice in read["Choices"]] + [read["Default"]]
    assert len(set(ways)) == 4
    for way in ways:
        assert states[way]["Type"] == "Pass"
        assert states[way]["Next"] == "failure: record"
    assert states["failure: record"]["Next"] == "failure: notify"
    assert states["failure: notify"]["Next"] == "failed"
    assert states["failed"] == {
        "Type": "Fail",
        "ErrorPath": "$.error.Error",
        "CausePath": "$.failure.said.errorMessage",
    }


def test_a_function_that_was_killed_is_tried_again_and_at_last_spoken_for(states):
    assert "Runtime.ExitError" in states["train"]["Retry"][0]["ErrorEquals"]
    named = {
        choice["StringEquals"]: states[choice["Next"]]["Parameters"]["said"]["errorMessage"]
        for choice in states["failure: read"]["Choices"]
        if choice.get("Variable") == "$.error.Error"
    }
    assert "for lack of memory" in named["Runtime.ExitError"]
    assert "took longer" in named["Sandbox.Timedout"]


def test_a_failure_to_record_or_to_notify_does_not_hide_the_failure_itself(states):
    assert states["failure: record"]["Catch"][0]["Next"] == "failure: notify"
    assert states["failure: notify"]["Catch"][0]["Next"] == "failed"
    for name in ("failure: record", "failure: notify"):
        assert states[name]["ResultPath"] is None
        assert states[name]["Catch"][0]["ResultPath"] is None


def test_a_run_that_has_ended_keeps_its_end(states):
    asked = states["failure: record"]["Parameters"]
    assert asked["ConditionExpression"] == "#status = :running"
    assert asked["ExpressionAttributeNames"] == {"#status": "status"}
    assert asked["ExpressionAttributeValues"][":running"] == {"S": "running"}


def test_a_trial_that_crashes_ends_as_a_trial_and_not_as_a_run(states, trial):
    assert trial["tune: trial"]["Catch"][0]["Next"] == "tune: trial failed"
    assert trial["tune: trial failed"]["End"] is True
    trials = states["tune: trials"]
    assert trials["ItemSelector"] == {"step": "trial", "trial.$": "$$.Map.Item.Value"}
    assert trials["MaxConcurrency"] == 10
    assert trials["ResultPath"] is None


def test_each_state_sends_exactly_the_fields_of_its_contract(states):
    for name, contract in INPUTS.items():
        sent = {key.removesuffix(".$") for key in states[name]["Parameters"]} - {"step"}
        assert sent == set(contract.__struct_fields__), name
    given = {key.removesuffix(".$") for key in states["start"]["Parameters"]["run"]}
    assert given == set(stages.RunInput.__struct_fields__)


def test_each_state_reads_only_what_an_earlier_contract_gives(states):
    paths = [
        value
        for name in INPUTS
        for key, value in states[name]["Parameters"].items()
        if key.endswith(".$")
    ]
    paths += [states["tune: trials"]["ItemsPath"]]
    paths += [states[name]["Choices"][0]["Variable"] for name in ("gate", "tune: enough?")]
    paths += [choice["Variable"] for choice in states["deploy: next"]["Choices"]]
    paths += [states["deploy: wait"]["SecondsPath"]]
    paths += [states[end]["OutputPath"] for end in ("deployed", "withdrawn", "refused")]
    for path in paths:
        _, source, *field = path.split(".")
        assert set(field) <= set(OUTPUTS[source].__struct_fields__), path


def test_each_stage_calls_its_own_function(states, trial):
    for name, state in (states | trial).items():
        if state["Type"] == "Task" and not name.startswith(("failure", "withdrawn")):
            stage = name.split(":")[0].capitalize()
            assert state["Resource"] == f"<{stage}Function.Arn>"


def test_the_runs_id_is_the_executions_name(states):
    assert states["start"]["Parameters"]["run"]["run_id.$"] == "$$.Execution.Name"


def test_all_of_it_is_logged_and_traced_but_no_data_leaves_the_history(aws, machine):
    logging = machine["LoggingConfiguration"]
    assert logging["Level"] == "ALL"
    assert logging["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
    group = logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"]
    assert text(group) == "<WorkflowLogs.Arn>"


def test_every_stage_of_the_flow_has_a_handler_and_every_handler_a_function(aws):
    from infra.settings import ROOT

    handlers = {path.parent.name.capitalize() for path in ROOT.glob("functions/*/handler.py")}
    functions = aws.properties("AWS::Lambda::Function")
    assert {name.removesuffix("Function") for name in functions} == handlers
