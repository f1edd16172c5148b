"""Champion and challenger: which of them answers a request, and what the other one does.

The caller never pays for a trial with an error: what the challenger fails the champion answers,
and a capture says how it failed.
"""

from msgspec import Struct

from evergreen.contracts.capture import Capture, Role
from evergreen.contracts.registry import Challenger
from evergreen.digest import sha256
from evergreen.errors import EvergreenError
from evergreen.infer.champions import Champions
from evergreen.infer.explain import Explain
from evergreen.infer.forms import Rows
from evergreen.infer.graphs import Served
from evergreen.infer.predict import CaptureFailed, Predictions, predict
from evergreen.infer.rows import RejectedRows
from evergreen.infer.selection import sampled
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


class Asked(Struct, frozen=True):
    """One request. ``key`` decides between champion and challenger, such as a customer's number;
    the rest is what :func:`predict` takes."""

    rows: Rows
    request: str
    key: str
    at: str
    captures: CaptureStream
    explain: Explain | None = None

    def of(self, served: Served, role: Role) -> Predictions:
        """Have a version score the rows, and keep them."""
        return predict(
            served,
            self.rows,
            request=self.request,
            at=self.at,
            captures=self.captures,
            explain=None if role == "shadow" else self.explain,
            role=role,
        )


def answer(champions: Champions, champion: Served, asked: Asked) -> Predictions:
    """The answer of the version whose turn it is; it is the champion's where there is no trial.

    Raises:
        RejectedRows: rows do not fit the champion's signature.
        CaptureFailed: the rows could not be kept.
    """
    model = champion.version.draft.model
    alias = champions.look(model).alias
    challenger = alias.challenger if alias else None
    if challenger is None:
        return asked.of(champion, "champion")
    found, failure = None, ""
    if is_challengers(challenger, model, asked.key):
        found, failure = _try(champions, model, challenger, asked, "challenger")
    if found is None:
        found = asked.of(champion, "champion")
        if not challenger.share:
            _, failure = _try(champions, model, challenger, asked, "shadow")
    if failure and _is_kept(asked, champions.look(model).file.capture.share):
        _keep_failure(model, challenger, failure, asked)
    return found


def _try(
    champions: Champions, model: str, challenger: Challenger, asked: Asked, role: Role
) -> tuple[Predictions | None, str]:
    """The challenger's answer, or how it failed."""
    try:
        return asked.of(champions.load(model, challenger.version), role), ""
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
        logger().exception("A challenger failed.", model=model)
        return None, f"{type(error).__name__}: {error}"[:_CHARACTERS_AT_MOST]


def _is_kept(asked: Asked, share: float) -> bool:
    """Whether the request's answer would have been kept, so that failures are sampled alike."""
    return any(sampled(f"{asked.request}-{n}", share) for n in range(len(asked.rows)))


def _keep_failure(model: str, challenger: Challenger, failure: str, asked: Asked) -> None:
    number = challenger.version
    role: Role = "challenger" if challenger.share else "shadow"
    logger().warning(failure, model=model, version=number, role=role)
    try:
        asked.captures.put(Capture(model, number, asked.at, (), role=role, error=failure))
    except Exception:
        logger().exception("A challenger's failure could not be kept.", model=model)
