"""The protocol as a client that others made speaks it: NVIDIA's ``tritonclient``."""

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.fakes import answering
from tests.fakes.http import served
from tests.fakes.serving import MODEL, ROW, World


@pytest.fixture(scope="module")
def world():
    world = World()
    world.serve()
    world.register()
    return world


@pytest.fixture(scope="module")
def client(world):
    with served(world.inference) as address:
        client = triton.InferenceServerClient(address)
        yield client
        client.close()


def tensors(shape=(2,), **changes):
    columns = {
        "age": np.array([40, 20], dtype=np.int64),
        "speed": np.array([55.5, np.nan], dtype=np.float32),
        "belt": np.array(["none", "belted"], dtype=np.object_),
        "role": np.array(["driver", "pass"], dtype=np.object_),
    } | changes
    kinds = {"i": "INT64", "f": "FP32", "O": "BYTES"}
    found = []
    for name, values in columns.items():
        tensor = triton.InferInput(name, list(shape), kinds[values.dtype.kind])
        tensor.set_data_from_numpy(values.reshape(shape), binary_data=False)
        found.append(tensor)
    return found


def expected(world):
    rows = [ROW, {"age": 20, "speed": None, "belt": "belted", "role": "pass"}]
    return world.predict(*rows)["document"]["predictions"]


def test_it_finds_the_server_and_the_model_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(MODEL)
    assert client.is_model_ready(MODEL, "2")
    assert not client.is_model_ready(MODEL, "3")
    assert not client.is_model_ready("nobody")


def test_it_reads_what_the_server_and_the_model_are(client):
    assert client.get_server_metadata()["name"] == "evergreen"
    metadata = client.get_model_metadata(MODEL)
    assert metadata["versions"] == ["1", "2"]
    assert [tensor["name"] for tensor in metadata["inputs"]] == list(ROW)


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_it_gets_the_predictions_of_the_simple_form(client, world, shape):
    result = client.infer(MODEL, tensors(shape), request_id="mine")

    rows = expected(world)
    assert result.as_numpy("probability").tolist() == [row["probability"] for row in rows]
    assert result.as_numpy("probability").dtype == np.float64
    labels = [label.decode() if isinstance(label, bytes) else label for label in labels_of(result)]
    assert labels == [row["label"] for row in rows]
    assert result.get_response()["id"] == "mine"
    assert result.get_response()["model_version"] == "1"


def labels_of(result):
    return result.as_numpy("label").tolist()


def test_it_gets_only_the_outputs_it_asks_for(client):
    wanted = [triton.InferRequestedOutput("probability", binary_data=False)]

    result = client.infer(MODEL, tensors(), outputs=wanted)

    assert result.as_numpy("label") is None
    assert result.as_numpy("probability").shape == (2,)


def test_it_gets_a_row_of_probabilities_for_each_row_where_there_are_several_classes():
    made = answering.world("multiclass")
    with served(made.inference) as address:
        client = triton.InferenceServerClient(address)
        result = client.infer(MODEL, tensors())
        (width,) = {t["shape"][1] for t in client.get_model_metadata(MODEL)["outputs"][:1]}

    answers = expected(made)
    found = result.as_numpy("probabilities")
    assert found.tolist() == [list(row["probabilities"].values()) for row in answers]
    assert found.shape == (2, width)


def test_it_addresses_a_version(client):
    first, second = (client.infer(MODEL, tensors(), model_version=v) for v in ("1", "2"))

    assert second.get_response()["model_version"] == "2"
    assert first.as_numpy("probability").tolist() != second.as_numpy("probability").tolist()


def test_it_is_told_in_a_sentence_what_is_wrong(client):
    wrong = np.array(["old", "young"], dtype=np.object_)

    with pytest.raises(InferenceServerException, match="text where a number belongs"):
        client.infer(MODEL, tensors(age=wrong))
    with pytest.raises(InferenceServerException, match="no version 3"):
        client.infer(MODEL, tensors(), model_version="3")


def test_its_binary_tensors_are_refused_with_what_to_do(client):
    tensor = triton.InferInput("age", [1], "INT64")
    tensor.set_data_from_numpy(np.array([40], dtype=np.int64), binary_data=True)

    with pytest.raises(InferenceServerException, match="binary_data=False"):
        client.infer(MODEL, [tensor])
