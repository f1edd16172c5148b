"""What the demo says while it works: numbered steps, what to look at, how long each took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status


@dataclass
class Narrator:
    """Prints each step as it goes, and remembers its seconds."""

    console: Console
    steps: list[dict[str, str | float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, look: str = "") -> Iterator["Progressing"]:
        """One step; ``look`` says what a person may look at meanwhile."""
        self.console.print(f"\n[bold green]{len(self.steps) + 1}.[/] [bold]{name}[/]")
        if look:
            self.console.print(f"   [dim]{look}[/]")
        began = time.monotonic()
        with self.console.status("working", spinner="dots") as status:
            yield Progressing(self.console, status)
        seconds = round(time.monotonic() - began, 1)
        self.console.print(f"   [dim]{seconds:.1f} s[/]")
        self.steps.append({"name": name, "seconds": seconds})


@dataclass
class Progressing:
    """What a step says of itself."""

    console: Console
    status: Status

    def now(self, what: str) -> None:
        """Show what is going on; the next call replaces it."""
        self.status.update(what)

    def say(self, what: str) -> None:
        """A line that stays."""
        self.console.print(f"   {what}", highlight=False)
