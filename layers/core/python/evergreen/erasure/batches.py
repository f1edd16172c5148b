"""An entity's rows in scored tables, where the columns to keep name it."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.batch import Chunk
from evergreen.contracts.erasure import Removed
from evergreen.contracts.table import Clean
from evergreen.erasure.match import Entity
from evergreen.erasure.parquet import rows_without
from evergreen.erasure.sweep import Swept, sweep
from evergreen.erasure.world import World
from evergreen.errors import NotFound


def erase_from_batches(world: World, erased: Entity, *, act: bool) -> list[Removed]:
    """Remove the entity's rows from what whole tables were scored to, or count them."""
    matches = {file.name: erased.of_model(file) for file in world.models()}
    found: dict[str, Swept] = {}
    ids = {key.split("/")[1] for key in world.features.keys("batches/")}
    for batch in sorted(ids):
        model = _model(world, batch)
        without = rows_without(matches.get(model) or [erased.match(Clean())])
        prefix = keys.batch(batch, "part-")
        swept = sweep(world.features, prefix, without, act=act, wanted=_is_part)
        found[model] = found.get(model, Swept()) + swept
    return [Removed("scored rows", model, *swept) for model, swept in found.items() if swept.rows]


def _is_part(key: str) -> bool:
    return key.endswith(".parquet")


def _model(world: World, batch: str) -> str:
    try:
        plan = world.features.read(keys.batch(batch, "plan.json"))
        chunks = msgspec.json.decode(plan, type=list[Chunk])
    except (NotFound, msgspec.DecodeError):
        return ""
    return chunks[0].model if chunks else ""
