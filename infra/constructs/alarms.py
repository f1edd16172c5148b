"""What wakes somebody."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import Alarm, ComparisonOperator, IMetric, TreatMissingData
from aws_cdk.aws_cloudwatch_actions import SnsAction
from aws_cdk.aws_sns import ITopic
from constructs import Construct

PERIOD = Duration.minutes(5)


class Alarms(Construct):
    """One alarm to a metric; each goes off at the first event within five minutes."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        topic: ITopic,
        watched: Mapping[str, tuple[IMetric, str]],
    ) -> None:
        super().__init__(scope, name)
        self.alarms: list[Alarm] = []
        self._action = SnsAction(topic)
        for alarm, (metric, sentence) in watched.items():
            self.add(alarm, metric, sentence)

    def add(self, name: str, metric: IMetric, sentence: str, **otherwise: Any) -> None:
        """One more; ``otherwise`` says what differs from the others."""
        stated: dict[str, Any] = {
            "comparison_operator": ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            "evaluation_periods": 1,
            "threshold": 1,
            "treat_missing_data": TreatMissingData.NOT_BREACHING,
        }
        alarm = Alarm(self, name, alarm_description=sentence, metric=metric, **(stated | otherwise))
        alarm.add_alarm_action(self._action)
        self.alarms.append(alarm)
