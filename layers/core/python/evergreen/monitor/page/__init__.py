"""What people look at: the page of one model's check, and the page of all models."""

from evergreen.monitor.page.drift import drift_page
from evergreen.monitor.page.fleet import fleet_page

__all__ = ["drift_page", "fleet_page"]
