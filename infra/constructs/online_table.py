"""The online store's table; `evergreen/aws/online.py` describes its items."""

from constructs import Construct

from infra.constructs.kept_table import KeptTable


class OnlineTable(KeptTable):
    """One table, key ``pk``.

    What is in it can be materialised again, but for what people observed and whom they erased.
    """

    def __init__(self, scope: Construct, name: str, *, deletion_protection: bool) -> None:
        super().__init__(scope, name, deletion_protection=deletion_protection)
