"""What the hold-out shows beside the metrics."""

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.run_report import HoldOutReport
from evergreen.evaluate.confusion import confusion
from evergreen.evaluate.reliability import reliability
from evergreen.evaluate.residuals import over_time, residuals
from evergreen.frame import Frame
from evergreen.metrics import Floats


def hold_out_report(
    file: ModelFile,
    classes: tuple[str, ...],
    rows: Frame,
    answered: Floats,
    threshold: float,
) -> HoldOutReport:
    """Of classes confusion and reliability, of a number its residuals.

    Args:
        answered: shape (n,), of several classes (n, k).
        threshold: from which on a binary model answers the positive class.
    """
    if not classes:
        when = over_time(file.forecast, rows.time, rows.target, answered) if file.forecast else ()
        return HoldOutReport(residuals=residuals(rows.target, answered), over_time=when)
    labels = answered >= threshold if answered.ndim == 1 else answered.argmax(axis=1)
    return HoldOutReport(
        confusion=confusion(classes, rows.target.astype(int), labels.astype(int)),
        reliability=reliability(rows.target, answered),
    )
