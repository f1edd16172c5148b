"""The routes: which path does what, and how errors leave.

Routed by a table of a few lines instead of Powertools' resolver, which costs a tenth of a second
or more of every cold start (it imports the event classes of all services), 18 µs a call, and
cannot tell a wrong method (405) from an unknown path (404).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from evergreen.errors import EvergreenError, NotFound
from evergreen.infer import describe, feedback, trial
from evergreen.infer.champions import Champions
from evergreen.infer.http import Answer, Request, answer, problem, request_id
from evergreen.infer.rows import RejectedRows, instances, named
from evergreen.ports import CaptureStream, Clock, ObjectStore, Registry, iso
from evergreen.telemetry import logger

_PATHS = (
    "There is nothing at this path; there are /health, /models, /models/{model}, "
    "/models/{model}/predict and /models/{model}/feedback."
)


class WrongMethod(EvergreenError):
    """The path exists, for another method."""

    status = 405
    title = "Method not allowed"

    def __init__(self, method: str, allowed: str) -> None:
        """``allowed`` is the method that the path takes."""
        self.allowed = allowed
        super().__init__(f"This path takes {allowed}, not {method or 'no method'}.")


class InternalError(EvergreenError):
    """Something that is not the caller's fault and not for the caller's eyes."""

    status = 500
    title = "Internal error"


class Inference:
    """The inference function without its surroundings."""

    def __init__(
        self,
        *,
        registry: Registry,
        artifacts: ObjectStore,
        features: ObjectStore,
        captures: CaptureStream,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``features`` takes feedback, ``captures`` the answered rows."""
        self._champions = Champions(registry, artifacts, monotonic)
        self._features = features
        self._captures = captures
        self._clock = clock

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """Answer a REST proxy event; raises nothing."""
        number = request_id(event)
        try:
            return self._dispatch(Request.from_event(event, number))
        except RejectedRows as error:
            return problem(error, number, errors=error.problems)
        except WrongMethod as error:
            return problem(error, number, headers={"Allow": error.allowed})
        except EvergreenError as error:
            if error.status >= 500:
                logger().error(error.sentence, request_id=number, error=type(error).__name__)
            return problem(error, number)
        except Exception:
            logger().exception("A request failed.", request_id=number)
            sentence = "Something failed that is not the request's fault; quote the request_id."
            return problem(InternalError(sentence), number)

    def _dispatch(self, request: Request) -> Answer:
        method, call = self._route(request)
        if request.method != method:
            raise WrongMethod(request.method, method)
        return call()

    def _route(self, request: Request) -> tuple[str, Callable[[], Answer]]:
        """The method that the path takes, and what it does."""
        match request.parts:
            case ["health"]:
                return "GET", lambda: answer(200, {"status": "ok"})
            case ["models"]:
                return "GET", lambda: answer(200, describe.models(self._champions))
            case ["models", name]:
                return "GET", lambda: answer(200, describe.model(self._champions, name))
            case ["models", name, "predict"]:
                return "POST", lambda: self._predict(name, request)
            case ["models", name, "feedback"]:
                return "POST", lambda: self._feedback(name, request)
        raise NotFound(_PATHS)

    def _predict(self, name: str, request: Request) -> Answer:
        self._champions.served(name)  # an unknown model is told before what is wrong in the body
        document = request.document()
        rows = instances(document)
        given = named(document) or request.id
        at = iso(self._clock.now())
        found = trial.answer(
            self._champions,
            name,
            rows,
            key=request.key or given,
            request=given,
            at=at,
            captures=self._captures,
        )
        return answer(200, found)

    def _feedback(self, name: str, request: Request) -> Answer:
        signature = self._champions.served(name).signature
        given = feedback.outcomes(request.document())
        feedback.check(signature, given)
        at = iso(self._clock.now())
        return answer(202, {"accepted": feedback.keep(name, given, at=at, features=self._features)})
