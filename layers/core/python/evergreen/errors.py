"""What can go wrong that a person can put right.

Every error carries one sentence that says what to fix. The class name is what Step Functions
shows as the error, so it is a word a user can act on; ``status`` is the HTTP status that
``infer`` answers with when the same error meets a caller.
"""


class EvergreenError(Exception):
    """The parent of every error that is the input's fault and not the program's."""

    status = 422
    title = "Cannot be processed"

    @property
    def sentence(self) -> str:
        """The message, as shown to the user."""
        return str(self)


class InvalidModelFile(EvergreenError):
    """The model file breaks its schema or contradicts itself."""

    title = "Invalid model file"


class InvalidViewFile(EvergreenError):
    """The view file breaks its schema or contradicts itself."""

    title = "Invalid view file"


class ExpectationBroken(EvergreenError):
    """The table can be read, but is not what its file expects."""

    title = "Expectation broken"


class InvalidTable(EvergreenError):
    """The raw table cannot become a dataset for this model."""

    title = "Invalid table"


class InvalidRequest(EvergreenError):
    """The request itself cannot be read: no JSON, or not the documented form."""

    status = 400
    title = "Invalid request"


class RequestTooLarge(EvergreenError):
    """The request exceeds a stated limit."""

    status = 413
    title = "Request too large"


class NotFound(EvergreenError):
    """Something named does not exist."""

    status = 404
    title = "Not found"


class Conflict(EvergreenError):
    """Somebody else changed the same thing first; nothing was written."""

    status = 409
    title = "Conflict"


class ArtifactChanged(EvergreenError):
    """A stored artifact no longer has the SHA-256 it was registered with."""

    status = 500
    title = "Artifact changed"


class StoredRowUnreadable(EvergreenError):
    """A row of the online store is not as Evergreen writes them."""

    status = 500
    title = "Stored row unreadable"


class GraphMismatch(EvergreenError):
    """The converted graph answers differently from the pipeline it was made of."""

    title = "Graph mismatch"


class GateRefused(EvergreenError):
    """The candidate did not pass its gates, so it becomes no version."""

    title = "Refused by a gate"


class NotConfigured(EvergreenError):
    """A setting of the function or the command line is not there."""

    status = 500
    title = "Not configured"


def sentence_of(error: Exception) -> str:
    """One line that says what went wrong: of our own errors the sentence, of others their kind and
    the first line of what they say."""
    if isinstance(error, EvergreenError):
        return error.sentence
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"
