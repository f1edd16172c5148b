"""The registry's table; `evergreen/aws/` describes its items."""

from constructs import Construct

from infra.constructs.kept_table import KeptTable


class RegistryTable(KeptTable):
    """One table, keys ``pk`` and ``sk``."""

    def __init__(self, scope: Construct, name: str, *, deletion_protection: bool) -> None:
        super().__init__(scope, name, sort_key="sk", deletion_protection=deletion_protection)
