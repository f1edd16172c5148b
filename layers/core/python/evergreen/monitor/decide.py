"""From what was found to what is done about it."""

from typing import Literal

from evergreen.contracts.drift import ColumnDrift
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Alias, RetrainClaim
from evergreen.digest import content_id

Action = Literal["retrain", "watch", "hold"]


def decide(
    model: ModelFile,
    rows: int,
    outcomes: int,
    columns: tuple[ColumnDrift, ...],
    claim: RetrainClaim | None,
    now: str,
) -> tuple[Action, str]:
    """What to do, and why in a few words.

    Few predictions say nothing; without drift there is nothing to do; with drift but few outcomes
    there is nothing new to learn from; and one retraining at a time is enough.
    """
    if rows < model.monitor.rows_at_least:
        return "hold", f"{rows:,} of {model.monitor.rows_at_least:,} predictions"
    if not any(column.drifted for column in columns):
        return "watch", f"no drift in {rows:,} predictions{_largest(columns)}"
    drift = drift_sentence(columns)
    if hidden := [name for name in model.features if name in model.capture.redact]:
        return "hold", f"{drift}; captures leave out {', '.join(hidden)}, so train on a new table"
    if outcomes < model.retrain.outcomes_at_least:
        return "hold", f"{drift}; {outcomes:,} of {model.retrain.outcomes_at_least:,} outcomes"
    if cooling(claim, now):
        return "hold", f"{drift}; cooling down until {claim.until if claim else ''}"
    return "retrain", f"{drift}; {outcomes:,} outcomes"


def cooling(claim: RetrainClaim | None, now: str) -> bool:
    """Whether a claim to retrain still runs."""
    return claim is not None and claim.until > now


def drift_sentence(columns: tuple[ColumnDrift, ...]) -> str:
    """``drift in yearVeh (PSI 0.41), abcat (PSI 0.22)``: the largest three."""
    drifted = sorted((c for c in columns if c.drifted), key=lambda c: (-c.psi, c.column))
    named = ", ".join(f"{column.column} (PSI {column.psi:.2f})" for column in drifted[:3])
    more = f" and {len(drifted) - 3} more columns" if len(drifted) > 3 else ""
    return f"drift in {named}{more}"


def decision_id(champion: Alias, claim: RetrainClaim | None) -> str:
    """Names the next retraining of this champion.

    It is made of the champion's move and of the last claim, not of the rows: a check that runs
    before an earlier check's decision was claimed finds more rows, but means the same retraining,
    and so gives the same name, which ``claim_retrain`` and the run's name absorb. A claim that has
    run out makes the next name.
    """
    last = claim.decision_id if claim else ""
    return content_id(champion.model, champion.version, champion.revision, last)


def _largest(columns: tuple[ColumnDrift, ...]) -> str:
    if not columns:
        return ""
    largest = max(columns, key=lambda column: column.psi)
    return f"; largest PSI {largest.psi:.2f} in {largest.column}"
