"""The paths of the Open Inference Protocol below ``/v2``."""

from collections.abc import Callable, Sequence
from typing import Any

from evergreen.contracts.registry import Version
from evergreen.errors import NotFound
from evergreen.infer import v2
from evergreen.infer.champions import Champions
from evergreen.infer.forms import Rows, named
from evergreen.infer.graphs import Graphs, Served
from evergreen.infer.http import Answer, Request, Route, answer
from evergreen.infer.predict import Predictions

_PATHS = (
    "There is nothing at this path; there are /v2, /v2/health/live, /v2/health/ready, and "
    "/v2/models/{model} or /v2/models/{model}/versions/{version}, below them ready and infer."
)


class Protocol:
    """Answers with the champion, or with the version that the path names."""

    def __init__(
        self,
        champions: Champions,
        graphs: Graphs,
        answered: Callable[[Served, Rows, str, str | None], Predictions],
    ) -> None:
        """``answered`` scores rows under a request's id and the caller's key, and keeps them."""
        self._champions = champions
        self._graphs = graphs
        self._answered = answered

    def route(self, parts: Sequence[str], request: Request) -> Route:
        """What the path below ``/v2`` does.

        Raises:
            NotFound: there is no such path.
        """
        match parts:
            case []:
                return "GET", lambda: answer(200, v2.SERVER)
            case ["health", "live"]:
                return "GET", lambda: answer(200, {"live": True})
            case ["health", "ready"]:
                return "GET", self._ready
            case ["models", name, "versions", version, *rest]:
                return self._model(name, version, rest, request)
            case ["models", name, *rest]:
                return self._model(name, None, rest, request)
        raise NotFound(_PATHS)

    def _model(
        self, name: str, version: str | None, rest: Sequence[str], request: Request
    ) -> Route:
        match rest:
            case []:
                return "GET", lambda: answer(200, self._metadata(name, version))
            case ["ready"]:
                return "GET", lambda: answer(200, self._model_ready(name, version))
            case ["infer"]:
                return "POST", lambda: answer(200, self._infer(name, version, request))
        raise NotFound(_PATHS)

    def _ready(self) -> Answer:
        self._champions.ready()
        return answer(200, {"ready": True})

    def _metadata(self, name: str, version: str | None) -> dict[str, Any]:
        signature = self._graphs.signature(self._version(name, version))
        return v2.metadata(signature, name, self._champions.numbers(name))

    def _model_ready(self, name: str, version: str | None) -> dict[str, Any]:
        self._served(name, version)
        return {"name": name, "ready": True}

    def _infer(self, name: str, version: str | None, request: Request) -> dict[str, Any]:
        served = self._served(name, version)
        document = v2.body_of(request)
        body = v2.read(document, served.signature.problem)
        number = named(document) or request.id
        rows = v2.rows_of(body, served.signature)
        key = (request.key or number) if version is None else None
        found = self._answered(served, rows, number, key)
        return v2.response(body, served.signature.problem, number, found)

    def _version(self, name: str, version: str | None) -> Version:
        if version is None:
            return self._champions.champion(name)
        return self._champions.registered(name, v2.number_of(version))

    def _served(self, name: str, version: str | None) -> Served:
        if version is None:
            return self._champions.served(name)
        return self._champions.load(name, v2.number_of(version))
