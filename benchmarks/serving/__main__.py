"""Everything, one after the other: ``make bench-serving``."""

import os
import time

from benchmarks import figures
from benchmarks.serving import (
    cold,
    emulated,
    fleet,
    fleet_models,
    over_http,
    peer,
    trained,
    warm,
)

_OURS = ("onnxruntime", "numpy", "scikit-learn", "skl2onnx", "boto3", "granian", "ministack")


def main() -> None:
    """Measure all, and write the results file."""
    started, begun = os.getloadavg(), time.monotonic()
    figures.heading()
    trained.make()
    fleet_models.make()
    peer.prepare(list(warm.MODELS))
    found = warm.measure()
    found += over_http.measure()
    with emulated.cloud() as (cloud, environment):
        emulated.register(cloud.registry, cloud.artifacts, emulated.trained_models())
        found += cold.measure(environment)
        found += over_http.emulator(cloud.api_url, environment)
        found += fleet.measure(cloud, environment)
    file = figures.write("serving", found, ours=_OURS, peers=peer.versions(), started=started)
    minutes = (time.monotonic() - begun) / 60
    print(f"Written to {file} after {minutes:.1f} minutes.")  # noqa: T201


if __name__ == "__main__":
    main()
