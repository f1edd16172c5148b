"""Alerts as messages of an SNS topic."""

from typing import Any

from evergreen.ports import Alerts


class SnsAlerts(Alerts):
    """One topic, by ARN."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic

    def send(self, subject: str, message: str) -> None:
        """See :meth:`Alerts.send`."""
        self._client.publish(TopicArn=self._topic, Subject=subject, Message=message)
