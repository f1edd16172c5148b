"""What a search takes over from the model's earlier runs."""

from msgspec import Struct

from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import FAMILY
from evergreen.tune.proposals.observed import Key, key_of


class Proposal(Struct, frozen=True):
    """A configuration to try, and where it comes from (see ``Trial.origin``)."""

    configuration: Configuration
    origin: str


class Earlier(Struct, frozen=True):
    """``best`` is where a search begins; what was ruled out then is not where it goes on.

    ``tried`` are configurations that are known already: they are among the best or they need no
    second try. ``weak`` are families that were tried and stayed behind.
    """

    best: tuple[Proposal, ...] = ()
    tried: frozenset[Key] = frozenset()
    weak: frozenset[str] = frozenset()

    def rules_out(self, configuration: Configuration) -> bool:
        """Whether earlier runs have shown that a search need not begin there."""
        return configuration[FAMILY] in self.weak or key_of(configuration) in self.tried


NOTHING = Earlier()
"""Of a model that has no earlier runs."""
