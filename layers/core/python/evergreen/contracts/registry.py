"""What the registry remembers: versions, aliases, runs, audit events. Times are ISO 8601 in UTC."""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.model_file import ModelFile

CHAMPION = "champion"


class Model(Struct, frozen=True):
    """A model and the file that states it; ``revision`` counts its changes from 1."""

    file: ModelFile
    revision: int
    applied_at: str
    applied_by: str


class Artifact(Struct, frozen=True):
    """An object in the artifacts bucket and the SHA-256 (hex) it must have."""

    key: str
    sha256: str
    bytes: int


class Lineage(Struct, frozen=True):
    """What made a version: enough to make it again, or to say what it was made of."""

    run_id: str
    trigger: str
    dataset: str
    feature_set: str
    sources: tuple[str, ...]
    model_file_revision: int
    configuration: dict[str, str | int | float | bool | None]
    rows: int
    newest: str
    labelled_until: str = ""
    """Served predictions that had received their outcome by then were rows too; empty: none."""
    members: tuple[dict[str, str | int | float | bool | None], ...] = ()
    """The configurations that answer together, the largest share first; of one it is
    ``configuration``."""
    window: str = ""
    """Which rows it learned from, ``the newest 50 % of the rows, since 2014-05-01``; empty where no
    time orders them: then all."""
    outcomes: int | None = None
    """Rows that came since a check found what this version or one before it was to mend."""


class VersionDraft(Struct, frozen=True, kw_only=True):
    """A version before it has a number. One run makes one version."""

    model: str
    lineage: Lineage
    graph: Artifact
    pipeline: Artifact
    signature: Artifact
    profile: Artifact
    card: Artifact
    metrics: dict[str, float]
    threshold: float
    """Probability from which on the positive label is answered; 0 where the model is not binary."""
    explanation: Artifact | None = None
    """What predictions are explained with; versions from before there was one have none."""
    expectation: Artifact | None = None
    """What served predictions are held against; versions from before there was one have none."""


class Version(Struct, frozen=True, kw_only=True):
    """An immutable, numbered model version."""

    number: int
    registered_at: str
    draft: VersionDraft


class Challenger(Struct, frozen=True):
    """A version on trial beside the champion.

    ``share`` of the requests is answered by it, the rest by the champion. With a share of 0 it is
    in shadow: it scores every request and answers none. ``since`` is when it got this share.
    """

    version: int
    run_id: str
    share: float
    since: str


class Alias(Struct, frozen=True):
    """A name for a version, such as ``champion``. ``revision`` counts its changes from 1.

    ``moved_at`` and ``moved_by`` tell of its last move to another version; a trial beside that
    version leaves them as they are.
    """

    model: str
    name: str
    version: int
    previous: int | None
    revision: int
    moved_at: str
    moved_by: str
    challenger: Challenger | None = None


class AuditEvent(Struct, frozen=True):
    """Who did what and why; ``details`` are for people.

    ``split`` tells of a version that is put on trial, or whose trial got another share. A trial
    that ends badly is ``rolled back``; ``version`` is then the champion that answers all again.
    ``erased`` tells that an entity was, or that a version learned from one that was.
    """

    model: str
    at: str
    kind: Literal["applied", "registered", "split", "promoted", "rolled back", "erased"]
    actor: str
    details: str
    version: int | None = None


RunStatus = Literal["running", "deployed", "refused", "failed", "scored", "built"]


class StageRecord(Struct, frozen=True):
    """One stage of a run: its state and one line of what happened."""

    stage: str
    status: Literal["running", "done", "failed"]
    started_at: str
    ended_at: str = ""
    summary: str = ""


class Run(Struct, frozen=True, kw_only=True):
    """One execution of the workflow. ``reason`` says why it was refused or failed."""

    run_id: str
    model: str
    trigger: str
    sources: tuple[str, ...]
    started_at: str
    status: RunStatus = "running"
    ended_at: str = ""
    reason: str = ""
    stages: tuple[StageRecord, ...] = ()


class RetrainClaim(Struct, frozen=True):
    """The right to retrain a model on drift, held by one decision until ``until``."""

    model: str
    decision_id: str
    claimed_at: str
    until: str
