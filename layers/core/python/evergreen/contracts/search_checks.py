"""Whether the search that a model file states is one there is."""

import difflib
import re
from collections.abc import Iterable

from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidModelFile
from evergreen.estimators.facts import widest
from evergreen.estimators.families import offered
from evergreen.estimators.narrowing import FACTORY, narrowed
from evergreen.estimators.space import Families

_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def check_search(model: ModelFile) -> None:
    """Refuse what no table could make possible; what this one does not is told when it is tuned.

    Raises:
        InvalidModelFile: names the family or setting, and what there is instead.
    """
    search = model.search
    if search.factory is not None:
        _check_factory(model)
        narrowed({}, search)
        return
    space = offered(widest(model.problem, model.metric))
    for name in search.families:
        _require(name, space, "search.families names", _families_of(model))
    for name, settings in search.settings.items():
        _require(name, space, "search.settings names", _families_of(model))
        if search.families and name not in search.families:
            raise InvalidModelFile(
                f"search.settings.{name} narrows a family that search.families leaves out."
            )
        for setting in settings:
            there = _settings(space, name)
            _require(setting, there, f"search.settings.{name} names", f"settings of {name}")
    narrowed(space, search)


def _check_factory(model: ModelFile) -> None:
    search = model.search
    if not _FUNCTION.fullmatch(search.factory or ""):
        raise InvalidModelFile(
            f"search.factory is '{search.factory}'; it must be package.module:function."
        )
    if search.families:
        raise InvalidModelFile("search.factory is the only family; remove search.families.")
    other = [name for name in search.settings if name != FACTORY]
    if other:
        raise InvalidModelFile(
            f"search.settings names '{other[0]}', but search.factory is the only family;"
            f" its settings are search.settings.{FACTORY}."
        )


def _families_of(model: ModelFile) -> str:
    return f"families of a {model.problem} model by {model.metric}"


def _settings(space: Families, family: str) -> list[str]:
    return [*(setting.name for setting in space[family].settings), *space[family].fixed]


def _require(name: str, there: Iterable[str], what: str, of_which: str) -> None:
    known = list(there)
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"the {of_which} are {', '.join(known)}."
    raise InvalidModelFile(f"{what} '{name}'; {hint}")
