"""What a caller can ask about models before calling one."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from evergreen.contracts.profile import NumberProfile, Profile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Column, Signature
from evergreen.errors import InvalidRequest
from evergreen.infer.champions import Champions, Seen
from evergreen.infer.graphs import Graphs

PAGE_AT_MOST = 100
"""Models on one page: what a description of each fits in, in an answer of a few hundred KiB."""


class Described(Struct, frozen=True):
    """A champion as a caller sees it. ``example`` is a row that it answers."""

    version: Version
    signature: Signature
    example: dict[str, str | float]


def page(champions: Champions, query: Mapping[str, str]) -> tuple[list[str], str | None]:
    """Names of models that come after ``query["after"]``, and the last of them if there are more.

    Raises:
        InvalidRequest: the limit is no number from 1 to :data:`PAGE_AT_MOST`.
    """
    text = query.get("limit", str(PAGE_AT_MOST))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= limit <= PAGE_AT_MOST:
        raise InvalidRequest(f"'limit' must be a number from 1 to {PAGE_AT_MOST}.")
    names = [name for name in champions.names() if name > query.get("after", "")]
    return names[:limit], names[limit - 1] if len(names) > limit else None


def models(champions: Champions, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of models: each one's champion's number and how good that was on its hold-out.

    ``next`` comes with every page but the last; ``?after=<next>`` is the page that follows.
    """
    names, more = page(champions, query)
    lines = [_line(seen) for seen in champions.look_at(names).values()]
    return {"models": lines} | ({"next": more} if more else {})


def _line(seen: Seen) -> dict[str, Any]:
    metric, version = seen.file.metric, seen.champion
    value = version.draft.metrics.get(metric) if version else None
    number = version.number if version else None
    return {"name": seen.file.name, "version": number, "metric": {"name": metric, "value": value}}


def model(champions: Champions, graphs: Graphs, name: str) -> dict[str, Any]:
    """One model's signature and a request that its champion answers.

    Raises:
        NotFound: there is no such model, or it has no champion yet.
    """
    found = described(graphs, champions.champion(name))
    threshold = found.version.draft.threshold
    return {
        **_line(champions.look(name)),
        "problem": found.signature.problem,
        **({"threshold": threshold} if found.signature.problem == "binary" else {}),
        "signature": found.signature,
        "example": {"instances": [found.example]},
    }


def described(graphs: Graphs, version: Version) -> Described:
    """What a version takes, with an example.

    Raises:
        ArtifactChanged: signature or profile are not what was registered.
    """
    signature = graphs.signature(version)
    profile = msgspec.json.decode(graphs.artifact(version, "profile"), type=Profile)
    example = {column.name: _value(column, profile) for column in signature.inputs}
    return Described(version, signature, example)


def _value(column: Column, profile: Profile) -> str | float:
    """The median of a number's training rows; a category's first known value."""
    if column.type == "category":
        return column.values[0] if column.values else "unknown"
    known = profile.columns.get(column.name)
    edges = known.edges if isinstance(known, NumberProfile) else ()
    if isinstance(known, NumberProfile) and known.coarse:
        edges = tuple(known.edges[place] for place in known.coarse)
    return edges[len(edges) // 2] if edges else 0.0
