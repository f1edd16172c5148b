"""Monitor: captures and feedback against the champion's baseline, a report, a decision."""

from evergreen.monitor.check import check
from evergreen.monitor.conclude import conclude
from evergreen.monitor.due import due
from evergreen.monitor.sweep import check_batch

__all__ = ["check", "check_batch", "conclude", "due"]
