"""One word finds everything about a stage, and files stay small."""

import re

import pytest

from tests.architecture.imports import PACKAGE, ROOT, STAGES, sources

LONGEST = 300


def written() -> list[str]:
    folders = ("functions", "infra", "layers", "localstack", "tests", "examples", "benchmarks")
    files = [path for folder in folders for path in sources(ROOT / folder)]
    files = [path for path in [ROOT / "app.py", *files] if path.exists()]
    return [str(path.relative_to(ROOT)) for path in files if "build" not in path.parts]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_word_names_its_handler_module_and_test(stage: str) -> None:
    assert (ROOT / f"functions/{stage}/handler.py").is_file()
    assert (PACKAGE / f"{stage}.py").is_file() or (PACKAGE / stage / "__init__.py").is_file()
    assert list((ROOT / "tests/unit").glob(f"test_{stage}*.py"))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_word_has_its_row_in_the_readme(stage: str) -> None:
    readme = (ROOT / "README.md").read_text()
    assert re.search(rf"^\| *`?\[?`?{stage}`?\b", readme, re.MULTILINE)


def test_every_function_is_a_stage() -> None:
    functions = ROOT / "functions"
    files = {path.relative_to(functions) for path in sources(functions)}
    assert {path.parts[0] for path in files} - {"container.py"} <= set(STAGES)


def test_a_handler_wires_and_defines_nothing_for_others() -> None:
    for path in (ROOT / "functions").glob("*/*.py"):
        defined = re.findall(r"^(?:async )?(?:def|class) (\w+)", path.read_text(), re.MULTILINE)
        assert [name for name in defined if not name.startswith("_")] == ["handler"], path


def test_every_file_is_short_enough_to_read() -> None:
    lines = {file: len((ROOT / file).read_text().splitlines()) for file in written()}
    assert not {file: count for file, count in lines.items() if count > LONGEST}


def test_nothing_is_called_utils() -> None:
    unclear = re.compile(r"(^|[/_])(utils?|helpers?|misc|common)([_.]|/|$)")
    assert not [file for file in written() if unclear.search(file)]
