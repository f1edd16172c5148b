"""Settle what a search goes by: its ladder, where it runs, and what it begins with."""

from msgspec.structs import replace

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import SuggestInput
from evergreen.digest import content_id
from evergreen.errors import NotFound
from evergreen.estimators.space import Families, families
from evergreen.feature_set import read_manifest, read_signature
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.tune.begun import Begun, Earlier, read_begun, write_begun
from evergreen.tune.ladder import ladder
from evergreen.tune.place import runs_in
from evergreen.tune.resume import finished_trials


def begin(
    given: SuggestInput,
    file: ModelFile,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
    containers: bool,
) -> Begun:
    """What the search was begun with, settled now where this is its first round.

    Raises:
        NotConfigured: the model file asks for containers, and there are none.
    """
    try:
        return read_begun(artifacts, given.run.run_id)
    except NotFound:
        begun = _settled(given, file, features, clock, containers=containers)
    resumed = finished_trials(artifacts, begun)
    earlier = () if resumed else _earlier(given, file, features, artifacts, registry)
    begun = replace(begun, resumed=resumed, earlier=earlier)
    return write_begun(artifacts, given.run.run_id, begun)


def space_of(file: ModelFile, features: ObjectStore, feature_set: str) -> Families:
    """What the model file leaves to choose from for these columns."""
    return families(read_signature(features, feature_set))


def _settled(
    given: SuggestInput, file: ModelFile, features: ObjectStore, clock: Clock, *, containers: bool
) -> Begun:
    manifest = read_manifest(features, given.feature_set)
    columns = len(read_signature(features, given.feature_set).inputs)
    rungs = ladder(manifest, file)
    search = file.search
    space = (search.families, search.settings, search.factory)
    return Begun(
        at=iso(clock.now()),
        feature_set=given.feature_set,
        seen=content_id(file.metric, rungs, search.folds, search.seed, *space),
        ladder=rungs,
        rows=sum(each.rows for each in manifest.splits if each.name != "test"),
        runs_in=runs_in(file.compute, manifest.rows * columns, containers=containers),
        resumes=given.run.resumes,
    )


def _earlier(
    given: SuggestInput,
    file: ModelFile,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
) -> tuple[Earlier, ...]:
    if not file.search.warm_start:
        return ()
    # Imported here because hyperopt costs half a second, which trials need not pay.
    from evergreen.tune.warm_start import warm_start

    run, space = given.run, space_of(file, features, given.feature_set)
    found = warm_start(run.model, run.run_id, space, artifacts=artifacts, registry=registry)
    return tuple(Earlier(each.configuration, each.origin) for each in found)
