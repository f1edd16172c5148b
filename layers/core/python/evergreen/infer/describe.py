"""What a caller can ask about models before calling one."""

from typing import Any

import msgspec

from evergreen.contracts.profile import NumberProfile, Profile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Column, Signature
from evergreen.errors import NotFound
from evergreen.infer.champions import Champions


def models(champions: Champions) -> dict[str, Any]:
    """Every model, its champion's number and how good that was on its hold-out."""
    return {"models": [_line(champions, name) for name in champions.names()]}


def _line(champions: Champions, name: str) -> dict[str, Any]:
    metric, version = champions.file(name).metric, champions.version(name)
    value = version.draft.metrics.get(metric) if version else None
    number = version.number if version else None
    return {"name": name, "version": number, "metric": {"name": metric, "value": value}}


def model(champions: Champions, name: str) -> dict[str, Any]:
    """One model's signature and a request that its champion answers.

    Raises:
        NotFound: there is no such model, or it has no champion yet.
    """
    version = champions.version(name)
    if version is None:
        raise NotFound(f"Model '{name}' has no champion yet; train and promote a version.")
    signature = msgspec.json.decode(champions.artifact(version, "signature"), type=Signature)
    return {
        **_line(champions, name),
        "threshold": version.draft.threshold,
        "signature": signature,
        "example": {"instances": [_example(champions, version, signature)]},
    }


def _example(champions: Champions, version: Version, signature: Signature) -> dict[str, Any]:
    profile = msgspec.json.decode(champions.artifact(version, "profile"), type=Profile)
    return {column.name: _value(column, profile) for column in signature.inputs}


def _value(column: Column, profile: Profile) -> str | float:
    """The median of a number's training rows; a category's first known value."""
    if column.type == "category":
        return column.values[0] if column.values else "unknown"
    known = profile.columns.get(column.name)
    edges = known.edges if isinstance(known, NumberProfile) else ()
    return edges[len(edges) // 2] if edges else 0.0
