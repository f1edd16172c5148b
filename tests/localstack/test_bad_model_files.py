"""A model file that cannot be meant: refused by the command line, and nothing changes."""

from pathlib import Path
from typing import Any

import pytest
from evergreen.cli.client import Client

from tests.localstack import loans
from tests.localstack.conftest import Command
from tests.localstack.records import everything

BAD = {
    "an unknown key": ({"metrik": "roc_auc"}, ["'metrik'", "'metric'"]),
    "an unknown key below another": ({"monitor": {"psi": 0.1}}, ["'monitor.psi'", "psi_at_least"]),
    "a wrong type": ({"search": {"trials": "many"}}, ["search.trials", "many"]),
    "a word that is no type": ({"features": {"income": "money"}}, ["income", "money", "number"]),
    "no target": ({"target": None}, ["'target'"]),
    "a target that is a feature": ({"features": {"defaulted": "category"}}, ["'defaulted'"]),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_model_file_is_refused_in_one_sentence_and_changes_nothing(
    client: Client, evergreen: Command, tmp_path: Path, fault: str
) -> None:
    changes: dict[str, Any]
    changes, named = BAD[fault]
    path = loans.write_model_file(tmp_path, **changes)
    before = everything(client)

    done = evergreen("apply", path)

    assert done.returncode == 1
    assert done.stdout == ""
    note, sentence = done.stderr.splitlines()
    assert note.startswith("Working on ")
    assert sentence.startswith("Error: The ")
    assert sentence.endswith((".", "?"))
    assert all(word in sentence for word in named), sentence
    assert everything(client) == before


def test_a_model_file_that_is_no_yaml_or_not_there_is_refused(
    client: Client, evergreen: Command, tmp_path: Path
) -> None:
    (tmp_path / "torn.yaml").write_text("name: [loans\ntarget: }")
    before = everything(client)

    torn, absent = evergreen("apply", "torn.yaml"), evergreen("apply", "absent.yaml")

    assert (torn.returncode, absent.returncode) == (1, 1)
    assert "Error: torn.yaml is no YAML: " in torn.stderr
    assert "Error: absent.yaml cannot be read: No such file or directory." in absent.stderr
    assert everything(client) == before
