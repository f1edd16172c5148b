"""A team's own package becomes a layer, or one sentence says why not."""

import zipfile

import pytest

from layers import own
from layers.build import LIMIT


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "churn_models"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "linear.py").write_text("def careful(): ...\n")
    (folder / "__pycache__" / "linear.cpython-313.pyc").write_bytes(b"stale")
    return folder


@pytest.fixture
def wheel(tmp_path, package):
    path = tmp_path / "churn_models-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("__init__.py", "linear.py"):
            archive.write(package / name, f"churn_models/{name}")
    return path


@pytest.mark.parametrize("form", ["package", "wheel"])
def test_a_folder_and_a_wheel_give_the_same_modules(form, request, tmp_path):
    own.unpack(request.getfixturevalue(form), tmp_path / "python")
    held = {str(p.relative_to(tmp_path / "python")) for p in (tmp_path / "python").rglob("*.py*")}
    assert held == {"churn_models/__init__.py", "churn_models/linear.py"}


def test_a_wheel_for_one_kind_of_machine_is_refused(wheel, tmp_path):
    compiled = wheel.rename(tmp_path / "churn_models-1.0-cp313-cp313-linux_x86_64.whl")
    with pytest.raises(own.UnusablePackage, match="code for one kind of machine"):
        own.unpack(compiled, tmp_path / "python")


def test_a_folder_that_is_no_package_is_refused(tmp_path):
    with pytest.raises(own.UnusablePackage, match=r"neither a folder with an __init__\.py"):
        own.unpack(tmp_path, tmp_path / "python")


def test_a_package_counts_against_lambdas_limit_with_the_layers_beside_it(package, tmp_path):
    layer = tmp_path / "learning"
    layer.mkdir()
    with (layer / "big.so").open("wb") as file:
        file.truncate(LIMIT - 2**20 - 10)
    with pytest.raises(own.UnusablePackage, match=r"Lambda leaves 0\.0 MiB beside the learning"):
        own.check_room(package, layer)
    (layer / "big.so").unlink()
    own.check_room(package, layer)


def test_a_package_that_would_hide_what_functions_import_is_refused(package, tmp_path):
    layer = tmp_path / "learning"
    (layer / "python" / "sklearn").mkdir(parents=True)
    for name in ("sklearn", "evergreen"):
        own.unpack(package.rename(tmp_path / name), tmp_path / f"{name} unpacked")
        with pytest.raises(own.UnusablePackage, match=f"The package holds '{name}'"):
            own.check_names(tmp_path / f"{name} unpacked", layer)
        (tmp_path / name).rename(package)
    own.unpack(package, tmp_path / "unpacked")
    own.check_names(tmp_path / "unpacked", layer)
