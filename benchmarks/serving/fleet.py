"""A thousand models behind one function: what its caches do, what it holds, what a month costs.

The deployed handler runs in one process over the real adapters on an emulator. Models are asked
for with a Zipf skew of 1.1, one row a request, as fast as one caller can: about the load that
Lambda gives one environment. Durations hold the emulator's own, which are longer than a region's
for DynamoDB and S3, so the bill is on the high side there. It is also reckoned as if every request
found its alias out of date, as in a month in which a thousand models share a million requests.
Not in it: logs, alarms, keys, what monitoring and training do, and anything free.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evergreen.cli.cloud import Cloud

from benchmarks.figures import Figure, alone
from benchmarks.serving import emulated, fleet_models, prices, trained
from benchmarks.serving.warm import event

_REQUESTS = 5000
_MEMORY_MIB = 1769
_SMALL_MIB = 512
_MONTHS = (0.0, 1e6, 10e6)


def measure(
    cloud: Cloud, environment: dict[str, str], models: int = fleet_models.MODELS
) -> list[Figure]:
    """Register the models, send the load, work out the bill."""
    emulated.register(cloud.registry, cloud.artifacts, fleet_models.made(models))
    found = _load(environment, models, _REQUESTS, _MEMORY_MIB)
    what = f"fleet of {models:,}"
    figures = _caches(what, found) + _caches(
        f"{what}, {_SMALL_MIB} MiB", _load(environment, models, _REQUESTS, _SMALL_MIB)
    )
    use = _use(found, float(_REQUESTS), models)
    for requests in _MONTHS:
        sums = prices.month(requests, use)
        print(prices.says(requests, sums))  # noqa: T201 - the benchmark's output
        for service, dollars in sums.items():
            name = f"{what}, {requests:,.0f} requests a month, {service}"
            figures.append(alone(name, dollars, unit="USD"))
    return figures


def _caches(what: str, found: dict[str, Any]) -> list[Figure]:
    n = float(_REQUESTS)
    opened, fetched = found["sessions"], found["graphs fetched"]
    return [
        alone(f"{what}, models asked for in {_REQUESTS:,} requests", found["asked"], unit=""),
        alone(f"{what}, graph found in memory", 1 - opened / n, unit="share"),
        alone(f"{what}, graph found in memory or on disk", 1 - fetched / n, unit="share"),
        alone(f"{what}, p50", found["p50"] * 1e3, unit="ms"),
        alone(f"{what}, p99", found["p99"] * 1e3, unit="ms"),
        alone(f"{what}, waiting for the cloud", found["cloud seconds"] / n * 1e3, unit="ms mean"),
        alone(f"{what}, own time", _own(found) / n * 1e3, unit="ms mean"),
        alone(f"{what}, peak memory", found["peak MiB"], unit="MiB"),
        alone(f"{what}, DynamoDB read units", _by_look_up(found), unit="a look-up"),
        alone(f"{what}, S3 GETs", found["S3 GETs"] / n, unit="a request"),
    ]


def _own(found: dict[str, Any]) -> float:
    return float(found["seconds"] - found["cloud seconds"])


def _by_look_up(found: dict[str, Any]) -> float:
    return float(found["read units"] / found["look-ups"])


def _use(found: dict[str, Any], requests: float, models: int) -> prices.Use:
    stored = sum(len(body) for made in fleet_models.made(models) for body in made.parts.values())
    return prices.Use(
        milliseconds=found["billed ms"],
        memory_gib=_MEMORY_MIB / 1024,
        read_units=_by_look_up(found),
        gets=found["S3 GETs"] / requests,
        firehose_bytes=found["firehose bytes"] / requests,
        stored_bytes=stored,
        table_bytes=models * 8 * 1024,  # eight items of about 1 KiB
    )


def _load(environment: dict[str, str], models: int, requests: int, mib: int) -> dict[str, Any]:
    events = []
    for number in range(models):
        name = fleet_models.name(number)
        row = json.loads((fleet_models.FOLDER / f"{name}.row").read_text())
        events.append(json.dumps(event(name, [row])))
    script = str(Path(__file__).with_name("fleet_load.py"))
    words = [str(emulated.function_folder()), str(models), str(requests)]
    memory = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(mib)}
    with TemporaryDirectory() as empty:  # the function's disk
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, script, *words],
            input="\n".join(events),
            env=emulated.surroundings(environment) | memory | {"TMPDIR": empty},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise ValueError(f"The load failed: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["failed"]:
        raise ValueError(f"{found['failed']} requests of the fleet failed.")
    return found


def main() -> None:
    """Measure on a cloud of its own: ``python -m benchmarks.serving.fleet [MODELS]``."""
    models = int(sys.argv[1]) if len(sys.argv) > 1 else fleet_models.MODELS
    trained.make()
    fleet_models.make(models)
    with emulated.cloud() as (cloud, environment):
        measure(cloud, environment, models)


if __name__ == "__main__":
    main()
