"""What the commands do, without how they look: also what a script calls."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from evergreen.cli.cloud import Cloud
from evergreen.cli.document import read
from evergreen.cli.sources import bring
from evergreen.contracts import keys, view_file
from evergreen.contracts.inference import BODY_BYTES_AT_MOST, ROWS_AT_MOST
from evergreen.contracts.model_checks import check_joins, parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Alias, Model, Run
from evergreen.contracts.stages import VIEW, RunInput, Trial
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import View
from evergreen.deploy import promote, rollback
from evergreen.errors import Conflict, InvalidModelFile, InvalidViewFile, NotFound
from evergreen.ports import iso
from evergreen.privacy import key_for
from evergreen.retrain import start

# What stands around the rows of a batch, with room to spare.
_BATCH_BYTES = BODY_BYTES_AT_MOST - 1024
_EXECUTION_NAME_CHARACTERS = 80
_POLLS_OF_GRACE = 5


class Client:
    """The use cases of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        """``cloud`` is usually :meth:`Cloud.find`'s."""
        self.cloud = cloud

    def apply(self, path: Path) -> Model:
        """Create or change a model from its file.

        Raises:
            InvalidModelFile: says what to mend.
        """
        now = iso(self.cloud.clock.now())
        model = parse(read(path, InvalidModelFile))
        check_joins(model, self._views_of(model))
        key_for(self.cloud.features, model.personal)  # whoever answers only reads it
        return self.cloud.registry.apply(model, self.cloud.actor, now)

    def _views_of(self, model: ModelFile) -> dict[str, ViewFile]:
        known = set(self.cloud.views.names()) if model.views else set()
        return {name: self.cloud.views.view(name).file for name in known & model.views.keys()}

    def upload(self, owner: str, path: Path) -> str:
        """Put a raw table where ``ingest`` finds it, unless it is there; gives its key.

        Raises:
            InvalidTable: there is no such file, or it is empty.
        """
        return bring(self.cloud, owner, str(path))

    def train(
        self,
        model: str,
        data: Sequence[Path | str],
        run_id: str | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> str:
        """Bring ``data`` to the cloud and start the workflow; gives the run's id.

        Args:
            data: files, folders, and addresses of S3 that begin with ``s3://``.
            note: told of what was copied.

        Raises:
            NotFound: there is no such model.
            Conflict: a run of that id was started before.
        """
        self.cloud.registry.model(model)
        sources = tuple(bring(self.cloud, model, str(each), note) for each in data)
        run_id = run_id or self.new_run_id(model)
        return self._started(RunInput(run_id=run_id, model=model, sources=sources))

    def resume(self, interrupted: str, run_id: str | None = None) -> str:
        """Start the workflow on what another run was started on, so that its search goes on from
        the trials which that run has finished; gives the new run's id.

        Raises:
            NotFound: there is no such run, or it has no trial.
            Conflict: a run of the new id was started before.
        """
        model = self.cloud.registry.run(interrupted).model
        try:
            body = self.cloud.artifacts.read(keys.trials_of_round(interrupted, 1))
        except NotFound:
            raise NotFound(
                f"Run '{interrupted}' has no trial to go on from; start another with evergreen "
                "train."
            ) from None
        before = msgspec.json.decode(body, type=tuple[Trial, ...])[0].run
        run_id = run_id or self.new_run_id(model)
        run = msgspec.structs.replace(before, run_id=run_id, trigger="manual", resumes=interrupted)
        return self._started(run)

    def _started(self, run: RunInput) -> str:
        if not start(self.cloud.registry, self.cloud.workflow, run, self.cloud.clock):
            raise Conflict(f"A run '{run.run_id}' was started before; choose another --run-id.")
        return run.run_id

    def apply_view(self, path: Path) -> View:
        """Create or change a feature view from its file.

        Raises:
            InvalidViewFile: says what to mend.
        """
        view = view_file.parse(read(path, InvalidViewFile))
        key_for(self.cloud.features, view.personal)
        return self.cloud.views.apply(view, self.cloud.actor, iso(self.cloud.clock.now()))

    def build(
        self,
        view: str,
        data: Sequence[Path | str],
        run_id: str | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> str:
        """Bring ``data`` to the cloud and start a build of a feature view; gives the run's id.

        Raises:
            NotFound: there is no such view.
            Conflict: a run of that id was started before.
        """
        owner = VIEW + self.cloud.views.view(view).file.name
        sources = tuple(bring(self.cloud, owner, str(each), note) for each in data)
        run = RunInput(
            run_id=run_id or self.new_run_id(f"view-{view}"), model=owner, sources=sources
        )
        if not start(self.cloud.registry, self.cloud.builds, run, self.cloud.clock):
            raise Conflict(f"A run '{run.run_id}' was started before; choose another --run-id.")
        return run.run_id

    def follow(
        self,
        run_id: str,
        on_change: Callable[[Run], None] = lambda _: None,
        *,
        seconds: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Run:
        """Wait until a run ends, looking every ``seconds``.

        Raises:
            NotFound: nobody started such a run.
        """
        polls_after_end = 0
        while True:
            run = self._run(run_id)
            if run:
                on_change(run)
                if run.status != "running":
                    return run
            execution = self.cloud.execution(run_id)
            if execution is None and run is None:
                raise NotFound(f"There is no run '{run_id}'.")
            if execution and execution.status != "RUNNING":
                # The record is closed by the workflow itself, so shortly before it ends.
                polls_after_end += 1
            if execution and polls_after_end > _POLLS_OF_GRACE:
                return _unclosed(run_id, run, execution.status)
            sleep(seconds)

    def describe(self, model: str) -> dict[str, Any]:
        """The champion's signature and an example request."""
        found: dict[str, Any] = self.cloud.api.call("GET", f"/models/{model}")
        return found

    def predict(
        self,
        model: str,
        rows: Sequence[dict[str, Any]],
        on_batch: Callable[[int], None] = lambda _: None,
        request_id: str | None = None,
    ) -> dict[str, Any]:
        """Predictions for any number of rows, in requests within the API's limits.

        Args:
            request_id: what the predictions' ids begin with, so that the same rows sent again are
                the same predictions; the API makes one by default.

        Returns:
            The API's answer, its batches joined. ``versions`` are all that answered: more than
            one when the champion changed in between, and ``version`` is the last.

        Raises:
            Refused: the API's problem; rows in it count within their batch of at most 1,000.
        """
        predictions: list[Any] = []
        unseen: dict[str, int] = {}
        versions: list[int] = []
        for number, batch in enumerate(_batches(rows)):
            document = {"instances": batch} | (
                {"id": f"{request_id}-{number}"} if request_id else {}
            )
            found = self.cloud.api.call("POST", f"/models/{model}/predict", document)
            predictions += found["predictions"]
            versions.append(found["version"])
            for column, count in found["unseen"].items():
                unseen[column] = unseen.get(column, 0) + count
            on_batch(len(batch))
        return {
            "model": model,
            "version": versions[-1] if versions else None,
            "versions": sorted(set(versions)),
            "predictions": predictions,
            "unseen": unseen,
        }

    def feedback(
        self,
        model: str,
        outcomes: Sequence[dict[str, Any]],
        on_batch: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Report what turned out, ``{"id", "outcome"}`` each; gives how many were accepted."""
        accepted = 0
        for batch in _batches(outcomes, 10 * ROWS_AT_MOST):
            path = f"/models/{model}/feedback"
            accepted += self.cloud.api.call("POST", path, {"outcomes": batch})["accepted"]
            on_batch(len(batch))
        return accepted

    def promote(self, model: str, version: int, reason: str) -> Alias:
        """Make a version the champion; see :func:`evergreen.deploy.promote`."""
        cloud = self.cloud
        return promote(cloud.registry, model, version, cloud.actor, reason, cloud.clock)

    def rollback(self, model: str, reason: str) -> Alias:
        """End a trial, or go back to the version before; see :func:`evergreen.deploy.rollback`."""
        cloud = self.cloud
        return rollback(cloud.registry, model, cloud.actor, reason, cloud.clock)

    def new_run_id(self, model: str) -> str:
        """A name for a run that starts now."""
        moment = self.cloud.clock.now().astimezone(UTC).strftime("%Y%m%d-%H%M%S")
        end = f"-{moment}-{uuid4().hex[:6]}"
        return model[: _EXECUTION_NAME_CHARACTERS - len(end)] + end

    def _run(self, run_id: str) -> Run | None:
        try:
            return self.cloud.registry.run(run_id)
        except NotFound:
            return None


def _batches(rows: Sequence[dict[str, Any]], most: int = ROWS_AT_MOST) -> Iterator[list[Any]]:
    batch: list[Any] = []
    filled = 0
    for row in rows:
        size = len(msgspec.json.encode(row)) + 1
        if batch and (len(batch) == most or filled + size > _BATCH_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(row)
        filled += size
    if batch:
        yield batch


def _unclosed(run_id: str, run: Run | None, status: str) -> Run:
    reason = f"The execution ended as {status} and left its record open; see Step Functions."
    run = run or Run(run_id=run_id, model="", trigger="", sources=(), started_at="")
    return msgspec.structs.replace(run, status="failed", reason=reason)
