"""Feature views in memory."""

import threading

from msgspec.structs import replace

from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import View
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Views


class MemoryViews(Views):
    """The views' items in a dict, for one process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._views: dict[str, View] = {}

    def apply(self, file: ViewFile, actor: str, at: str) -> View:
        """See :meth:`Views.apply`."""
        with self._lock:
            before = self._views.get(file.name)
            if before and before.file == file:
                return before
            number, builds = (before.revision, before.builds) if before else (0, 0)
            view = View(file, number + 1, at, actor, builds=builds)
            self._views[file.name] = view
            return view

    def view(self, name: str) -> View:
        """See :meth:`Views.view`."""
        if name not in self._views:
            raise NotFound(f"There is no feature view '{name}'; apply its view file first.")
        return self._views[name]

    def names(self) -> list[str]:
        """See :meth:`Views.names`."""
        return sorted(self._views)

    def commit_build(self, view: View, build: str, at: str) -> View:
        """See :meth:`Views.commit_build`."""
        name = view.file.name
        with self._lock:
            found = self.view(name)
            if (found.revision, found.build) == (view.revision, build):
                return found
            if (found.revision, found.builds) != (view.revision, view.builds):
                raise Conflict(f"The view '{name}' was changed or built meanwhile; build again.")
            built = replace(view, build=build, builds=view.builds + 1, built_at=at)
            self._views[name] = built
            return built
