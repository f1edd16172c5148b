"""Pruned libraries do their work, not only import."""

import json

import numpy as np
import pytest

LEARN = """
import numpy as np
from hyperopt import fmin, hp, tpe
from skl2onnx import to_onnx
from skops.io import dumps, get_untrusted_types, loads
from sklearn.calibration import calibration_curve
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

random = np.random.default_rng(7)
codes = random.integers(0, 4, 400)
x = np.column_stack([codes, random.normal(size=400)]).astype(np.float32)
y = (x[:, 1] + (codes == 2) + random.normal(size=400) > 0.5).astype(int)
model = {
    "boosting": lambda c: HistGradientBoostingClassifier(l2_regularization=c, max_iter=20),
    "trees": lambda c: ExtraTreesClassifier(20, max_depth=6, ccp_alpha=c / 1000, random_state=0),
    "linear": lambda c: LogisticRegression(C=c),
}[FAMILY]
# A scaled number is rounded differently by a graph and may take the other branch of a tree.
numbers = {
    "boosting": "passthrough",
    "trees": SimpleImputer(),
    "linear": make_pipeline(SimpleImputer(), StandardScaler()),
}[FAMILY]
columns = ColumnTransformer([
    ("codes", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [0]),
    ("numbers", numbers, [1]),
])

def loss(c):
    pipeline = make_pipeline(columns, model(c)).fit(x, y)
    return -roc_auc_score(y, pipeline.predict_proba(x)[:, 1])

best = fmin(loss, hp.loguniform("c", -3, 1), tpe.suggest, 3, rstate=random, show_progressbar=False)
fitted = make_pipeline(columns, model(best["c"])).fit(x, y)
kept = dumps(fitted)
again = loads(kept, trusted=get_untrusted_types(data=kept))
calibration_curve(y, again.predict_proba(x)[:, 1])
graph = to_onnx(fitted, x[:1], options={"zipmap": False}, target_opset=17)
np.savez(FOLDER + "/rows.npz", x=x, probability=again.predict_proba(x)[:, 1])
open(FOLDER + "/model.onnx", "wb").write(graph.SerializeToString())
"""

ANSWER = """
import numpy as np
import onnxruntime

rows = np.load(FOLDER + "/rows.npz", allow_pickle=False)
session = onnxruntime.InferenceSession(FOLDER + "/model.onnx")
probability = session.run(None, {session.get_inputs()[0].name: rows["x"]})[1][:, 1]
print(np.abs(probability - rows["probability"]).max())
"""

TABLE = """
import io
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

table = pyarrow.csv.read_csv(io.BytesIO(b"when,kind,x\\n2001-01-02,b,1.5\\n2001-01-01,a,\\n"))
table = table.sort_by("when").append_column("y", pc.fill_null(table.sort_by("when")["x"], 0.0))
file = io.BytesIO()
pq.write_table(table, file, compression="zstd")
frame = pq.read_table(io.BytesIO(file.getvalue())).to_pandas()
again = pa.Table.from_pandas(frame).to_pydict()
print(frame.groupby("kind")["y"].sum().to_json(), pd.read_parquet(file)["x"].isna().tolist())
"""


@pytest.mark.parametrize("family", ["boosting", "trees", "linear"])
def test_a_model_learned_on_the_learning_layer_answers_alike_on_the_serving_layer(
    runtime, tmp_path, family
):
    given = f"FOLDER, FAMILY = {str(tmp_path)!r}, {family!r}\n"
    runtime.run(given + LEARN, "core", "learning")
    difference = float(runtime.run(given + ANSWER, "core", "serving"))
    probability = np.load(tmp_path / "rows.npz")["probability"]
    assert np.ptp(probability) > 0.3
    assert difference < 1e-5


def test_the_columnar_layer_reads_text_and_writes_parquet(runtime):
    sums, missing = runtime.run(TABLE, "core", "columnar").split(" ", 1)
    assert json.loads(sums) == {"a": 0.0, "b": 1.5}
    assert missing == "[True, False]"
