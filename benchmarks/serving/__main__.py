"""Everything, one after the other: ``make bench-serving``."""

import os
import time

from benchmarks.serving import (
    cold,
    emulated,
    figures,
    fleet,
    fleet_models,
    over_http,
    peer,
    trained,
    warm,
)


def main() -> None:
    """Measure all, and write the results file."""
    started, begun = os.getloadavg(), time.monotonic()
    print(f"{'':<58}{'ours':>14}{'peer':>14}{'ratio':>14}")  # noqa: T201 - the benchmark's output
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
    figures.write(found, peer.versions(), started)
    minutes = (time.monotonic() - begun) / 60
    print(f"Written to {figures.RESULTS} after {minutes:.1f} minutes.")  # noqa: T201


if __name__ == "__main__":
    main()
