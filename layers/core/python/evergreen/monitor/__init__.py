"""Monitor: captures and feedback against the champion's baseline, a report, a decision."""

from evergreen.monitor.check import monitor

__all__ = ["monitor"]
