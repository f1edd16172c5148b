import re
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import yaml
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from msgspec import Struct

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "model-file.md"


def keys(struct, path=""):
    """Every key that a model file may have, as the guide writes it."""
    for name, kind in get_type_hints(struct).items():
        options = () if get_origin(kind) in (dict, tuple) else (kind, *get_args(kind))
        below = [t for t in options if isinstance(t, type) and issubclass(t, Struct)]
        if below:
            yield from keys(below[0], f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_the_guide_names_every_key_of_a_model_file_and_no_other():
    rows = [line.split("|")[1] for line in GUIDE.read_text().splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`([a-z_.]+)`", "".join(rows))) == sorted(keys(ModelFile))


def test_the_guides_example_is_a_model_file():
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert parse(yaml.safe_load(example)).name == "loans"
