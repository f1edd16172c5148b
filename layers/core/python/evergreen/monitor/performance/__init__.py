"""How well a champion does: realised as outcomes arrive, and estimated before they do."""

from evergreen.monitor.performance.loss import expected_losses
from evergreen.monitor.performance.perform import perform, unmeasured
from evergreen.monitor.performance.timeline import perform_segments, timeline

__all__ = ["expected_losses", "perform", "perform_segments", "timeline", "unmeasured"]
