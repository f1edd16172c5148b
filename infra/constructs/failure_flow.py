"""What every flow begins with, and what happens when a state of it fails: wait and try again, or
record why, tell people, and end.

A function's error reaches the state machine as its class name and a cause. The cause holds the
sentence that a person can act on; it becomes the run's reason, the notification and the cause
that the execution ends with.
"""

from typing import Any

from infra.constructs import retries

State = dict[str, Any]


def start(next_state: str, more: State | None = None) -> State:
    """The first state: what the execution was started with becomes ``run``, ``more`` beside it."""
    return {
        "Type": "Pass",
        "Comment": "The execution's name is the run's id, so a run of one name happens once.",
        "Parameters": {
            "run": {
                "run_id.$": "$$.Execution.Name",
                "model.$": "$.model",
                "sources.$": "$.sources",
                "trigger.$": "$.trigger",
                "labelled_until.$": "$.labelled_until",
                "outcomes.$": "$.outcomes",
                "resumes.$": "$.resumes",
            }
        }
        | (more or {}),
        "Next": next_state,
    }


def failure_states(*, registry: str, topic: str) -> dict[str, State]:
    """From a caught error to its sentence in the run record, the notification and the end."""
    return {
        "failure: read": {
            "Type": "Choice",
            "Comment": "A function's error is JSON; a timeout's or the service's is not.",
            "Choices": [
                _named("Runtime.ExitError", "failure: killed"),
                _named("Sandbox.Timedout", "failure: timed out"),
                {
                    "And": [
                        {"Variable": "$.error.Cause", "IsPresent": True},
                        {"Variable": "$.error.Cause", "StringMatches": '{*"errorMessage":*}'},
                    ],
                    "Next": "failure: sentence",
                },
            ],
            "Default": "failure: no sentence",
        },
        "failure: sentence": {
            "Type": "Pass",
            "Parameters": {"said.$": "States.StringToJson($.error.Cause)"},
            "ResultPath": "$.failure",
            "Next": "failure: record",
        },
        "failure: killed": said(
            "A stage was killed each time it was tried, most likely for lack of memory; give fewer "
            "rows, more memory to its function, or compute.on: container in the model file."
        ),
        "failure: timed out": said(
            "A stage took longer than its function may; give fewer rows or a smaller search."
        ),
        "failure: no sentence": {
            "Type": "Pass",
            "Parameters": {
                "said": {
                    "errorMessage.$": "States.Format('A stage stopped without saying why: {}', "
                    "States.JsonToString($.error))"
                }
            },
            "ResultPath": "$.failure",
            "Next": "failure: record",
        },
        "failure: record": _record(registry),
        "failure: notify": notify(
            topic,
            subject="States.Format('Evergreen: a run of {} failed', $.run.model)",
            message="States.Format('Run {} of {} failed ({}). {} Execution: {}', $.run.run_id,"
            " $.run.model, $.error.Error, $.failure.said.errorMessage, $$.Execution.Id)",
            next_state="failed",
        ),
        "failed": {
            "Type": "Fail",
            "ErrorPath": "$.error.Error",
            "CausePath": "$.failure.said.errorMessage",
        },
    }


def _named(error: str, next_state: str) -> State:
    return {"Variable": "$.error.Error", "StringEquals": error, "Next": next_state}


def said(sentence: str) -> State:
    """Stands in for what could not speak for itself."""
    return {
        "Type": "Pass",
        "Parameters": {"said": {"errorMessage": sentence}},
        "ResultPath": "$.failure",
        "Next": "failure: record",
    }


def _record(registry: str) -> State:
    return {
        "Type": "Task",
        "Comment": "Closes the run's record; a run that ended already keeps its end.",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": registry,
            "Key": {
                "pk": {"S.$": "States.Format('RUN#{}', $.run.run_id)"},
                "sk": {"S": "RUN"},
            },
            "UpdateExpression": "SET #status = :failed, reason = :reason, ended_at = :now",
            "ConditionExpression": "#status = :running",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":running": {"S": "running"},
                ":failed": {"S": "failed"},
                ":reason": {"S.$": "$.failure.said.errorMessage"},
                ":now": {"S.$": "$$.State.EnteredTime"},
            },
        },
        "ResultPath": None,
        "Retry": [retries.again(retries.UNREAD)],
        "Catch": [catch("failure: notify", result=None)],
        "Next": "failure: notify",
    }


def notify(topic: str, *, subject: str, message: str, next_state: str) -> State:
    """Tell people; that it fails changes nothing else. Both texts are intrinsic functions."""
    return {
        "Type": "Task",
        "Comment": "Tells people, in the words of the stage.",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": topic, "Subject.$": subject, "Message.$": message},
        "ResultPath": None,
        "Retry": [
            retries.again(
                ("SNS.InternalErrorException", "SNS.SdkClientException", "SNS.ThrottledException")
            )
        ],
        "Catch": [catch(next_state, result=None)],
        "Next": next_state,
    }


def task(function: str, payload: State, result: str, next_state: str, comment: str) -> State:
    """A function's state that tries again what is transient, and whose failure is told."""
    return {
        "Type": "Task",
        "Comment": comment,
        "Resource": function,
        "Parameters": payload,
        "ResultPath": result,
        "Retry": retries.of_a_stage(),
        "Catch": [catch("failure: read")],
        "Next": next_state,
    }


def catch(next_state: str, result: str | None = "$.error") -> State:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": result, "Next": next_state}
