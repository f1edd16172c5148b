"""What a request leaves out is looked up and derived before its rows are read."""

from datetime import datetime

from msgspec import structs

from evergreen.completion import Completed, Completion, Key
from evergreen.contracts.capture import CapturedRow
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Signature
from evergreen.contracts.views import OnlineRow
from evergreen.errors import EvergreenError
from evergreen.infer.forms import Rows
from evergreen.infer.rows import RejectedRows, RowProblem, misfits
from evergreen.moment import since_1970
from evergreen.ports import OnlineStore
from evergreen.telemetry import logger


class FeaturesUnavailable(EvergreenError):
    """The online store does not answer, or there is none here."""

    status = 503
    title = "Features unavailable"


class Completer:
    """Completes the rows of one version from one online store."""

    def __init__(
        self, completion: Completion, signature: Signature, online: OnlineStore | None
    ) -> None:
        self._completion = completion
        self._signature = signature
        self._online = online

    def complete(self, rows: Rows, at: str) -> Completed:
        """The rows with what they left out.

        Args:
            at: the time of the request, ISO 8601.

        Raises:
            RejectedRows: names what could not be completed, and all else that is wrong.
            FeaturesUnavailable: the online store does not answer, and a row needs it.
            StoredRowUnreadable: a row of the online store is damaged.
        """
        now = since_1970(datetime.fromisoformat(at))
        found = self._completion.complete(rows, self._read, now)
        if found.gaps:
            raise RejectedRows(self._problems(found))
        return found

    def _problems(self, found: Completed) -> list[RowProblem]:
        """The gaps and all else that is wrong; what is made of a gap is not missing by itself."""
        derived = {column.name for column in self._signature.inputs if column.origin != "request"}
        problems = {
            (p.row, p.column): p
            for p in misfits(self._signature, found.rows)
            if p.column not in derived or p.column in found.rows[p.row]
        }
        problems |= {(g.row, g.column): RowProblem(*structs.astuple(g)) for g in found.gaps}
        return sorted(problems.values(), key=lambda problem: problem.row)

    def _read(self, keys: list[Key]) -> dict[Key, OnlineRow]:
        if self._online is None:
            raise FeaturesUnavailable(
                "There is no online store here to look up what rows leave out; send all columns."
            )
        try:
            return self._online.read(keys)
        except EvergreenError:
            raise  # the store did answer
        except Exception as error:
            logger().exception("The online store does not answer.")
            raise FeaturesUnavailable(
                "The online store does not answer; send the request again later, or send the "
                "columns that the rows leave out."
            ) from error


def completer(
    version: Version, signature: Signature, online: OnlineStore | None
) -> Completer | None:
    """What completes the version's rows; None where a row may leave out nothing."""
    completion = Completion(version.draft.model, signature)
    return Completer(completion, signature, online) if completion.needed else None


def noted(rows: list[CapturedRow], found: Completed) -> list[CapturedRow]:
    """The captured rows with the columns that the online store was asked for."""
    return [
        structs.replace(row, looked_up=names)
        for row, names in zip(rows, found.looked_up, strict=True)
    ]
