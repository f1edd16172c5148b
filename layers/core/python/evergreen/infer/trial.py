"""Champion and challenger: which of them answers a request, and what the other one does.

The caller never pays for a trial with an error: what the challenger fails the champion answers,
and a capture says how it failed.
"""

from functools import partial
from typing import Any

from evergreen.contracts.capture import Capture, Role
from evergreen.contracts.registry import Challenger
from evergreen.digest import sha256
from evergreen.errors import EvergreenError
from evergreen.infer.champions import Champions, Trial
from evergreen.infer.predict import CaptureFailed, Predictions, predict
from evergreen.infer.rows import RejectedRows
from evergreen.ports import CaptureStream
from evergreen.telemetry import logger

_BITS = 64
_CHARACTERS_AT_MOST = 500


def is_challengers(challenger: Challenger, model: str, key: str) -> bool:
    """Whether the challenger answers the requests of this key.

    A key keeps its side while the share stands; where the share grows, only keys of the champion
    change sides. Each challenger draws anew, so that it is not always the same callers who try
    what is new. ``key`` is any text; over all keys the challenger's share is exact to 2^-64.
    """
    text = f"{model}/{challenger.version}/{key}".encode(errors="surrogatepass")
    drawn = int(sha256(text)[: _BITS // 4], 16)
    return drawn < challenger.share * 2.0**_BITS


def answer(
    champions: Champions,
    model: str,
    rows: list[dict[str, Any]],
    *,
    key: str,
    request: str,
    at: str,
    captures: CaptureStream,
) -> Predictions:
    """Score ``rows`` with the version whose turn it is, and keep them.

    Args:
        key: decides between champion and challenger, such as a customer's number.
        request: the request's id; row n answers under ``<request>-<n>``.
        at: the time of the request, ISO 8601.

    Raises:
        NotFound: there is no such model, or it has no champion yet.
        RejectedRows: rows do not fit the champion's signature.
        CaptureFailed: the rows could not be kept.
    """
    ask = partial(predict, rows=rows, request=request, at=at, captures=captures)
    champion, trial = champions.served(model), champions.trial(model)
    if trial is None:
        return ask(champion)
    found, failure = None, ""
    if is_challengers(trial.challenger, model, key):
        found, failure = _try(champions, trial, ask, "challenger")
    if found is None:
        found = ask(champion)
        if not trial.challenger.share:
            _, failure = _try(champions, trial, ask, "shadow")
    if failure:
        _keep_failure(trial, failure, at, captures)
    return found


def _try(
    champions: Champions, trial: Trial, ask: partial[Predictions], role: Role
) -> tuple[Predictions | None, str]:
    """The challenger's answer, or how it failed."""
    try:
        return ask(champions.load(trial.version), role=role), ""
    except CaptureFailed:
        if role == "challenger":
            raise
        return None, ""  # that the shadow's row is lost is not the version's failure
    except RejectedRows as error:
        # The champion rejects them as well if it is the caller's failure, before this is kept.
        return None, f"It rejects rows that the champion takes: {error.sentence}"
    except EvergreenError as error:
        return None, error.sentence
    except Exception as error:
        logger().exception("A challenger failed.", model=trial.version.draft.model)
        return None, f"{type(error).__name__}: {error}"[:_CHARACTERS_AT_MOST]


def _keep_failure(trial: Trial, failure: str, at: str, captures: CaptureStream) -> None:
    model, number = trial.version.draft.model, trial.version.number
    role: Role = "challenger" if trial.challenger.share else "shadow"
    logger().warning(failure, model=model, version=number, role=role)
    try:
        captures.put(Capture(model, number, at, (), role, error=failure))
    except Exception:
        logger().exception("A challenger's failure could not be kept.", model=model)
