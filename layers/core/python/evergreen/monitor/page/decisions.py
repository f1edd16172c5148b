"""What earlier checks decided, newest first."""

from collections.abc import Sequence

from evergreen import page
from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import DriftReport
from evergreen.monitor.page import told

KINDS = {"retrain": "good", "roll back": "bad", "hold": "warn", "watch": ""}
_SHOWN = 8


def decisions(report: DriftReport) -> list[page.Html]:
    """A line for each; what followed with the same reason stands once."""
    newest = _once([*report.decisions, report.decision])[::-1]
    parts = [_list(newest[:_SHOWN])]
    if newest[_SHOWN:]:
        parts.append(page.fold(f"{len(newest) - _SHOWN} earlier", _list(newest[_SHOWN:])))
    return parts


def _once(made: Sequence[Decision]) -> list[tuple[Decision, Decision, int]]:
    """The first and last of those in a row that say the same, and how many there are."""
    found: list[tuple[Decision, Decision, int]] = []
    for each in made:
        same = found and _says(found[-1][1]) == _says(each)
        if same:
            found[-1] = (found[-1][0], each, found[-1][2] + 1)
        else:
            found.append((each, each, 1))
    return found


def _says(each: Decision) -> tuple[str, str, int]:
    return each.action, each.reason, each.version


def _list(found: Sequence[tuple[Decision, Decision, int]]) -> page.Html:
    return page.items((KINDS[e.action], e.action, _when(f, e, n), _words(e)) for f, e, n in found)


def _when(first: Decision, last: Decision, count: int) -> str:
    if count == 1:
        return told.moment(last.at)
    return f"{told.moment(first.at)} to {told.moment(last.at)} ({count} checks)"


def _words(each: Decision) -> str:
    run = f"; run {each.run_id}" if each.run_id else ""
    return f"version {each.version}: {each.reason}{run}"
