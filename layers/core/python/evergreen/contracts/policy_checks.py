"""What makes the policies of a model file contradict themselves, each told in a sentence."""

from zoneinfo import ZoneInfo

from evergreen.contracts.maintenance import window
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import seconds
from evergreen.errors import InvalidModelFile


def check_policies(model: ModelFile) -> None:
    """Check how the model is watched and when it is retrained.

    Raises:
        InvalidModelFile: names the key, what stands there and what may stand there.
    """
    _check_monitor(model)
    _check_triggers(model)
    _check_maintenance(model)


def _check_monitor(model: ModelFile) -> None:
    monitor = model.monitor
    if monitor.every and seconds(monitor.every) > seconds(monitor.window):
        raise InvalidModelFile(
            f"monitor.every is {monitor.every}, longer than monitor.window, {monitor.window}; what "
            "is served in between would never be looked at."
        )
    if seconds(monitor.window) < _HOUR:
        raise InvalidModelFile("monitor.window must be at least an hour.")
    _check_distinct("monitor.segments", monitor.segments)
    for column in monitor.segments:
        if not _has_values(model, column):
            raise InvalidModelFile(
                f"monitor.segments names '{column}', which is no category among the features and "
                "no protected, group or series column, so that rows do not share its values."
            )


def _has_values(model: ModelFile, column: str) -> bool:
    time = model.time.column if model.time else None
    context = column in model.context and column != time
    return context or model.features.get(column) == "category"


def _check_triggers(model: ModelFile) -> None:
    retrain = model.retrain
    _check_distinct("retrain.on", retrain.on)
    _check_distinct("retrain.windows", retrain.windows)
    if not retrain.windows:
        raise InvalidModelFile(
            "retrain.windows is empty; take 'all', 'recent' or 'weighted', or several of them."
        )
    for trigger, key in (("schedule", retrain.schedule), ("age", retrain.age)):
        if trigger in retrain.on and key is None:
            raise InvalidModelFile(
                f"retrain.on names '{trigger}', but retrain.{trigger} is not there; say how long, "
                "such as 28d."
            )
        if key is not None and trigger not in retrain.on:
            raise InvalidModelFile(
                f"retrain.{trigger} is {key}, but retrain.on does not name '{trigger}', so that "
                "nothing comes of it; add it there."
            )


def _check_maintenance(model: ModelFile) -> None:
    retrain = model.retrain
    _check_distinct("retrain.maintenance", retrain.maintenance)
    for text in retrain.maintenance:
        if window(text) is None:
            raise InvalidModelFile(
                f"retrain.maintenance holds '{text}', which is no window of time; write it such as "
                "'Mon-Fri 20:00-06:00', 'Sat,Sun 00:00-24:00' or '22:00-05:00'."
            )
    try:
        ZoneInfo(retrain.time_zone)
    except (KeyError, ValueError, OSError):
        raise InvalidModelFile(
            f"retrain.time_zone '{retrain.time_zone}' is no IANA time zone, such as Europe/Berlin."
        ) from None


def _check_distinct(key: str, values: tuple[str, ...]) -> None:
    twice = [value for value in values if values.count(value) > 1]
    if twice:
        raise InvalidModelFile(f"{key} names '{twice[0]}' twice; name it once.")


_HOUR = 3600
