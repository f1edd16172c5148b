"""Each peer's own call in a process: how a DataFrame goes in, and how its probabilities come out.

Every opener gives two functions: one that makes what the peer takes of a DataFrame, which is not
timed, and one that predicts. Libraries are imported by the opener, so that a cold start pays for
its own alone.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Opened = tuple[Callable[[Any], Any], Callable[[Any], Any]]

BUILD = Path(__file__).resolve().parents[3] / "build" / "bench-serving"


def pipeline(model: str) -> Path:
    """The fitted pipeline that every peer serves."""
    return BUILD / "pipelines" / f"{model}.joblib"


def sklearn(model: str) -> Opened:
    """scikit-learn and joblib, with nothing around them."""
    import joblib

    opened = joblib.load(pipeline(model))
    return (lambda frame: frame), (lambda frame: opened.predict_proba(frame)[:, 1])


def mlflow(model: str) -> Opened:
    """``mlflow.pyfunc``, as its documentation loads a model."""
    import mlflow.pyfunc

    opened = mlflow.pyfunc.load_model(str(BUILD / "mlflow" / model))
    return (lambda frame: frame), (lambda frame: opened.predict(frame)[:, 1])


def bentoml(model: str) -> Opened:
    """BentoML's scikit-learn runner, in the same process."""
    import warnings

    warnings.simplefilter("ignore")
    import bentoml

    runner = bentoml.sklearn.get(model).to_runner()
    runner.init_local(quiet=True)
    return (lambda frame: frame), (lambda frame: runner.predict_proba.run(frame)[:, 1])


def mlserver(model: str) -> Opened:
    """MLServer's scikit-learn model; its ``predict`` awaits nothing, so no loop is needed."""
    from mlserver.codecs import PandasCodec
    from mlserver.settings import ModelParameters, ModelSettings
    from mlserver.types import RequestOutput
    from mlserver_sklearn import SKLearnModel

    parameters = ModelParameters(uri=str(pipeline(model)))
    opened = SKLearnModel(
        ModelSettings(name=model, implementation=SKLearnModel, parameters=parameters)
    )
    _run(opened.load())

    def prepare(frame: Any) -> Any:
        texts = frame.select_dtypes(exclude="number").columns
        # Its codec does not know pandas 3's string type.
        request = PandasCodec.encode_request(frame.astype(dict.fromkeys(texts, object)))
        request.outputs = [RequestOutput(name="predict_proba")]
        return request

    def call(request: Any) -> Any:
        (output,) = _run(opened.predict(request)).outputs
        return output.data[1::2]

    return prepare, call


def _run(coroutine: Any) -> Any:
    while True:
        try:
            coroutine.send(None)
        except StopIteration as done:
            return done.value


OPEN: dict[str, Callable[[str], Opened]] = {
    "scikit-learn + joblib": sklearn,
    "mlflow.pyfunc": mlflow,
    "BentoML": bentoml,
    "MLServer": mlserver,
}
ENVIRONMENT = {
    "scikit-learn + joblib": "fastapi",
    "mlflow.pyfunc": "mlflow",
    "BentoML": "bentoml",
    "MLServer": "mlserver",
}
