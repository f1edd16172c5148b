import re

import pytest

from layers.build import ROOT
from layers.functions import IMAGE, LAYERS

PIN = re.compile(r"^(?P<pin>[a-z0-9-]+==\S+?)(?: ; (?P<marker>[^\\]+?))? \\$", re.MULTILINE)


def pins(path):
    return {match["pin"] for match in PIN.finditer((ROOT / path).read_text())}


@pytest.mark.parametrize("layer", LAYERS)
def test_functions_run_on_the_versions_that_the_tests_run_on(layer):
    locked = pins(f"layers/{layer}/requirements.lock")
    assert locked
    assert locked <= pins("requirements/all.lock")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_lock_pins_what_is_asked_for_and_names_no_host(layer):
    folder = ROOT / "layers" / layer
    asked = [
        line for line in (folder / "requirements.in").read_text().splitlines() if line[0] != "#"
    ]
    lock = (folder / "requirements.lock").read_text()
    names = {pin.split("==")[0] for pin in pins(folder / "requirements.lock")}
    assert {re.split("[<>=]", line)[0] for line in asked} <= names
    assert "://" not in lock


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer != IMAGE])
def test_no_layer_brings_what_the_runtime_brings(layer):
    names = {pin.split("==")[0] for pin in pins(f"layers/{layer}/requirements.lock")}
    assert not names & {"boto3", "botocore", "s3transfer", "urllib3"}
