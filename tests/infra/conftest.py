"""Each environment is synthesised once, with CloudFormation validation and AWS Solutions on."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localstack.deployment import node_folder
from localstack.endpoint import ROOT
from tests.infra.assembly import Assembly, read


@pytest.fixture(scope="session")
def new_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """Makes an empty app with the context of cdk.json and the rules that a real deploy has."""
    # Both are read once, when the first CDK object of this process is made.
    os.environ["JSII_NODE"] = str(node_folder() / "node")
    os.environ.pop("CDK_VALIDATION", None)
    from aws_cdk import App, Validations
    from cdk_nag import AwsSolutionsChecks

    def make() -> App:
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        app = App(outdir=str(tmp_path_factory.mktemp("assembly")), context=context)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        return app

    return make


@pytest.fixture(scope="session")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for the dependency layers, which take minutes to build."""
    folder = tmp_path_factory.mktemp("layers")
    for name in ("batch", "container", "core", "columnar", "learning", "serving"):
        (folder / name / "python").mkdir(parents=True)
        (folder / name / "python" / f"{name}.py").write_text("")
    return folder


@pytest.fixture(scope="session")
def aws(new_app: Callable[[], Any], layers: Path) -> Assembly:
    """What a real account gets."""
    from infra import settings

    return _synthesise(new_app(), settings.aws(layers))


@pytest.fixture(scope="session")
def local(new_app: Callable[[], Any]) -> Assembly:
    """What the laptop gets."""
    from infra import settings

    return _synthesise(new_app(), settings.local())


def _synthesise(app: Any, settings: Any) -> Assembly:
    from infra.evergreen import compose

    compose(app, settings)
    return read(Path(app.synth().directory))
