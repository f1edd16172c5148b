"""Which configurations are best, by the trials that looked at most."""

from statistics import stdev

from evergreen import metrics
from evergreen.contracts.model_file import Metric
from evergreen.contracts.run_report import Ranked
from evergreen.contracts.stages import TrialResult


def ranked(metric: Metric, results: list[TrialResult]) -> tuple[Ranked, ...]:
    """A configuration once, by its highest finished trial; higher rungs first, then less loss."""
    finished = [result for result in results if result.loss is not None]
    below = {result.promotes for result in finished}
    last = [result for result in finished if result.number not in below]
    last.sort(key=lambda r: (-r.fidelity.rung, r.loss, r.number))
    return tuple(
        Ranked(
            place,
            result.number,
            metrics.from_loss(metric, result.loss or 0.0),
            stdev(result.fold_losses) if len(result.fold_losses) > 1 else None,
        )
        for place, result in enumerate(last, 1)
    )
