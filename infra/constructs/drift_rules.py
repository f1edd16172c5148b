"""What makes things happen by themselves: the scheduled check and the decision to retrain."""

from aws_cdk import Duration
from aws_cdk.aws_events import EventBus, EventField, EventPattern, Rule, RuleTargetInput, Schedule
from aws_cdk.aws_events_targets import LambdaFunction, SfnStateMachine
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_sqs import IQueue
from aws_cdk.aws_stepfunctions import IStateMachine
from constructs import Construct

# The contract of `evergreen.contracts.decision`; a test holds the two together.
SOURCE = "evergreen.monitor"
RETRAIN_DECIDED = "Retrain Decided"


class SweepSchedule(Rule):
    """Starts a sweep every so many minutes, named by the event's time; one that is missed comes
    again by itself."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        sweep: IStateMachine,
        undelivered: IQueue,
        minutes: int,
    ) -> None:
        event = {"at": EventField.from_path("$.time"), "models": []}
        super().__init__(
            scope,
            name,
            description="Looks at every model that serves.",
            schedule=Schedule.rate(Duration.minutes(minutes)),
            targets=[
                SfnStateMachine(
                    sweep,
                    dead_letter_queue=undelivered,
                    input=RuleTargetInput.from_object(event),
                    retry_attempts=2,
                )
            ],
        )


class RetrainRule(Rule):
    """Hands a decision to retrain to the function that starts the workflow, for up to a day."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        bus: EventBus,
        retrain: IFunction,
        undelivered: IQueue,
    ) -> None:
        super().__init__(
            scope,
            name,
            description="A drift report asked for a new model.",
            event_bus=bus,
            event_pattern=EventPattern(source=[SOURCE], detail_type=[RETRAIN_DECIDED]),
            targets=[
                LambdaFunction(
                    retrain,
                    dead_letter_queue=undelivered,
                    max_event_age=Duration.hours(24),
                    retry_attempts=20,
                )
            ],
        )
