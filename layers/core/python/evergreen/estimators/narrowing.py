"""A space as a model file narrows it: fewer families, settings fixed, ranges and choices cut."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from evergreen.contracts.search import Narrowed, Search
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidModelFile
from evergreen.estimators.space import FAMILY, Choice, Families, Family, Setting

FACTORY = "factory"
_RATIOS_FROM = 100
"""A range of a factory's setting is searched by ratios where its ends differ by this factor."""


def narrowed(space: Families, search: Search) -> Families:
    """The families and settings that the search leaves.

    Raises:
        InvalidModelFile: it names what the space does not have, or leaves nothing of it.
    """
    if search.factory:
        return {FACTORY: _own(search.factory, search.settings.get(FACTORY, {}))}
    left = {name: space[name] for name in space if not search.families or name in search.families}
    if not left:
        raise InvalidModelFile(
            f"search.families leaves none of what fits this table: {', '.join(space)}."
        )
    return {
        name: _family(name, family, search.settings.get(name, {})) for name, family in left.items()
    }


def _family(name: str, family: Family, stated: Mapping[str, Narrowed]) -> Family:
    fixed: Configuration = dict(family.fixed)
    settings: list[Setting | Choice] = []
    for setting in family.settings:
        where = f"search.settings.{name}.{setting.name}"
        one = _narrow(setting, stated[setting.name], where) if setting.name in stated else setting
        if isinstance(one, Setting | Choice):
            settings.append(one)
        else:
            fixed[setting.name] = one
    for key in stated.keys() & family.fixed.keys():
        if family.fixed[key] not in _listed(stated[key]):
            raise InvalidModelFile(
                f"search.settings.{name}.{key} is {stated[key]!r}; what fits this table is"
                f" {family.fixed[key]!r} alone."
            )
    return replace(family, settings=tuple(settings), fixed=fixed)


def _narrow(
    setting: Setting | Choice, stated: Narrowed, where: str
) -> Setting | Choice | str | int | float | bool:
    """The setting in fewer values, or the one value that is left."""
    if isinstance(setting, Choice):
        return _options(setting, stated if isinstance(stated, tuple) else (stated,), where)
    values = [_number(setting, each, where) for each in _listed(stated)]
    _require_some(values, where)
    if len(values) == 1:
        return values[0]
    if len(values) > 2:
        middle = setting.value(setting.default)
        nearest = min(values, key=lambda value: abs(value - middle))
        return Choice(setting.name, tuple(values), nearest)
    low, high = values
    if low >= high:
        raise InvalidModelFile(
            f"{where} is a range from {low:g} to {high:g}; give the lower end first."
        )
    return replace(setting, low=low, high=high, default=min(max(setting.default, low), high))


def _options(setting: Choice, stated: tuple[object, ...], where: str) -> Choice | str | int | float:
    left = tuple(o for o in setting.options if o in stated)
    unknown = [each for each in stated if each not in setting.options]
    if unknown or not left:
        options = ", ".join(f"'{option}'" for option in setting.options)
        shown = unknown[0] if unknown else "an empty list"
        raise InvalidModelFile(f"{where} is '{shown}'; what fits this table is {options}.")
    if len(left) == 1:
        return left[0]
    return Choice(setting.name, left, setting.default if setting.default in left else left[0])


def _number(setting: Setting, stated: object, where: str) -> float | int:
    number = isinstance(stated, int | float) and not isinstance(stated, bool)
    whole = setting.kind == "real" or (number and float(stated).is_integer())  # type: ignore[arg-type]
    if number and whole and setting.low <= stated <= setting.high:  # type: ignore[operator]
        return setting.value(stated)  # type: ignore[arg-type]
    kind = "whole numbers" if setting.kind == "integer" else "numbers"
    raise InvalidModelFile(
        f"{where} is {stated!r}; it takes {kind} from {setting.low:g} to {setting.high:g}."
    )


def _require_some(values: Sequence[object], where: str) -> None:
    if not values:
        raise InvalidModelFile(f"{where} is an empty list; give it a value, or leave it out.")


def _listed(stated: Narrowed) -> tuple[object, ...]:
    return stated if isinstance(stated, tuple) else (stated,)


def _own(factory: str, stated: Mapping[str, Narrowed]) -> Family:
    """The family of a team's own factory: two numbers are a range, other lists are choices."""
    fixed: Configuration = {FACTORY: factory}
    settings: list[Setting | Choice] = []
    for name, values in stated.items():
        where = f"search.settings.{FACTORY}.{name}"
        if name in (FAMILY, FACTORY):
            raise InvalidModelFile(f"{where} is a name that Evergreen needs; take another.")
        _require_some(_listed(values), where)
        if not isinstance(values, tuple):
            fixed[name] = values
        elif len(values) == 1:
            fixed[name] = values[0]
        elif len(values) == 2 and all(type(v) in (int, float) for v in values):
            settings.append(_range(name, *values))  # type: ignore[arg-type]
        else:
            settings.append(Choice(name, values, values[0]))
    return Family(tuple(settings), fixed)


def _range(name: str, low: float, high: float) -> Setting:
    if low >= high:
        where = f"search.settings.{FACTORY}.{name}"
        raise InvalidModelFile(
            f"{where} is a range from {low:g} to {high:g}; give the lower end first."
        )
    log = low > 0 and high / low >= _RATIOS_FROM
    whole = isinstance(low, int) and isinstance(high, int)
    middle = (low * high) ** 0.5 if log else (low + high) / 2
    return Setting(name, low, high, middle, "integer" if whole else "real", log)
