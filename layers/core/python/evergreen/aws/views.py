"""Feature views in the registry's table. :mod:`evergreen.aws.items` describes its items."""

from typing import Any

import msgspec

from evergreen.aws.items import VIEWS, key, of_view
from evergreen.aws.table import ABSENT, Lost, Table
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import View
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Views

_AS_SEEN = "#revision = :revision AND #builds = :builds"


class DynamoViews(Views):
    """One table, through a low-level boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table)

    def apply(self, file: ViewFile, actor: str, at: str) -> View:
        """See :meth:`Views.apply`."""
        before = self._view(file.name)
        if before and before.file == file:
            return before
        number, builds = (before.revision, before.builds) if before else (0, 0)
        view = View(file, number + 1, at, actor, builds=builds)
        try:
            self._table.transact(
                self._replacing(view, before), self._table.putting(key(VIEWS, file.name))
            )
        except Lost:
            found = self._view(file.name)
            if found and found.file == file:
                return found
            raise Conflict(
                f"The view '{file.name}' was changed meanwhile; look at it and apply again."
            ) from None
        return view

    def view(self, name: str) -> View:
        """See :meth:`Views.view`."""
        found = self._view(name)
        if found is None:
            raise NotFound(f"There is no feature view '{name}'; apply its view file first.")
        return found

    def names(self) -> list[str]:
        """See :meth:`Views.names`."""
        return [item["sk"] for item in self._table.query(VIEWS)]

    def commit_build(self, view: View, build: str, at: str) -> View:
        """See :meth:`Views.commit_build`."""
        built = msgspec.structs.replace(view, build=build, builds=view.builds + 1, built_at=at)
        if view.build != build:
            try:
                self._table.transact(self._replacing(built, view))
            except Lost:
                pass
            else:
                return built
        found = self.view(view.file.name)
        if (found.revision, found.build) == (view.revision, build):
            return found
        raise Conflict(f"The view '{view.file.name}' was changed or built meanwhile; build again.")

    def _view(self, name: str) -> View | None:
        item = self._table.get(of_view(name), "VIEW")
        return msgspec.json.decode(item["doc"], type=View) if item else None

    def _replacing(self, view: View, before: View | None) -> dict[str, Any]:
        item = key(of_view(view.file.name), "VIEW") | {
            "revision": view.revision,
            "builds": view.builds,
            "doc": msgspec.json.encode(view).decode(),
        }
        if before is None:
            return self._table.putting(item, ABSENT)
        seen = {"revision": before.revision, "builds": before.builds}
        return self._table.putting(item, _AS_SEEN, **seen)
