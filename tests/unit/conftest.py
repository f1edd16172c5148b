"""The command line before a cloud that serves one model; a module may have its own of these."""

import pytest

from tests.fakes.cloud import served, terminal


@pytest.fixture
def cloud():
    return served()


@pytest.fixture
def evergreen(cloud, tmp_path, monkeypatch):
    """The command, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return terminal(cloud)
