"""How well a champion does: realised as outcomes arrive, and estimated before they do."""

from evergreen.monitor.performance.loss import expected_losses

__all__ = ["expected_losses"]
