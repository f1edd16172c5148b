"""A sweep over one model, started by a person."""

import time
from collections.abc import Callable

import msgspec

from evergreen.cli.client import Client
from evergreen.contracts import keys
from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.contracts.registry import CHAMPION
from evergreen.contracts.sweep import DueInput
from evergreen.errors import EvergreenError, NotFound
from evergreen.ports import iso


class NotChecked(EvergreenError):
    """The workflow that checks models ended without a result."""

    title = "Not checked"


def check_now(
    client: Client,
    model: str,
    *,
    seconds: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
) -> ModelHealth:
    """Start a sweep over ``model`` alone and wait until it ends; gives what it left.

    Raises:
        NotFound: there is no such model, or no version of it serves.
        NotChecked: the sweep failed.
    """
    cloud = client.cloud
    cloud.registry.model(model)
    if cloud.registry.alias(model, CHAMPION) is None:
        raise NotFound(f"No version of '{model}' serves yet, so there is nothing to check.")
    name = client.new_run_id(f"check-{model}")
    cloud.sweeps.start(name, DueInput(at=iso(cloud.clock.now()), models=(model,)))
    while (status := cloud.sweeps.status(name)) == "RUNNING":
        sleep(seconds)
    if status != "SUCCEEDED":
        raise NotChecked(f"The check of '{model}' ended as {status}; execution {name} says why.")
    return _line(client, model, name)


def _line(client: Client, model: str, name: str) -> ModelHealth:
    body = client.cloud.artifacts.read(keys.fleet_page("json"))
    for each in msgspec.json.decode(body, type=FleetReport).models:
        if each.model == model:
            return each
    raise NotChecked(f"The check of '{model}' left no result; execution {name} says why.")
