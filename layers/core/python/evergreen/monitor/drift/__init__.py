"""Has what is served moved away from what was learned? Effect and significance, told apart."""

from evergreen.monitor.drift.discoveries import any_of, fleet_discoveries, q_values
from evergreen.monitor.drift.find import Drifts, find_drift
from evergreen.monitor.drift.segments import SegmentDrift

__all__ = ["Drifts", "SegmentDrift", "any_of", "find_drift", "fleet_discoveries", "q_values"]
