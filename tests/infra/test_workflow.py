"""The state machine reads as the design's flow, and no failure is lost."""

import json
from typing import get_args

import msgspec
import pytest
from evergreen.contracts import stages
from evergreen.contracts.search import Search

from infra.constructs import tune_flow
from tests.infra.assembly import text

FLOW = [
    "start", "ingest", "features", "tune: suggest", "tune: where", "tune: trials", "tune: record",
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
def maps(states):
    return {name: state for name, state in states.items() if state["Type"] == "Map"}


@pytest.fixture(scope="module")
def trials(maps):
    """The states of one trial, of each of the three ways to run a round."""
    return {n: s for one in maps.values() for n, s in one["ItemProcessor"]["States"].items()}


def test_the_graph_reads_as_the_flow_from_start_to_deployed(states):
    # A choice goes on with its last way, but for where a round runs: in functions, side by side.
    usual = {"tune: where": "tune: trials", "deploy: next": "deployed"}
    seen, name = [], "start"
    while name not in seen:
        seen.append(name)
        state = states[name]
        choices = [choice["Next"] for choice in state.get("Choices", ())]
        name = usual.get(name) or state.get("Next") or next(iter(choices[-1:]), name)
    assert seen == FLOW


def test_tuning_goes_round_until_it_is_done_and_the_gate_refuses_by_default(states):
    enough, gate = states["tune: enough?"], states["gate"]
    assert enough["Choices"][-1]["Variable"] == "$.tune.done"
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


def test_every_task_waits_out_what_is_transient_and_catches_all_else(states, trials):
    tasks = {n: s for n, s in (states | trials).items() if s["Type"] == "Task"}
    assert len(tasks) == 18
    for name, task in tasks.items():
        for retry in task["Retry"]:
            assert retry["BackoffRate"] > 1, name
            assert retry["JitterStrategy"] == "FULL"
            assert "States.ALL" not in retry["ErrorEquals"]
        (catch,) = task["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]


def test_a_trial_that_was_killed_or_took_too_long_is_not_paid_for_twice(trials):
    costly = {
        *("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"),
        *("States.Timeout", "States.TaskFailed"),
    }
    for name, trial in trials.items():
        tried = {error for retry in trial.get("Retry", ()) for error in retry["ErrorEquals"]}
        assert not tried & costly, name


def test_a_trial_waits_long_for_an_account_that_runs_all_the_functions_it_may(trials):
    for name in ("tune: trial", "tune: distributed trial"):
        (throttled,) = [
            retry
            for retry in trials[name]["Retry"]
            if "Lambda.TooManyRequestsException" in retry["ErrorEquals"]
        ]
        assert throttled["MaxAttempts"] * throttled["MaxDelaySeconds"] >= 15 * 60


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
    killed = states["train"]["Retry"][-1]
    assert "Runtime.ExitError" in killed["ErrorEquals"]
    assert killed["MaxAttempts"] == 1
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


def test_a_trial_that_crashes_ends_as_a_trial_and_not_as_a_run(maps):
    assert len(maps) == 3
    for one in maps.values():
        trial, failed = one["ItemProcessor"]["States"].values()
        assert one["ItemProcessor"]["States"][trial["Catch"][0]["Next"]] is failed
        assert failed["Type"] == "Pass"
        assert failed["End"] is True
        assert one["ResultPath"] is None
        assert one["Next"] == "tune: record"


def test_no_two_states_of_the_machine_have_one_name(states, trials):
    assert not set(states) & set(trials)
    assert len(trials) == 6


def test_suggest_chooses_how_a_round_runs(states):
    where = states["tune: where"]
    ways = {choice["StringEquals"]: choice["Next"] for choice in where["Choices"]}
    assert ways == {
        "distributed": "tune: distributed trials",
        "container": "tune: container trials",
    }
    assert where["Default"] == "tune: trials"
    assert {*ways, "inline"} == set(get_args(stages.Place))
    assert {choice["Variable"] for choice in where["Choices"]} == {"$.round.place"}


def test_every_way_gives_a_trial_the_same_event(maps):
    event = {"step": "trial", "trial.$": "$$.Map.Item.Value"}
    selected = {name: one["ItemSelector"] for name, one in maps.items()}
    assert selected["tune: trials"] == selected["tune: distributed trials"] == event
    assert selected["tune: container trials"]["event"] == event
    assert maps["tune: trials"]["ItemsPath"] == "$.round.trials"
    assert maps["tune: trials"]["MaxConcurrency"] == 10


@pytest.mark.parametrize("name", ["tune: distributed trials", "tune: container trials"])
def test_a_distributed_round_uses_only_what_emulators_and_aws_do_alike(maps, name):
    one = maps[name]
    processor = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert one["ItemProcessor"]["ProcessorConfig"] == processor
    assert not {"ItemBatcher", "ToleratedFailurePercentage", "ResultWriter"} & set(one)
    assert one["ItemReader"]["Parameters"] == {"Bucket": "<Artifacts>", "Key.$": "$.round.items"}


def test_a_lost_execution_stops_no_other_however_many_trials_a_round_has(maps):
    for value in (Search(parallel=tune_flow.TRIALS_AT_MOST).parallel, 1000):
        assert maps["tune: distributed trials"]["ToleratedFailureCount"] == value
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"parallel": tune_flow.TRIALS_AT_MOST + 1}, Search)


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
    for one in ("tune: distributed trials", "tune: container trials"):
        paths += [states[one]["ItemReader"]["Parameters"]["Key.$"]]
    sizes = states["tune: container trials"]["ItemSelector"]
    paths += [sizes["cpu.$"], sizes["memory.$"]]
    for name in ("gate", "tune: enough?", "tune: where", "deploy: next"):
        paths += _variables(states[name]["Choices"])
    paths += [states["deploy: wait"]["SecondsPath"]]
    paths += [states[end]["OutputPath"] for end in ("deployed", "withdrawn", "refused")]
    for path in paths:
        _, source, *field = path.split(".")
        assert set(field) <= set(OUTPUTS[source].__struct_fields__), path


def _variables(choices):
    return [one["Variable"] for choice in choices for one in choice.get("And", [choice])]


def test_each_stage_calls_its_own_function(states, trials):
    beside = ("failure", "withdrawn", "train: ", "tune: container")
    for name, state in (states | trials).items():
        if state["Type"] == "Task" and not name.startswith(beside):
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
    # What reads captures may announce nothing, so monitor's handler stands twice.
    assert {name.removesuffix("Function") for name in functions} == handlers | {"Conclude"}
