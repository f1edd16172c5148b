import pytest

from layers.build import ROOT
from layers.functions import CORE, IMAGE, LAYER_OF

HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))

PROMISED = {
    "batch": "numpy onnxruntime pyarrow.parquet pyarrow.compute evergreen.score",
    CORE: "aws_lambda_powertools msgspec evergreen.stage evergreen.page evergreen.aws "
    "evergreen.contracts.model_file evergreen.contracts.registry evergreen.contracts.stages",
    "container": "boto3 botocore urllib3 evergreen.aws.wiring",
    "columnar": "numpy pandas pyarrow.parquet pyarrow.csv pyarrow.compute pyarrow.dataset "
    "evergreen.frame evergreen.contracts.signature",
    "learning": "numpy scipy.stats scipy.optimize sklearn.ensemble sklearn.linear_model "
    "sklearn.calibration sklearn.compose sklearn.metrics hyperopt skl2onnx onnx skops.io "
    "evergreen.frame evergreen.contracts.signature",
    "serving": "numpy onnxruntime evergreen.frame evergreen.contracts.signature",
}


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_each_handler_imports_from_its_real_layers_alone(runtime, handler):
    layer = LAYER_OF[handler.parent.name]
    names = [CORE, layer] if layer else [CORE]
    assert runtime.run("import handler; print('in')", *names, function=handler.parent) == "in"


def test_the_image_s_layers_hold_all_that_a_handler_in_a_container_imports(runtime):
    code = "from evergreen.aws.wiring import clock; import boto3, handler, container; print('in')"
    names = (CORE, "learning", IMAGE)
    for stage in ("tune", "train"):
        folder = ROOT / "functions" / stage
        path = f"import sys; sys.path.append({str(folder.parent)!r})\n"
        assert runtime.run(path + code, *names, function=folder, bare=True) == "in"


def test_each_function_folder_has_a_row_in_the_table_of_layers():
    assert {handler.parent.name for handler in HANDLERS} <= LAYER_OF.keys()


@pytest.mark.parametrize("layer", PROMISED)
def test_each_layer_holds_the_libraries_that_it_promises(runtime, layer):
    names = dict.fromkeys([CORE, layer])
    code = "".join(f"import {module}\n" for module in PROMISED[layer].split())
    assert runtime.run(f"{code}print('in')", *names) == "in"


def test_core_alone_brings_neither_numpy_nor_the_command_line(runtime):
    code = """
from importlib.util import find_spec
print([name for name in ("numpy", "pandas", "yaml", "click", "evergreen.cli") if find_spec(name)])
"""
    assert runtime.run(code, CORE) == "[]"


def test_installed_versions_can_still_be_asked_for(runtime):
    code = "from importlib.metadata import version; print(version('msgspec'), version('jmespath'))"
    asked = runtime.run(code, CORE).split()
    locked = (ROOT / "layers/core/requirements.lock").read_text()
    assert f"msgspec=={asked[0]} " in locked
    assert f"jmespath=={asked[1]} " in locked
