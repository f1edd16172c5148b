"""A stage in a container, where a function is too small: the same handler, the same event.

The workflow gives both as text: ``EVERGREEN_STAGE`` names the stage, ``EVERGREEN_EVENT`` is its
event as JSON. The process ends with 0, or with 1 after one sentence in its log; the run's record
has it too.
"""

import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

UNITS = 1024  # of Amazon ECS, in one processor


def main() -> int:
    """Call the stage's handler with the event, once.

    Returns:
        The exit status.
    """
    _limit_threads()
    # Not before: what is imported below reads how many threads it may start.
    from evergreen.errors import EvergreenError
    from evergreen.telemetry import logger

    try:
        stage = _given("EVERGREEN_STAGE")
        event = json.loads(_given("EVERGREEN_EVENT"))
        answer = _handler(stage)(event, None)
    except EvergreenError as error:
        logger().error(error.sentence, error=type(error).__name__)
        return 1
    except Exception as error:
        logger().exception(f"{type(error).__name__}: {error}")
        return 1
    logger().info(answer.get("summary", "done"), stage=stage)
    return 0


def _limit_threads() -> None:
    """As many as the container has processors: a library that finds those of the machine starts a
    thread for each, and they wait for each other. Passively, or a core that is taken away for a
    moment keeps all others busy (a fit of 1 s took 95 s, measured)."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if units := os.environ.get("EVERGREEN_CPU"):
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, int(units) // UNITS)))


def _given(variable: str) -> str:
    from evergreen.errors import NotConfigured

    value = os.environ.get(variable, "")
    if not value:
        raise NotConfigured(f"{variable} is not set; the workflow sets it for each container.")
    return value


def _handler(stage: str) -> Any:
    """The handler of the stage's function, which lies beside this file."""
    place = Path(__file__).parent / stage / "handler.py"
    spec = spec_from_file_location(f"{stage}_handler", place)
    if spec is None or spec.loader is None or not place.exists():
        from evergreen.errors import NotFound

        raise NotFound(f"There is no handler of '{stage}' in this image.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


if __name__ == "__main__":
    sys.exit(main())
