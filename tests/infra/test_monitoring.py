"""Checks run by themselves, a decision to retrain is never lost, and somebody is told."""

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


def test_only_the_two_rules_may_call_the_functions_they_target(aws):
    callers = {
        text(permission["FunctionName"]): text(permission["SourceArn"])
        for permission in aws.properties("AWS::Lambda::Permission").values()
        if permission["Principal"] == "events.amazonaws.com"
    }
    assert callers == {
        "<MonitorFunction.Arn>": "<CheckSchedule.Arn>",
        "<RetrainFunction.Arn>": "<RetrainRule.Arn>",
    }


def test_a_failed_run_failing_predictions_and_lost_events_wake_somebody(aws):
    alarms = aws.properties("AWS::CloudWatch::Alarm")
    metrics = {alarm["MetricName"] for alarm in alarms.values()}
    assert {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
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
    assert len(groups) == 19
    assert {group["RetentionInDays"] for group in groups.values()} == {90}
    for name, function in aws.properties("AWS::Lambda::Function").items():
        group = text(function["LoggingConfig"]["LogGroup"])
        assert group == f"<{name.removesuffix('Function')}Logs>"
