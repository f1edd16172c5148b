"""A BentoML service over the fitted pipeline, as its documentation writes one."""

import os
from typing import Any

import bentoml
import pandas as pd


@bentoml.service(workers=1, traffic={"timeout": 60})
class Pipeline:
    """One model."""

    def __init__(self) -> None:
        self.pipeline = bentoml.sklearn.load_model(os.environ["MODEL"])

    @bentoml.api
    def predict(self, instances: list[dict[str, Any]]) -> list[float]:
        """The probability of the positive class, row by row."""
        found: list[float] = self.pipeline.predict_proba(pd.DataFrame(instances))[:, 1].tolist()
        return found
