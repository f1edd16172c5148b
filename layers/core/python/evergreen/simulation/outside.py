"""What a deployment has around the stages, in one process and in simulated time."""

from datetime import datetime

from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.stages import RunInput
from evergreen.ports import Alerts, Clock, EventBus, Workflow


class SimulatedClock(Clock):
    """Says what it was set to."""

    def __init__(self, moment: datetime) -> None:
        """``moment`` is in UTC."""
        self.moment = moment

    def now(self) -> datetime:
        """See :meth:`Clock.now`."""
        return self.moment


class Events(EventBus):
    """Holds what was announced until it is taken."""

    def __init__(self) -> None:
        self._asked: list[RetrainDecision] = []

    def publish(self, decision: RetrainDecision) -> None:
        """See :meth:`EventBus.publish`."""
        self._asked.append(decision)

    def announce(self, decision: Decision) -> None:
        """See :meth:`EventBus.announce`; nobody here acts on it."""

    def take(self) -> list[RetrainDecision]:
        """What asks for retraining since this was last called."""
        asked, self._asked = self._asked, []
        return asked


class Unheard(Alerts):
    """Tells nobody."""

    def send(self, subject: str, message: str) -> None:
        """See :meth:`Alerts.send`."""


class Runs(Workflow):
    """Holds the runs that were started until they are taken."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._started: list[RunInput] = []

    def start(self, run: RunInput) -> bool:
        """See :meth:`Workflow.start`."""
        if run.run_id in self._known:
            return False
        self._known.add(run.run_id)
        self._started.append(run)
        return True

    def take(self) -> list[RunInput]:
        """The runs that were started since this was last called."""
        started, self._started = self._started, []
        return started
