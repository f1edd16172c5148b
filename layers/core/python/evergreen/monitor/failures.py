"""Who is told of checks that keep failing: once for a streak, and once for a sweep of many."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import msgspec
from msgspec import Struct

from evergreen.contracts import keys
from evergreen.contracts.sweep import Finding
from evergreen.errors import NotFound
from evergreen.monitor.alerts import about_failure, about_failures
from evergreen.monitor.carry_out import Hands
from evergreen.ports import iso

REPEATED = 2
"""Checks in a row that must fail before somebody is told: a service that did not answer passes."""
ALONE_AT_MOST = 5
"""Models that are told one by one; what fails the checks of more has one reason."""
_PARALLEL = 16
_DAY, _MONTH = timedelta(days=1), timedelta(days=30)


class _Told(Struct, frozen=True):
    """When people were told, and when the last check before that had ended well."""

    at: str
    well: str


def tell_of_failures(findings: list[Finding], at: str, hands: Hands) -> None:
    """Tell of models whose checks keep failing, of a streak once a month, of a model once a day.

    Args:
        at: of the sweep.
    """
    failing = [each for each in findings if each.status == "failed" and each.failures >= REPEATED]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        known = list(pool.map(partial(_is_told, at=at, hands=hands), failing))
        new = [each for each, is_told in zip(failing, known, strict=True) if not is_told]
        if not new:
            return
        link = hands.link(keys.fleet_page("html"))
        if len(new) > ALONE_AT_MOST:
            hands.alerts.send(*about_failures(new, link))
        else:
            for each in new:
                hands.alerts.send(*about_failure(each, link))
        # Sent and then remembered: who dies in between tells people twice rather than never.
        list(pool.map(partial(_remember, at=at, hands=hands), new))


def _is_told(finding: Finding, at: str, hands: Hands) -> bool:
    try:
        body = hands.artifacts.read(keys.alert(finding.model, "failing"))
    except NotFound:
        return False
    told = msgspec.json.decode(body, type=_Told)
    pause = _MONTH if told.well == _well(finding) else _DAY
    return iso(datetime.fromisoformat(told.at) + pause) > iso(datetime.fromisoformat(at))


def _remember(finding: Finding, at: str, hands: Hands) -> None:
    body = msgspec.json.encode(_Told(at, _well(finding)))
    hands.artifacts.write(keys.alert(finding.model, "failing"), body, "application/json")


def _well(finding: Finding) -> str:
    return finding.health.checked_at if finding.health else ""
