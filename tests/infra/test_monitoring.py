"""Checks run by themselves, a decision to retrain is never lost, and somebody is told."""

import json

from tests.infra.assembly import as_list, text


def test_the_event_that_monitor_publishes_is_the_one_that_starts_retraining(aws):
    from evergreen.contracts.decision import EVENT_SOURCE, RETRAIN_DECIDED

    rule = aws.properties("AWS::Events::Rule")["RetrainRule"]
    pattern = {"source": [EVENT_SOURCE], "detail-type": [RETRAIN_DECIDED]}
    assert rule["EventPattern"] == pattern
    assert text(rule["EventBusName"]) == "<Bus>"
    (target,) = rule["Targets"]
    assert text(target["Arn"]) == "<RetrainFunction.Arn>"


def test_an_event_that_reaches_no_function_waits_in_a_queue(aws):
    for rule in aws.properties("AWS::Events::Rule").values():
        (target,) = rule["Targets"]
        assert text(target["DeadLetterConfig"]["Arn"]) == "<Undelivered.Arn>"
    (kept,) = aws.properties("AWS::Lambda::EventInvokeConfig").values()
    assert text(kept["FunctionName"]) == "<RetrainFunction>"
    assert text(kept["DestinationConfig"]["OnFailure"]["Destination"]) == "<Undelivered.Arn>"


def test_only_the_rule_of_decisions_may_call_a_function(aws):
    callers = {
        text(permission["FunctionName"]): text(permission["SourceArn"])
        for permission in aws.properties("AWS::Lambda::Permission").values()
        if permission["Principal"] == "events.amazonaws.com"
    }
    assert callers == {"<RetrainFunction.Arn>": "<RetrainRule.Arn>"}


def test_one_rule_starts_a_sweep_that_is_named_by_the_events_time(aws):
    rule = aws.properties("AWS::Events::Rule")["SweepSchedule"]
    (target,) = rule["Targets"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert text(target["Arn"]) == "<Sweep>"
    assert target["InputTransformer"] == {
        "InputPathsMap": {"time": "$.time"},
        "InputTemplate": '{"at":<time>,"models":[]}',
    }


def test_a_sweep_without_a_model_that_is_due_ends_after_three_states(aws):
    states = sweep(aws)["States"]
    assert states["due"]["Next"] == "due: any?"
    (nothing,) = states["due: any?"]["Choices"]
    assert nothing == {"Variable": "$.batches", "NumericEquals": 0, "Next": "none due"}
    assert states["none due"] == {"Type": "Succeed"}


def test_a_batch_that_is_lost_stops_no_other_and_is_concluded_all_the_same(aws):
    batches = sweep(aws)["States"]["check"]
    worker = batches["ItemProcessor"]["States"]["check: models"]
    assert batches["Next"] == "conclude"
    assert batches["ToleratedFailureCount"] == 10_000
    assert worker["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "check: lost"}
    ]


def test_a_worker_is_replaced_as_often_as_its_batch_has_models(aws):
    from evergreen.monitor.due import MODELS_AT_MOST

    worker = sweep(aws)["States"]["check"]["ItemProcessor"]["States"]["check: models"]
    replaced = [retry for retry in worker["Retry"] if retry["ErrorEquals"] == ["States.ALL"]]
    assert [retry["MaxAttempts"] for retry in replaced] == [MODELS_AT_MOST]


def test_what_the_dashboard_and_the_alarms_show_is_what_a_sweep_emits(aws):
    from evergreen.contracts.fleet import FleetReport
    from evergreen.monitor.emitted import NAMESPACE, figures

    from infra.constructs.fleet_watch import FLEET

    assert set(FLEET) == set(figures(FleetReport(at="", models=()), []))
    (dashboard,) = aws.properties("AWS::CloudWatch::Dashboard").values()
    body = text(dashboard["DashboardBody"])
    for name in FLEET:
        assert f'"{NAMESPACE}","{name}"' in body


def test_silence_of_the_schedule_wakes_somebody(aws):
    missed = aws.properties("AWS::CloudWatch::Alarm")["AlarmsSweepMissed"]
    assert missed["MetricName"] == "ExecutionsStarted"
    assert missed["TreatMissingData"] == "breaching"
    assert (missed["Period"], missed["EvaluationPeriods"]) == (3600, 3)


def sweep(aws):
    machine = aws.properties("AWS::StepFunctions::StateMachine")["Sweep"]
    return json.loads(text(machine["DefinitionString"]))


def test_a_failed_run_failing_predictions_and_lost_events_wake_somebody(aws):
    alarms = aws.properties("AWS::CloudWatch::Alarm")
    metrics = {alarm["MetricName"] for alarm in alarms.values()}
    assert {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsStarted",
        "ChecksFailed",
        "5XXError",
        "Errors",
        "ApproximateNumberOfMessagesVisible",
    } == metrics
    for alarm in alarms.values():
        assert [text(action) for action in alarm["AlarmActions"]] == ["<NotificationsTopic>"]
        assert alarm["AlarmDescription"].endswith(".")


def test_alarms_may_publish_to_the_encrypted_topic_and_use_its_key(aws):
    (topic,) = aws.properties("AWS::SNS::Topic").values()
    assert text(topic["KmsMasterKeyId"]) == "<NotificationsKey.Arn>"
    (key,) = aws.properties("AWS::KMS::Key").values()
    (policy,) = aws.properties("AWS::SNS::TopicPolicy").values()
    alarms = {"Service": "cloudwatch.amazonaws.com"}
    may = [
        action
        for document in (key["KeyPolicy"], policy["PolicyDocument"])
        for statement in document["Statement"]
        if statement["Principal"] == alarms
        for action in as_list(statement["Action"])
    ]
    assert sorted(may) == ["kms:Decrypt", "kms:GenerateDataKey", "sns:Publish"]
    assert key["EnableKeyRotation"] is True


def test_every_function_and_the_api_write_to_log_groups_that_expire(aws):
    groups = aws.properties("AWS::Logs::LogGroup")
    assert len(groups) == 21
    assert {group["RetentionInDays"] for group in groups.values()} == {90}
    for name, function in aws.properties("AWS::Lambda::Function").items():
        group = text(function["LoggingConfig"]["LogGroup"])
        assert group == f"<{name.removesuffix('Function')}Logs>"
