"""Put the fitted pipelines where a peer looks for them: ``prepare.py PEER MODEL...``.

Run in the peer's own environment, after the pipelines were made.
"""

import json
import shutil
import sys

import joblib
from calls import BUILD, pipeline


def mlflow(models: list[str]) -> None:
    """MLflow model folders, whose call is ``predict_proba``."""
    import mlflow.sklearn

    for model in models:
        folder = BUILD / "mlflow" / model
        shutil.rmtree(folder, ignore_errors=True)
        mlflow.sklearn.save_model(
            joblib.load(pipeline(model)),
            str(folder),
            pyfunc_predict_fn="predict_proba",
            pip_requirements=[],
            serialization_format="cloudpickle",
        )


def bentoml(models: list[str]) -> None:
    """Models in BentoML's store, which ``BENTOML_HOME`` names."""
    import bentoml

    for model in models:
        signatures = {"predict_proba": {"batchable": False}}
        bentoml.sklearn.save_model(model, joblib.load(pipeline(model)), signatures=signatures)


def mlserver(models: list[str]) -> None:
    """One folder with a settings file per model."""
    for model in models:
        folder = BUILD / "mlserver" / model
        folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "name": model,
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": str(pipeline(model))},
        }
        (folder / "model-settings.json").write_text(json.dumps(settings))


if __name__ == "__main__":
    {"mlflow": mlflow, "bentoml": bentoml, "mlserver": mlserver}[sys.argv[1]](sys.argv[2:])
