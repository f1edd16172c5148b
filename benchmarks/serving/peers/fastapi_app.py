"""Plain FastAPI with scikit-learn and joblib, as its tutorials write it."""

import os
from typing import Any

import joblib
import pandas as pd
from calls import pipeline
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
_pipeline = joblib.load(pipeline(os.environ["MODEL"]))


class Rows(BaseModel):
    """A request."""

    instances: list[dict[str, Any]]


@app.post("/predict")
def predict(rows: Rows) -> list[float]:
    """The probability of the positive class, row by row."""
    found: list[float] = _pipeline.predict_proba(pd.DataFrame(rows.instances))[:, 1].tolist()
    return found
