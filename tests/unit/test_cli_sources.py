"""Where ``evergreen train`` finds its tables: files, folders, and what lies in S3."""

import pytest

from tests.fakes.cloud import MemoryCloud, read, served, terminal
from tests.fakes.serving import MODEL


@pytest.fixture
def cloud() -> MemoryCloud:
    return served()


@pytest.fixture
def evergreen(cloud, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return terminal(cloud)


def test_a_folder_is_uploaded_once_and_read_as_one_prefix(evergreen, cloud, tmp_path):
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "1.csv").write_text("age\n1\n")
    (folder / "2.jsonl").write_text('{"age": 1}\n')
    (folder / "notes.txt").write_text("no table")
    runs = [read(evergreen("train", MODEL, "days", "--json"))["run_id"] for _ in range(2)]

    sources = {cloud.workflow.started[run].sources for run in runs}
    (prefix,) = sources.pop()
    assert not sources
    assert prefix.endswith("/")
    assert [key.removeprefix(prefix) for key in cloud.features.keys("raw/")] == ["1.csv", "2.jsonl"]


def test_a_table_of_another_bucket_is_copied_there_and_one_below_raw_is_read_in_place(
    evergreen, cloud
):
    cloud.buckets["team"] = {"2020/a.parquet": b"a", "2020/b.csv": b"b", "2020/readme.md": b"c"}
    cloud.features.write("raw/there.csv", b"age\n1\n")
    addresses = ("s3://team/2020/", "s3://features/raw/there.csv")
    run = read(evergreen("train", MODEL, *addresses, "--json"))["run_id"]

    copied, in_place = cloud.workflow.started[run].sources
    assert in_place == "raw/there.csv"
    found = [key.removeprefix(copied) for key in cloud.features.keys(copied)]
    assert found == ["a.parquet", "b.csv"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [((), "at least one table"), (("empty",), "holds no table"), (("s3://team/x",), "no table at")],
)
def test_training_on_what_is_no_table_is_refused(evergreen, cloud, tmp_path, given, expected):
    (tmp_path / "empty").mkdir()
    result = evergreen("train", MODEL, *given)

    assert result.exit_code
    assert expected in result.stderr
    assert cloud.workflow.started == {}
