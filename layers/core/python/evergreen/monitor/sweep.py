"""One batch of a sweep: its models one after the other, each on its own.

A worker that is killed by a model (memory, time) is replaced, and the next one finds in the batch's
progress which model it was: that one is reported failed, the rest is checked. A worker whose time
is nearly up ends by itself and leaves the rest to the next.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from evergreen.contracts import keys
from evergreen.contracts.sweep import BatchInput, BatchOutput, Finding, Progress
from evergreen.errors import EvergreenError, NotFound
from evergreen.monitor.check import check
from evergreen.monitor.last_check import failed
from evergreen.ports import ObjectStore, Registry, iso
from evergreen.prices import HERE, Worker
from evergreen.telemetry import logger

ENDED_THE_WORKER = (
    "Its check ended the worker, for lack of memory or of time; give the monitor function more "
    "memory, or the model file a shorter monitor.window."
)


def check_batch(
    given: BatchInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    worker: Worker = HERE,
    time_left: Callable[[], bool] = lambda: True,
) -> BatchOutput:
    """Check the batch's models and write what was found.

    A model whose check fails is reported failed and stops no other.

    Args:
        time_left: whether this worker has time for one more model; it always does one.
    """
    key = keys.sweep(given.sweep, f"findings/{given.number:04d}.json")
    now = datetime.fromisoformat(given.at).astimezone(UTC)
    given = replace(given, at=iso(now))
    progress = _resumed(artifacts, key, given)
    done = {finding.model for finding in progress.findings}
    waiting = [model for model in given.models if model not in done]
    for place, model in enumerate(waiting):
        if place and not time_left():
            break
        _write(artifacts, key, replace(progress, started=model))
        try:
            finding = check(
                model,
                now,
                features=features,
                artifacts=artifacts,
                registry=registry,
                worker=worker,
                asked=given.asked,
            )
        except Exception as error:
            finding = failed(model, given.at, _why(model, error), artifacts)
        progress = Progress((*progress.findings, finding))
    _write(artifacts, key, progress)
    return _output(given, progress.findings)


def _resumed(artifacts: ObjectStore, key: str, given: BatchInput) -> Progress:
    """What an earlier worker of the batch found, and of the model that ended it that it did."""
    try:
        progress = msgspec.json.decode(artifacts.read(key), type=Progress)
    except NotFound:
        return Progress()
    if not progress.started:
        return progress
    finding = failed(progress.started, given.at, ENDED_THE_WORKER, artifacts)
    return Progress((*progress.findings, finding))


def _why(model: str, error: Exception) -> str:
    known = isinstance(error, EvergreenError)
    # Other errors may quote what callers sent; the log has them.
    why = str(error) if known else f"{type(error).__name__}; the monitor's log says more."
    logger().exception(why, model=model)
    return why


def _output(given: BatchInput, findings: tuple[Finding, ...]) -> BatchOutput:
    failed = sum(finding.status == "failed" for finding in findings)
    checked, left = len(findings) - failed, len(given.models) - len(findings)
    told = [
        f"{checked} checked",
        f"{failed} failed" if failed else "",
        f"{left} left" if left else "",
    ]
    contests = tuple(finding.contest for finding in findings if finding.contest)
    summary = ", ".join(part for part in told if part)
    return BatchOutput(given.sweep, given.number, checked, failed, summary, contests, left)


def _write(artifacts: ObjectStore, key: str, progress: Progress) -> None:
    artifacts.write(key, msgspec.json.encode(progress), "application/json")
