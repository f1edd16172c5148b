"""A view's build: one more dataset's rows, and the months of feature rows that they change."""

import pyarrow as pa

from evergreen.contracts.stages import BuildInput, BuildOutput
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import Partition, View, ViewManifest
from evergreen.digest import content_id
from evergreen.erasure.tombstones import forget
from evergreen.errors import Conflict, InvalidTable
from evergreen.features import source_files
from evergreen.features.aggregate import feature_rows
from evergreen.features.months import begin, by_month, end
from evergreen.features.reach import changed_months, reached_rows
from evergreen.features.source_files import Months
from evergreen.partitions import span, write_partition
from evergreen.ports import Clock, ObjectStore, Views, iso
from evergreen.view_builds import read_manifest, write_manifest

_ATTEMPTS = 20
BYTES_AT_ONCE = 32 * 2**20
"""Of row files (compressed) whose months are computed together; a month alone may be more."""


def build(given: BuildInput, *, store: ObjectStore, views: Views, clock: Clock) -> BuildOutput:
    """Add a dataset to a view, and commit the build that has it.

    Of two builds at once the one that comes second reads again what the first left and adds to
    that, so both datasets are in. A build that has the dataset is left as it is. Rows of erased
    entities stay away.

    Args:
        store: the features bucket.

    Raises:
        NotFound: there is no such view or dataset.
        InvalidTable: the dataset is of another view file, or no row of it names an entity.
        Conflict: the view file was changed meanwhile, or very many builds run at once.
    """
    name, first = given.run.view, views.view(given.run.view)
    for _ in range(_ATTEMPTS):
        view = views.view(name)
        if view.revision != first.revision:
            raise Conflict(f"The view '{name}' was changed during the build; start it again.")
        before = read_manifest(store, view)
        if before and given.dataset in before.datasets:
            return BuildOutput(view.build, f"{before.rows:,} feature rows, which had it already")
        made, without = _made(store, view, before, given.dataset)
        write_manifest(store, made)
        try:
            views.commit_build(view, made.build, iso(clock.now()))
        except Conflict:
            continue
        return BuildOutput(made.build, _summary(made, without))
    raise Conflict(f"Too many builds of the view '{name}' run at once; start this one again later.")


def _made(
    store: ObjectStore, view: View, before: ViewManifest | None, dataset: str
) -> tuple[ViewManifest, int]:
    """The manifest of a build on top of another, its partitions written; and how many rows of the
    dataset name no entity."""
    file = view.file
    new, without = source_files.from_dataset(store, file, dataset)
    if not new.num_rows:
        raise InvalidTable(
            f"No row of the dataset has a value in {', '.join(file.entity)}, so the view "
            f"'{file.name}' has no entity to speak of; give another file."
        )
    new = forget(store, file.name, new)
    added = source_files.write(store, file.name, dataset, new)
    datasets = sorted({dataset, *(before.datasets if before else ())})
    files = source_files.months(store, file.name, datasets)
    months = changed_months(store, file, new, added, files)
    partitions = {part.month: part for part in before.partitions} if before else {}
    for wanted in _together(store, months, files):
        for month in wanted:
            partitions.pop(month, None)
        for month, rows in by_month(_computed(store, file, wanted, files)).items():
            partitions[month] = write_partition(store, file.name, month, rows)
    return _described(store, view, tuple(datasets), months, partitions), without


def _together(store: ObjectStore, months: list[str], files: Months) -> list[list[str]]:
    """Neighbouring months whose row files together are not too large."""
    made: list[list[str]] = []
    place = {month: number for number, month in enumerate(files)}
    room = 0
    for month in months:
        size = sum(store.size(key) for key in files[month])
        follows = made and place[month] == place[made[-1][-1]] + 1
        if follows and size <= room:
            made[-1].append(month)
        else:
            made.append([month])
            room = BYTES_AT_ONCE
        room -= size
    return made


def _computed(store: ObjectStore, file: ViewFile, wanted: list[str], files: Months) -> pa.Table:
    rows = forget(store, file.name, reached_rows(store, file, wanted, files))
    return feature_rows(file, rows, begin(wanted[0]), end(wanted[-1]))


def _described(
    store: ObjectStore,
    view: View,
    datasets: tuple[str, ...],
    rebuilt: list[str],
    partitions: dict[str, Partition],
) -> ViewManifest:
    parts = tuple(partitions[month] for month in sorted(partitions))
    oldest, newest = span(store, parts)
    content = [(part.month, part.sha256) for part in parts]
    return ViewManifest(
        view=view.file.name,
        build=content_id(view.file, datasets, content),
        revision=view.revision,
        datasets=datasets,
        rows=sum(part.rows for part in parts),
        oldest=oldest,
        newest=newest,
        rebuilt=tuple(rebuilt),
        partitions=parts,
    )


def _summary(made: ViewManifest, without: int) -> str:
    """One line: ``105,216 feature rows, 2014-01 to 2015-12, 3 of 24 months computed``."""
    span = f", {made.oldest[:7]} to {made.newest[:7]}" if made.rows else ""
    months = f"{len(made.rebuilt)} of {len(made.partitions)} months computed"
    left_out = f"; {without:,} rows without an entity left out" if without else ""
    return f"{made.rows:,} feature rows{span}, {months}{left_out}"
