"""What a view's builds leave behind, and how serving finds an entity.

Below ``feature-views/<view>/`` in the features bucket: ``rows/month=YYYY-MM/<dataset>.parquet`` are
the typed rows of each dataset version, ``builds/month=YYYY-MM/<digest>.parquet`` the feature rows
of a month, named by their content, ``builds/<build>/manifest.json`` a :class:`ViewManifest`. A
feature row has the entity's columns (text), :data:`~evergreen.contracts.dataset.TIME` of the event,
:data:`~evergreen.contracts.dataset.CREATED`, when exactly these values became known, and the
features (float64, null where missing; or text, "" where missing). A partition is sorted by entity,
event and when known.
"""

import json
from collections.abc import Iterable

from msgspec import Struct

from evergreen.contracts.view_file import ViewFile


class View(Struct, frozen=True):
    """A view, the file that states it, and its newest build ("" before the first).

    ``revision`` counts the file's changes, ``builds`` the builds, both from 1; a build is
    committed only on top of the build that it read.
    """

    file: ViewFile
    revision: int
    applied_at: str
    applied_by: str
    build: str = ""
    builds: int = 0
    built_at: str = ""


class Partition(Struct, frozen=True):
    """One month (``YYYY-MM``) of feature rows."""

    month: str
    key: str
    sha256: str
    rows: int


class ViewManifest(Struct, frozen=True, kw_only=True):
    """One build: all months, those of earlier builds that did not change among them.

    The same file and datasets give the same build and partitions, whatever the order they came in;
    ``rebuilt`` alone tells what it was built on.
    """

    view: str
    build: str
    revision: int
    datasets: tuple[str, ...]
    rows: int
    oldest: str
    newest: str
    rebuilt: tuple[str, ...]
    """Months that this build computed."""
    partitions: tuple[Partition, ...]


class OnlineRow(Struct, frozen=True):
    """What the online store knows of an entity: ``event`` and ``known`` are nanoseconds since 1970.

    ``revision`` and ``build`` are the view's: after its file changed, the features of the same
    event are others, and so they may be after a build with rows that came late. A row replaces
    another of its entity only where (revision, event, known, build) is greater.

    The past of a forecast's series is a row too, of the view :func:`past_of`. Its value ``values``
    lists the target from the oldest step kept to the one at ``event``, null where it is missing;
    ``step`` is the seconds between two of them.
    """

    view: str
    entity: str
    event: int
    known: int
    values: dict[str, float | str | list[float | None] | None]
    revision: int = 0
    build: int = 0

    @property
    def order(self) -> tuple[int, int, int, int]:
        """What a newer row has more of."""
        return self.revision, self.event, self.known, self.build


def past_of(model: str) -> str:
    """The view that holds the past of a forecast's series; no view's name has a slash."""
    return f"past/{model}"


def entity_key(values: Iterable[str]) -> str:
    """One text for the canonical texts of an entity's columns, in the view's order."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
