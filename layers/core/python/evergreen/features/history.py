"""What a forecast's series were lately goes from the feature set to the online store."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.stages import FeaturesInput, FeaturesOutput
from evergreen.contracts.views import OnlineRow
from evergreen.errors import NotFound
from evergreen.ports import ObjectStore, OnlineStore, Registry
from evergreen.series import keep


def keep_history(
    given: FeaturesInput,
    made: FeaturesOutput,
    *,
    store: ObjectStore,
    online: OnlineStore,
    registry: Registry,
) -> FeaturesOutput:
    """Merge the series of a forecast's feature set into the online store; again changes nothing.

    They are what the table says happened, whether or not the run's version is ever promoted.

    Args:
        store: the features bucket.
    """
    forecast = registry.model(given.run.model).file.forecast
    if forecast is None:
        return made
    try:
        body = store.read(keys.feature_set(made.feature_set, "history.json"))
    except NotFound:
        return made
    for row in msgspec.json.decode(body, type=list[OnlineRow]):
        keep(online, forecast, row)
    return made
