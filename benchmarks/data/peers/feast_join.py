"""Feast's offline join of the same rows: ``feast_join.py FOLDER``, in Feast's environment."""

import json
import logging
import sys
import time
import warnings
from datetime import timedelta
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import pandas as pd  # noqa: E402
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig  # noqa: E402
from feast.types import Float64  # noqa: E402
from feast.value_type import ValueType  # noqa: E402


def main(folder: Path) -> None:
    """Join, print what it took, and leave the answers in ``feast.parquet``."""
    asked = pd.read_parquet(folder / "asked.parquet")
    driver = Entity(name="driver", join_keys=["driver"], value_type=ValueType.STRING)
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=str(folder / "registry.db"),
            online_store=None,
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
    )
    features = [f"f{n}" for n in range(8)] + ["known_at"]
    view = FeatureView(
        name="trips",
        entities=[driver],
        ttl=timedelta(0),
        schema=[Field(name=name, dtype=Float64) for name in features],
        source=FileSource(
            path=str(folder / "rows.parquet"),
            timestamp_field="event",
            created_timestamp_column="created",
        ),
        online=False,
    )
    store.apply([driver, view])
    begun = time.perf_counter()
    found = store.get_historical_features(
        entity_df=asked[["driver", "event_timestamp", "row"]],
        features=[f"trips:{name}" for name in features],
    ).to_df()
    seconds = time.perf_counter() - begun
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    found.sort_values("row").to_parquet(folder / "feast.parquet")
    print(json.dumps({"rows": len(found), "seconds": seconds, "peak": peak}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
