"""What the deployed registry remembers, for tests that say that nothing changed."""

from typing import Any

import msgspec
from evergreen.cli.client import Client
from evergreen.contracts.registry import CHAMPION, Run


def everything(client: Client) -> list[Any]:
    """All items of the registry's table, in the order of their keys."""
    pages = client.cloud.client("dynamodb").get_paginator("scan")
    table = client.cloud.output("RegistryTable")
    items = [item for page in pages.paginate(TableName=table) for item in page["Items"]]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def governed(client: Client, model: str) -> tuple[Any, ...]:
    """What decides about a model: its file, versions, champion and audit trail."""
    registry = client.cloud.registry
    champion = registry.alias(model, CHAMPION)
    return registry.model(model), registry.versions(model), champion, registry.audit(model)


def with_versions(client: Client, made: Run, name: str, count: int) -> None:
    """A model like the one that ``made`` trained, with ``count`` versions of its first graph."""
    registry = client.cloud.registry
    file = registry.model(made.model).file
    registry.apply(msgspec.structs.replace(file, name=name), "test", "2024-01-01T00:00:00.000Z")
    draft = registry.version(made.model, 1).draft
    for number in range(1, count + 1):
        lineage = msgspec.structs.replace(draft.lineage, run_id=f"{name}-{number}")
        copy = msgspec.structs.replace(draft, model=name, lineage=lineage)
        registry.register(copy, "test", f"2024-01-0{number}T00:00:00.000Z")
