"""The examples on real tables, trained on the laptop cloud: `make examples` runs all of them.

Each is one model file, the files of its feature views, and a table that a package carries. What
an earlier run left in the cloud is found again: the same files and bytes are the same run.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from evergreen.cli.client import Client
from evergreen.contracts.registry import Run
from evergreen.digest import content_id
from evergreen.errors import Conflict, EvergreenError
from msgspec import DecodeError
from rich.console import Console
from rich.markup import escape

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from examples import ask, outcome  # noqa: E402 - found through the line above
from examples.catalogue import NAMES, Example  # noqa: E402
from examples.laptop import follow, stand_up  # noqa: E402
from examples.narrator import Narrator, Progressing  # noqa: E402
from examples.tables import WrongTable  # noqa: E402
from localstack.endpoint import CloudError  # noqa: E402

Start = Callable[[str, list[Path], str], str]


class ExampleFailed(Exception):
    """A run did not end with a version that serves; the sentence says why."""


def main(asked: list[str]) -> int:
    """Run the examples that are asked for, all without any; 0 when each did what it promises."""
    console = Console(highlight=False)
    if unknown := [name for name in asked if name not in NAMES]:
        console.print(f"There is no example '{unknown[0]}'; there are {', '.join(NAMES)}.")
        return 2
    story = Narrator(console)
    outcomes: list[outcome.Outcome] = []
    failed: list[str] = []
    try:
        client, _ = stand_up(story)
        for name in asked or NAMES:
            try:
                outcomes.append(tell(story, client, Example(name)))
            except (ExampleFailed, EvergreenError, WrongTable) as error:
                failed.append(f"{name}: {error}")
                console.print(f"   [bold red]{escape(str(error))}[/]")
    except CloudError as error:
        console.print(f"\n[bold red]The cloud did not come up:[/] {escape(str(error))}")
        return 1
    outcome.show(console, outcomes)
    (ROOT / "build" / "examples.json").write_text(outcome.to_json(outcomes, story.steps))
    for sentence in failed:
        console.print(f"[bold red]failed[/] {escape(sentence)}")
    return int(bool(failed) or not all(o.as_expected for o in outcomes))


def tell(story: Narrator, client: Client, example: Example) -> outcome.Outcome:
    """One example, from its table to predictions."""
    with story.step(example.name, f"examples/{example.name}/README.md") as step:
        began = time.monotonic()
        step.now("making the tables")
        files = example.write(ROOT / "build" / "examples" / example.name)
        build_views(step, client, example, files)
        model = client.apply(example.model_file)
        run = train(step, client, example, files)
        if run.status != "deployed":
            raise ExampleFailed(f"The run {run.run_id} was not deployed: {run.reason}")
        predictions = ask.predictions(client, model.file, files[example.name])
        seconds = round(time.monotonic() - began, 1)
        try:
            found = outcome.read(client, example, run, seconds, predictions)
        except DecodeError:
            raise ExampleFailed(
                "Its reports are of another version of Evergreen; run make stop, then this again."
            ) from None
        for line in outcome.lines(found):
            step.say(escape(line))
        for each in predictions:
            step.say(escape(f"{_short(each['row'])} → {_short(each['answer'])}"))
    return found


def build_views(
    step: Progressing, client: Client, example: Example, files: dict[str, Path]
) -> None:
    """Apply the example's view files and build each from its table."""
    for file in example.view_files:
        view = client.apply_view(file).file.name
        run_id = f"{view}-{content_id(file.read_bytes(), files[view].read_bytes())}"
        run = once(step, client, client.build, view, files[view], run_id)
        if run.status != "built":
            raise ExampleFailed(f"The view {view} was not built: {run.reason}")


def train(step: Progressing, client: Client, example: Example, files: dict[str, Path]) -> Run:
    """The run of this model file and these bytes."""
    parts = (example.model_file, *example.view_files, *files.values())
    run_id = f"{example.name}-{content_id(*(part.read_bytes() for part in parts))}"
    return once(step, client, client.train, example.name, files[example.name], run_id)


def once(
    step: Progressing, client: Client, start: Start, name: str, file: Path, run_id: str
) -> Run:
    """Start a run unless an earlier one of its id did not fail, and watch it to its end."""
    try:
        start(name, [file], run_id)
    except Conflict:
        if client.cloud.registry.run(run_id).status == "failed":
            run_id = start(name, [file], client.new_run_id(run_id))
        else:
            step.say(f"{run_id} ran before, on the same rows by the same files")
    return follow(step, client, run_id)


def _short(values: dict[str, object]) -> str:
    said = (f"{name} {_number(value)}" for name, value in values.items() if value is not None)
    return ", ".join(list(said)[:6])


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
