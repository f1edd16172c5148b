"""What of the served predictions is kept, as each model's file says.

A stream before the stream, so that nothing which answers has to know of it.
"""

import hashlib
from collections.abc import Callable

from msgspec import structs

from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.policies import CapturePolicy
from evergreen.ports import CaptureStream


class SelectedCaptures(CaptureStream):
    """Leaves out rows and columns before another stream keeps the rest."""

    def __init__(self, stream: CaptureStream, policy: Callable[[str], CapturePolicy]) -> None:
        """``policy`` gives what the file of a model of that name says."""
        self._stream = stream
        self._policy = policy

    def put(self, capture: Capture) -> None:
        """See :meth:`CaptureStream.put`; a capture that keeps neither row nor error is left out."""
        kept = select(capture, self._policy(capture.model))
        if kept.rows or kept.error:
            self._stream.put(kept)


def select(capture: Capture, policy: CapturePolicy) -> Capture:
    """The capture as a model's policy keeps it."""
    if policy == CapturePolicy():
        return capture
    rows = tuple(row for row in capture.rows if sampled(row.id, policy.share))
    hidden = frozenset(policy.redact)
    return structs.replace(
        capture, rows=tuple(_without(row, hidden) for row in rows), redacted=policy.redact
    )


def sampled(prediction: str, share: float) -> bool:
    """Whether a prediction is among the ``share`` that is kept; the same for the same id always."""
    # A text of its own before the id: what else is decided by an id's hash is decided otherwise.
    digest = hashlib.sha256(b"capture:" + prediction.encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def _without(row: CapturedRow, hidden: frozenset[str]) -> CapturedRow:
    values = {name: value for name, value in row.values.items() if name not in hidden}
    return structs.replace(row, values=values)
