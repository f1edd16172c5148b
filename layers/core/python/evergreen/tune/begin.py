"""Settle what a search goes by: its ladder, where it runs, and what it begins with."""

from msgspec.structs import replace

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import SuggestInput
from evergreen.digest import content_id
from evergreen.errors import NotFound
from evergreen.estimators.families import families
from evergreen.estimators.space import Families
from evergreen.feature_set import read_manifest, read_signature
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.tune.begun import Begun, read_begun, write_begun
from evergreen.tune.ladder import count_columns, ladder, learned_rows
from evergreen.tune.place import container
from evergreen.tune.resume import finished_trials
from evergreen.tune.warm_start import warm_start


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
    if resumed:
        earlier = read_begun(artifacts, begun.resumes).earlier
    else:
        space = space_of(file, features, given.feature_set)
        model = given.run.model
        earlier = warm_start(model, file.search, space, artifacts=artifacts, registry=registry)
    begun = replace(begun, resumed=resumed, earlier=earlier)
    return write_begun(artifacts, given.run.run_id, begun)


def space_of(file: ModelFile, features: ObjectStore, feature_set: str) -> Families:
    """What the model file leaves to choose from for these columns."""
    signature = read_signature(features, feature_set)
    return families(signature, file, read_manifest(features, feature_set))


def _settled(
    given: SuggestInput, file: ModelFile, features: ObjectStore, clock: Clock, *, containers: bool
) -> Begun:
    manifest = read_manifest(features, given.feature_set)
    cells = learned_rows(manifest) * count_columns(manifest, file)
    rungs = ladder(manifest, file)
    search = file.search
    space = (search.families, search.settings, search.factory)
    return Begun(
        at=iso(clock.now()),
        feature_set=given.feature_set,
        seen=content_id(file.metric, search.folds, search.seed, *space),
        ladder=rungs,
        rows=learned_rows(manifest),
        container=container(file.compute, cells, containers=containers),
        resumes=given.run.resumes,
    )
