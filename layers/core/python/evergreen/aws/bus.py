"""Decisions as EventBridge events."""

from typing import Any

import msgspec

from evergreen.contracts.decision import (
    DECISION_MADE,
    EVENT_SOURCE,
    RETRAIN_DECIDED,
    Decision,
    RetrainDecision,
)
from evergreen.ports import EventBus


class EventBridgeBus(EventBus):
    """One event bus, by name."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, decision: RetrainDecision) -> None:
        """See :meth:`EventBus.publish`.

        Raises:
            ConnectionError: the bus did not take the event.
        """
        self._put(RETRAIN_DECIDED, msgspec.json.encode(decision))

    def announce(self, decision: Decision) -> None:
        """See :meth:`EventBus.announce`.

        Raises:
            ConnectionError: the bus did not take the event.
        """
        self._put(DECISION_MADE, msgspec.json.encode(decision))

    def _put(self, kind: str, detail: bytes) -> None:
        entry = {
            "Source": EVENT_SOURCE,
            "DetailType": kind,
            "Detail": detail.decode(),
            "EventBusName": self._bus,
        }
        answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            why = answer["Entries"][0].get("ErrorMessage", "no reason given")
            raise ConnectionError(f"The event bus '{self._bus}' did not take the event: {why}.")
