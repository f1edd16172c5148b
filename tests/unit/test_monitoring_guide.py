"""The guide to monitoring: what a reader copies from it works."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from evergreen.cli.main import main
from evergreen.contracts.model_checks import parse

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "monitoring.md").read_text()
POLICIES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)
COMMANDS = sorted(set(re.findall(r"^evergreen (\w+)", GUIDE, re.M)))
MODEL = {
    "name": "loan",
    "problem": "binary",
    "target": {"column": "paid", "positive": 1},
    "features": {"income": "number", "region": "category"},
}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_of_the_guide_is_a_valid_one(policy):
    assert parse(MODEL | yaml.safe_load(policy.replace("on:", "'on':")))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_of_the_guide_is_there(command):
    told = CliRunner().invoke(main, [command, "--help"])
    lines = re.findall(rf"^evergreen {command} ([^#\n]*)", GUIDE, re.M)

    assert told.exit_code == 0
    for option in {each for line in lines for each in re.findall(r"--[\w-]+", line)}:
        assert option in told.output
