"""An entity's served predictions and their outcomes.

The outcomes go first and the rows with values last: these rows alone say which outcomes, and which
rows of a shadow, are the entity's. The digests that checks made of them are forgotten as a whole,
since the next check makes them again of what is left: before the rows, so that an erasure that is
killed leaves none unnoticed, and after them, for a check that ran meanwhile.
"""

from typing import Any

from evergreen.contracts import keys
from evergreen.contracts.capture import captures_prefix, feedback_prefix
from evergreen.contracts.erasure import Removed
from evergreen.contracts.model_file import ModelFile
from evergreen.erasure.lines import lines_without, rows_of
from evergreen.erasure.match import Entity
from evergreen.erasure.sweep import sweep
from evergreen.erasure.world import World


def erase_from_captures(
    world: World, file: ModelFile, erased: Entity, *, act: bool
) -> list[Removed]:
    """Remove a model's captured rows of the entity and what was fed back about them, or count
    what would be."""
    matches = erased.of_model(file)
    ids: set[str] = set()

    def is_its(row: dict[str, Any]) -> bool:
        return any(match.row(row.get("values") or {}) for match in matches)

    def is_shadow(row: dict[str, Any]) -> bool:
        return not row.get("values") and row.get("id") in ids

    def note(body: bytes) -> tuple[bytes | None, int]:
        found = [row for row in rows_of(body, "rows") if is_its(row)]
        ids.update(row["id"] for row in found)
        return body, len(found)

    prefix = captures_prefix(file.name)
    if not sweep(world.features, prefix, note, act=False).rows:
        return []
    _forget_digests(world, file.name, act=act)
    about = lines_without("outcomes", lambda outcome: outcome.get("id") in ids)
    outcomes = sweep(world.features, feedback_prefix(file.name), about, act=act)
    shadows = sweep(world.features, prefix, lines_without("rows", is_shadow), act=act)
    answered = sweep(world.features, prefix, lines_without("rows", is_its), act=act)
    _forget_digests(world, file.name, act=act)
    rows = shadows + answered
    removed = [
        Removed("captured rows", file.name, rows.rows, rows.keys, rows.versions),
        Removed("outcomes", file.name, outcomes.rows, outcomes.keys, outcomes.versions),
    ]
    return [one for one in removed if one.rows]


def _forget_digests(world: World, model: str, *, act: bool) -> None:
    sweep(world.features, keys.day_digests(model), lambda _: (None, 1), act=act)
