"""What is told of a run: ``runs/<run_id>/report.json``, and the page beside it.

``tune`` writes the search's part after each round, so that a run that goes on, or failed, has a
page; ``evaluate`` adds what came of it.
"""

from evergreen.run_report.write import write_search, write_verdict

__all__ = ["write_search", "write_verdict"]
