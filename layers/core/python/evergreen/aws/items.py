"""The registry's table: its items, their keys, and how records become items and back.

One DynamoDB table, keyed by the strings ``pk`` and ``sk``, no index; every read is consistent.

===================  ============================  =============================================
pk                   sk                            what it holds
===================  ============================  =============================================
``MODELS``           ``<model>``                   a model's name, so that all can be listed
``MODEL#<model>``    ``MODEL``                     ``revision``; ``doc`` is a Model as JSON
``MODEL#<model>``    ``COUNTER``                   ``number``: the newest version's
``MODEL#<model>``    ``VERSION#<6 digits>``        ``run_id``; ``doc`` is a Version as JSON
``MODEL#<model>``    ``RUNVERSION#<run_id>``       ``number``: the version which that run made
``MODEL#<model>``    ``ALIAS#<name>``              an Alias, its challenger as JSON
``MODEL#<model>``    ``AUDIT#<at>#<what>``         an AuditEvent; never changed, never deleted
``MODEL#<model>``    ``RETRAIN``                   the newest RetrainClaim
``MODEL#<model>``    ``RUN#<started_at>#<run_id>`` ``run_id``, so that a model's runs can be listed
``RUN#<run_id>``     ``RUN``                       a Run without its stages
``RUN#<run_id>``     ``STAGE#<stage>``             a StageRecord
``VIEWS``            ``<view>``                    a feature view's name, so that all can be listed
``VIEW#<view>``      ``VIEW``                      ``revision``, ``builds``; ``doc``: a View as JSON
===================  ============================  =============================================

Records of texts and whole numbers are stored attribute by attribute, under the names of their
contracts. Nested ones are one JSON text, ``doc``, beside the few attributes that conditions need:
a number in it comes back as the float it was, and items stay small.

Who asks what
    ========================================  ==================================================
    a model, an alias, a version, a claim     get ``MODEL#<model>`` and the item's ``sk``
    versions, audit trail, runs of a model    query ``MODEL#<model>``, ``sk`` begins with the word
    a run and its stages                      query ``RUN#<run_id>``
    all models, all feature views             query ``MODELS``, ``VIEWS``
    a feature view                            get ``VIEW#<view>``, ``VIEW``
    ========================================  ==================================================

What is written together (``TransactWriteItems``), and on which condition
    ===============  =============================================================================
    apply            MODEL (absent, or of the revision that was read), MODELS, AUDIT
    open a run       RUN (absent), its listing (absent)
    register         RUNVERSION (absent), VERSION (absent), COUNTER (as it was read), AUDIT
    move an alias    ALIAS (absent, or of the revision that was read), AUDIT
    apply a view     VIEW (absent, or of the revision and builds that were read), VIEWS
    commit a build   VIEW (of the revision and builds that were read)
    ===============  =============================================================================

Written alone: a stage's record (its last state counts), a run's end (only while ``status`` is
``running``, as the workflow's own Catch does, which writes ``status``, ``reason`` and
``ended_at``), and a retrain claim (absent, or run out and of another decision).
"""

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]

MODELS = "MODELS"
VIEWS = "VIEWS"


def key(pk: str, sk: str) -> dict[str, str]:
    """The key of an item, before it is encoded."""
    return {"pk": pk, "sk": sk}


def of_model(model: str) -> str:
    """The partition of all that belongs to a model."""
    return f"MODEL#{model}"


def of_run(run_id: str) -> str:
    """The partition of a run and its stages."""
    return f"RUN#{run_id}"


def of_view(view: str) -> str:
    """The partition of a feature view."""
    return f"VIEW#{view}"


def of_version(number: int) -> str:
    """The sort key of a version; text order is the order of numbers."""
    return f"VERSION#{number:06d}"


def encode(values: Mapping[str, object]) -> Item:
    """Plain values as DynamoDB attributes."""
    return {name: attribute(value) for name, value in values.items()}


def attribute(value: object) -> dict[str, Any]:
    """One plain value (text, whole number, none, or a list of them) as a typed attribute."""
    match value:
        case None:
            return {"NULL": True}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case tuple() | list():
            return {"L": [attribute(element) for element in value]}
    raise TypeError(f"{type(value).__name__} has no place in the registry's table.")


def decode(item: Item) -> dict[str, Any]:
    """The plain values of an item."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(typed: dict[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(value)
        case "L":
            return [_plain(element) for element in value]
    return value
