"""What each state of the workflow takes and gives. Keys and short sentences, never data."""

from typing import Literal

from msgspec import Struct

VIEW = "view/"
"""Before a view's name where a model's name could stand; no model's name has a slash."""

Configuration = dict[str, str | int | float | bool | None]


class RunInput(Struct, frozen=True, kw_only=True):
    """What starts the workflow, and what every state's event carries as ``run``.

    ``run_id`` is the execution's name. ``sources`` are keys below ``raw/`` in the features bucket,
    or prefixes that end in ``/``; with ``labelled_until``, captures that received their outcome by
    then are added as rows; of those, ``outcomes`` came since a check first found what the run is
    to mend, where that is known. A run whose ``model`` is ``view/<name>`` builds that feature view.
    With ``resumes``, the finished trials of that run on the same feature set count as this one's.
    """

    run_id: str
    model: str
    sources: tuple[str, ...]
    trigger: str = "manual"
    labelled_until: str = ""
    outcomes: int | None = None
    resumes: str = ""

    @property
    def view(self) -> str:
        """The feature view that this run builds, "" for a model's run."""
        return self.model.removeprefix(VIEW) if self.model.startswith(VIEW) else ""


class IngestInput(Struct, frozen=True):
    """The run whose sources become a dataset."""

    run: RunInput


class IngestOutput(Struct, frozen=True):
    """A dataset version: the prefix ``datasets/<id>/`` holds its Parquet and quality report."""

    dataset: str
    rows: int
    summary: str


class FeaturesInput(Struct, frozen=True):
    """The dataset to split."""

    run: RunInput
    dataset: str


class FeaturesOutput(Struct, frozen=True):
    """A feature set: the prefix ``feature-sets/<id>/`` holds splits, signature and profile."""

    feature_set: str
    summary: str


class BuildInput(Struct, frozen=True):
    """The dataset to add to the view that the run builds."""

    run: RunInput
    dataset: str


class BuildOutput(Struct, frozen=True):
    """A view's build, committed."""

    build: str
    summary: str


class MaterialiseInput(Struct, frozen=True):
    """The build whose newest rows go to the online store."""

    run: RunInput
    build: str


class MaterialiseOutput(Struct, frozen=True):
    """``written`` entities; ``newer`` ones had a newer row already and were left."""

    written: int
    newer: int
    summary: str


class SuggestInput(Struct, frozen=True):
    """Ask for the next round of trials."""

    run: RunInput
    feature_set: str


class Fidelity(Struct, frozen=True):
    """How much of the data a trial looks at: a rung of the ladder that promising ones climb.

    ``rows`` are drawn from train and validation together, ``folds`` of those of cross-validation
    are measured; the last rung, ``full``, takes all of both. 0 rows are all rows.
    """

    rung: int = 0
    rows: int = 0
    folds: int = 1
    full: bool = True


class Trial(Struct, frozen=True):
    """One configuration to try; ``promotes`` is the trial that tried it one rung below."""

    run: RunInput
    feature_set: str
    number: int
    configuration: Configuration
    fidelity: Fidelity = Fidelity()
    promotes: int | None = None
    origin: str = ""
    """Where the configuration comes from: ``default``, ``random``, ``proposed``, ``earlier run
    <id>``, ``promoted``."""


Place = Literal["inline", "distributed", "container"]


class SuggestOutput(Struct, frozen=True):
    """A round of trials, and how the workflow runs them.

    ``items`` is the key, in the artifacts bucket, of the JSON list of all its trials. ``trials``
    are they too, but for a distributed round, which a state could not hold. ``cpu`` and ``memory``
    are the container's, of :func:`evergreen.contracts.fargate.size`.
    """

    trials: tuple[Trial, ...]
    summary: str
    place: Place = "inline"
    items: str = ""
    cpu: str = ""
    memory: str = ""


class TrialResult(Struct, frozen=True):
    """How a trial went; ``loss`` is null for one that failed, ``error`` says why.

    ``configuration`` is complete: where a family learns in steps, their number is among it.
    """

    number: int
    configuration: Configuration
    loss: float | None
    seconds: float
    summary: str
    error: str = ""
    fidelity: Fidelity = Fidelity()
    promotes: int | None = None
    origin: str = ""
    fold_losses: tuple[float, ...] = ()
    rows: int = 0
    """Looked at, to fit and to measure."""
    cut: bool = False
    """Whether its time was over while further steps still helped."""
    predict_seconds: float = 0.0
    """For 1,000 rows, by the pipeline."""
    dollars: float = 0.0
    finished_at: str = ""


class RecordOutput(Struct, frozen=True):
    """The search so far. ``done`` ends the loop; ``why`` says which limit ended it."""

    done: bool
    finished: int
    best_trial: int | None
    best_loss: float | None
    summary: str
    why: str = ""
    dollars: float = 0.0
    transitions: int = 0
    """Of the workflow's states, in the search's rounds."""
    train_in: Literal["lambda", "container"] = "lambda"
    cpu: str = ""
    memory: str = ""


class TrainInput(Struct, frozen=True):
    """Fit the best configuration of the run."""

    run: RunInput
    feature_set: str


class TrainOutput(Struct, frozen=True):
    """A candidate: ``runs/<run_id>/candidate/`` holds pipeline, graph and reference predictions."""

    candidate: str
    summary: str


class ScoreInput(Struct, frozen=True):
    """Score candidate and champion on the hold-out of the feature set."""

    run: RunInput
    feature_set: str


class ScoreOutput(Struct, frozen=True):
    """``runs/<run_id>/scores.npz``; ``champion`` is the version that was scored beside it."""

    scores: str
    champion: int | None
    summary: str


class EvaluateInput(Struct, frozen=True):
    """Judge the scores."""

    run: RunInput
    feature_set: str
    champion: int | None


class EvaluateOutput(Struct, frozen=True):
    """``passed`` decides the gate; the full verdict is ``runs/<run_id>/verdict.json``."""

    passed: bool
    verdict: str
    summary: str


class RegisterInput(Struct, frozen=True):
    """Make the run's candidate a version."""

    run: RunInput
    dataset: str
    feature_set: str


class RegisterOutput(Struct, frozen=True):
    """The version that the run made."""

    version: int
    summary: str


class DeployInput(Struct, frozen=True):
    """Make ``version`` the champion, by way of a trial, if ``champion`` still is it."""

    run: RunInput
    version: int
    champion: int | None


class DeployOutput(Struct, frozen=True):
    """Which version is the champion now, and whether the run's own is on trial beside it.

    ``wait_seconds`` is when to look at the trial again.
    """

    champion: int
    previous: int | None
    summary: str
    state: Literal["serves", "on trial", "withdrawn"] = "serves"
    wait_seconds: int = 0


class RetrainOutput(Struct, frozen=True):
    """Whether a run was started, or why not."""

    started: bool
    run_id: str
    summary: str
