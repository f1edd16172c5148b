"""What stages need from the outside world. Adapters live in ``evergreen.aws``, fakes in tests."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime

from evergreen.contracts.capture import Capture
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import (
    Alias,
    AuditEvent,
    Model,
    RetrainClaim,
    Run,
    StageRecord,
    Version,
    VersionDraft,
)
from evergreen.contracts.stages import RunInput
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import OnlineRow, View


class ObjectStore(ABC):
    """One bucket."""

    @abstractmethod
    def read(self, key: str) -> bytes:
        """The object's bytes.

        Raises:
            NotFound: there is no such object.
        """

    @abstractmethod
    def write(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Store the object, replacing one that is there."""

    @abstractmethod
    def create(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        """Store the object unless there is one of that key; whether it was stored. Of many at
        once, one does."""

    @abstractmethod
    def keys(self, prefix: str) -> Iterator[str]:
        """Keys below ``prefix`` in lexical order."""

    @abstractmethod
    def size(self, key: str) -> int:
        """The object's size in bytes.

        Raises:
            NotFound: there is no such object.
        """

    @abstractmethod
    def tag(self, key: str) -> str:
        """Text that is another one whenever the object's bytes are others.

        Raises:
            NotFound: there is no such object.
        """

    @abstractmethod
    def read_part(self, key: str, start: int, size: int, tag: str) -> bytes:
        """At most ``size`` bytes of the object from byte ``start`` on.

        Raises:
            NotFound: there is no such object.
            Conflict: the object's :meth:`tag` is no longer ``tag``.
        """


class Registry(ABC):
    """Models, versions, aliases, runs and the audit trail. Every write is conditional."""

    @abstractmethod
    def apply(self, file: ModelFile, actor: str, at: str) -> Model:
        """Create or change a model; the same file again changes nothing and leaves no event.

        Raises:
            Conflict: another file was applied at the same moment.
        """

    @abstractmethod
    def model(self, name: str) -> Model:
        """The model.

        Raises:
            NotFound: no model of that name was applied.
        """

    @abstractmethod
    def models(self) -> list[str]:
        """Names of all models, sorted."""

    @abstractmethod
    def open_run(self, run: Run) -> Run:
        """Record a new run; one that is there already stays as it is and is returned."""

    @abstractmethod
    def record_stage(self, run_id: str, record: StageRecord) -> None:
        """Set the state of one stage of a run."""

    @abstractmethod
    def close_run(self, run_id: str, status: str, reason: str, at: str) -> None:
        """End a run. A run that has ended keeps its first end.

        Raises:
            NotFound: there is no such run.
        """

    @abstractmethod
    def run(self, run_id: str) -> Run:
        """The run, its stages in the order they started.

        Raises:
            NotFound: there is no such run.
        """

    @abstractmethod
    def runs(self, model: str) -> list[Run]:
        """A model's runs, newest first, without their stages; :meth:`run` has those."""

    @abstractmethod
    def register(self, draft: VersionDraft, actor: str, at: str) -> Version:
        """Give the draft the next number, with its audit event; once per run, however often."""

    @abstractmethod
    def version(self, model: str, number: int) -> Version:
        """The version.

        Raises:
            NotFound: the model has no such version.
        """

    @abstractmethod
    def versions(self, model: str) -> list[Version]:
        """A model's versions, oldest first."""

    @abstractmethod
    def alias(self, model: str, name: str) -> Alias | None:
        """Where the alias points, or None where it was never set."""

    @abstractmethod
    def move_alias(self, alias: Alias, event: AuditEvent, *, expected: Alias | None) -> None:
        """Point an alias at a version, or change the trial beside it, and write the audit event,
        both or neither.

        ``expected`` is what the caller saw; ``alias.revision`` is one more than its revision.

        Raises:
            Conflict: the alias is no longer as expected.
        """

    @abstractmethod
    def record(self, event: AuditEvent, what: str) -> None:
        """Add an event that changes nothing in the registry to the audit trail; once for the same
        moment and ``what`` (a word and a name), however often."""

    @abstractmethod
    def audit(self, model: str) -> list[AuditEvent]:
        """The model's audit trail, oldest first."""

    @abstractmethod
    def claim_retrain(self, claim: RetrainClaim) -> bool:
        """Take the right to retrain: True for the holder and for the same decision again,
        False while another decision's claim runs."""

    @abstractmethod
    def retrain_claim(self, model: str) -> RetrainClaim | None:
        """The newest claim, whether or not it has run out."""


class Views(ABC):
    """Feature views and their builds. Every write is conditional."""

    @abstractmethod
    def apply(self, file: ViewFile, actor: str, at: str) -> View:
        """Create or change a feature view; the same file again changes nothing. A changed file
        leaves the view without a build, since its features are others.

        Raises:
            Conflict: another file was applied at the same moment.
        """

    @abstractmethod
    def view(self, name: str) -> View:
        """The feature view.

        Raises:
            NotFound: no view of that name was applied.
        """

    @abstractmethod
    def names(self) -> list[str]:
        """Names of all feature views, sorted."""

    @abstractmethod
    def commit_build(self, view: View, build: str, at: str) -> View:
        """Make ``build`` the newest of the view, on top of what the caller saw as ``view``; the
        same build again changes nothing.

        Raises:
            Conflict: the file was changed or another build was committed since.
        """


class OnlineStore(ABC):
    """The newest feature values by view and entity."""

    @abstractmethod
    def read(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], OnlineRow]:
        """The rows of these (view, entity key) pairs that there are, in one batch."""

    @abstractmethod
    def write(self, rows: list[OnlineRow]) -> int:
        """Keep each row unless the store has one that is as new; how many were kept."""

    @abstractmethod
    def replace(self, row: OnlineRow, before: OnlineRow | None) -> None:
        """Keep a row that was made of what the caller saw as ``before`` (None: there was none).

        Raises:
            Conflict: another row is there now, or the entity was erased since ``row`` was known.
        """

    @abstractmethod
    def erase(self, view: str, entity: str, at: str) -> bool:
        """Forget an entity, and that no row known before ``at`` may bring it back; whether there
        was one."""


class Workflow(ABC):
    """The state machine."""

    @abstractmethod
    def start(self, run: RunInput) -> bool:
        """Start a run under its ``run_id``; False when a run of that name was started before."""


class EventBus(ABC):
    """Where decisions are announced."""

    @abstractmethod
    def publish(self, decision: RetrainDecision) -> None:
        """Announce that a model shall be retrained."""

    @abstractmethod
    def announce(self, decision: Decision) -> None:
        """Announce any other decision."""


class Alerts(ABC):
    """Who is told when a person should know."""

    @abstractmethod
    def send(self, subject: str, message: str) -> None:
        """Tell them: one line of at most 100 ASCII characters, and a few paragraphs of text."""


class CaptureStream(ABC):
    """Where served predictions go."""

    @abstractmethod
    def put(self, capture: Capture) -> None:
        """Hand over the rows of one request; on return they are kept."""


class Clock(ABC):
    """What time it is."""

    @abstractmethod
    def now(self) -> datetime:
        """The current time in UTC."""


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC with milliseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
