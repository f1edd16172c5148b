"""What a person is told of a dataset version: its report, one line of it, and its page."""

from evergreen.ingest.report.describe import report
from evergreen.ingest.report.enforce import enforce
from evergreen.ingest.report.outcome import Goal, goal_of
from evergreen.ingest.report.pages import quality_page
from evergreen.ingest.report.told import summary

__all__ = ["Goal", "enforce", "goal_of", "quality_page", "report", "summary"]
