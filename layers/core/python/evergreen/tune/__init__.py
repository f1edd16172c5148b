"""Search for the best configuration: suggest a round, try each of it, record what came out.

The search's whole state is JSON below ``runs/<run_id>/``: ``rounds/NNNN.json`` are the proposals,
``trials/NNNN.json`` the results. Any step can run again, in any worker, and finds or writes the
same.
"""

from evergreen.tune.record import record
from evergreen.tune.suggest import suggest
from evergreen.tune.trial import trial

__all__ = ["record", "suggest", "trial"]
