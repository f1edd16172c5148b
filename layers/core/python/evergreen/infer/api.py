"""The routes: which path does what, and how errors leave.

Routed by a table of a few lines instead of Powertools' resolver, which costs a tenth of a second
or more of every cold start (it imports the event classes of all services), 18 µs a call, and
cannot tell a wrong method (405) from an unknown path (404).
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evergreen.contracts.policies import CapturePolicy
from evergreen.contracts.registry import Version
from evergreen.errors import EvergreenError, NotFound
from evergreen.infer import describe, feedback, forms, trial, v2
from evergreen.infer.champions import Champions, together
from evergreen.infer.explain import Explain, Explanations
from evergreen.infer.files import Files
from evergreen.infer.graphs import Graphs, Served, room
from evergreen.infer.http import Answer, Request, Route, answer, problem, request_id
from evergreen.infer.predict import Predictions
from evergreen.infer.protocol import Protocol
from evergreen.infer.rows import RejectedRows
from evergreen.infer.selection import SelectedCaptures
from evergreen.ports import CaptureStream, Clock, ObjectStore, OnlineStore, Registry, iso
from evergreen.privacy import PersonalColumns
from evergreen.telemetry import logger

_PATHS = (
    "There is nothing at this path; there are /health, /models, /models/{model}, "
    "/models/{model}/predict, /models/{model}/feedback, /v2 and /openapi.json."
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


MEMORY_MEBIBYTES = 1769
"""Of a process that was given no bound: what the deployed function has."""

DISK_BYTES = 320 * 1024**2
"""Of the 512 MB that a function has below /tmp."""


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
        online: OnlineStore | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        memory_mebibytes: int | None = None,
        folder: Path | None = None,
    ) -> None:
        """``features`` takes feedback and has the key of personal columns, ``captures`` takes the
        answered rows; without ``online`` rows have to bring the columns of feature views.

        Graphs are held in what ``memory_mebibytes`` of the process leave beside it, and on disk
        below ``folder`` or the system's folder for what may go at any time.
        """
        files = Files(folder or Path(tempfile.gettempdir()) / "evergreen", DISK_BYTES)
        self._graphs = Graphs(
            artifacts, files, room(memory_mebibytes or MEMORY_MEBIBYTES), monotonic, online
        )
        self._champions = Champions(registry, self._graphs, monotonic)
        self._explanations = Explanations(self._graphs.artifact)
        self._protocol = Protocol(self._champions, self._graphs, self._answered)
        self._features = features
        self._captures = SelectedCaptures(
            captures, lambda name: self._champions.look(name).file.capture
        )
        self._personal = PersonalColumns(features, lambda name: self._champions.look(name).file)
        self._clock = clock

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """Answer a REST proxy event; raises nothing."""
        number = request_id(event)
        try:
            return self._dispatch(Request.from_event(event, number))
        except EvergreenError as error:
            if error.status >= 500:
                logger().error(error.sentence, request_id=number, error=type(error).__name__)
            return _refusal(event, number, error)
        except Exception:
            logger().exception("A request failed.", request_id=number)
            sentence = "Something failed that is not the request's fault; quote the request_id."
            return _refusal(event, number, InternalError(sentence))

    def _dispatch(self, request: Request) -> Answer:
        method, call = self._route(request)
        if request.method != method:
            raise WrongMethod(request.method, method)
        return call()

    def _route(self, request: Request) -> Route:
        match request.parts:
            case ["models", name, "predict"]:
                return "POST", lambda: self._predict(name, request)
            case ["models", name, "feedback"]:
                return "POST", lambda: self._feedback(name, request)
            case ["v2", *parts]:
                return self._protocol.route(parts, request)
        return "GET", self._page(request)

    def _page(self, request: Request) -> Callable[[], Answer]:
        match request.parts:
            case ["health"]:
                return lambda: answer(200, {"status": "ok"})
            case ["models"]:
                return lambda: answer(200, self._models(request))
            case ["models", name]:
                return lambda: answer(200, describe.model(self._champions, self._graphs, name))
            case ["openapi.json"]:
                return lambda: answer(200, self._openapi(request))
            case ["models", name, "openapi.json"]:
                return lambda: answer(200, self._openapi_of(name))
        raise NotFound(_PATHS)

    def _models(self, request: Request) -> dict[str, Any]:
        request.takes("after", "limit")
        return describe.models(self._champions, request.query)

    def _predict(self, name: str, request: Request) -> Answer:
        served = self._champions.served(name)
        request.takes("explain")
        document = request.document()
        rows = forms.rows_of(document)
        decision = self._champions.look(name).file.decision
        explain = self._explanations.asked(request.query, rows, decision)
        given = forms.named(document) or request.id
        return answer(200, self._answered(served, rows, given, request.key or given, explain))

    def _answered(
        self,
        served: Served,
        rows: forms.Rows,
        request: str,
        key: str | None,
        explain: Explain | None = None,
    ) -> Predictions:
        """``key`` is the caller's, for a trial to go by; None where the caller named a version."""
        at = iso(self._clock.now())
        rows = self._personal.protect(served.version.draft.model, rows)
        asked = trial.Asked(rows, request, key or "", at, self._captures, explain)
        if key is None:
            return asked.of(served, "champion")
        return trial.answer(self._champions, served, asked)

    def _capture_policy(self, name: str) -> CapturePolicy:
        return self._champions.look(name).file.capture

    def _openapi(self, request: Request) -> dict[str, Any]:
        from evergreen.infer import openapi  # few ask for it, and every cold start would pay

        request.takes("after", "limit")
        names, more = describe.page(self._champions, request.query)
        seen = self._champions.look_at(names)
        champions = [found.champion for found in seen.values() if found.champion]
        models = together(self._described, champions)
        return openapi.document([found for found in models if found], more, up=0)

    def _openapi_of(self, name: str) -> dict[str, Any]:
        from evergreen.infer import openapi

        found = describe.described(self._graphs, self._champions.champion(name))
        return openapi.document([found], None, up=2)

    def _described(self, version: Version) -> describe.Described | None:
        try:
            return describe.described(self._graphs, version)
        except EvergreenError as error:  # one model that is broken hides no other
            logger().error(error.sentence, model=version.draft.model)
            return None

    def _feedback(self, name: str, request: Request) -> Answer:
        signature = self._graphs.signature(self._champions.champion(name))
        given = feedback.outcomes(request.document())
        feedback.check(signature, given)
        at = iso(self._clock.now())
        return answer(202, {"accepted": feedback.keep(name, given, at=at, features=self._features)})


def _refusal(event: Mapping[str, Any], number: str, error: EvergreenError) -> Answer:
    """The error as problem details, and as the protocol of the path wants it beside."""
    errors = error.problems if isinstance(error, RejectedRows) else None
    headers = {"Allow": error.allowed} if isinstance(error, WrongMethod) else None
    more = v2.refusal(error) if str(event.get("path")).startswith("/v2") else {}
    return problem(error, number, errors=errors, headers=headers, **more)
