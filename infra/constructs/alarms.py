"""What wakes somebody."""

from collections.abc import Mapping

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
        self.alarms = [
            _alarm(self, alarm, metric, sentence, topic)
            for alarm, (metric, sentence) in watched.items()
        ]


def _alarm(scope: Construct, name: str, metric: IMetric, sentence: str, topic: ITopic) -> Alarm:
    alarm = Alarm(
        scope,
        name,
        alarm_description=sentence,
        comparison_operator=ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluation_periods=1,
        metric=metric,
        threshold=1,
        treat_missing_data=TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(SnsAction(topic))
    return alarm
