"""Which tests may run beside each other."""

import pytest

ONE_AFTER_THE_OTHER = ("tests/layers/", "tests/localstack/")
"""They share what they build or deploy, so one process runs all of a folder."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share something costly in one process: a folder's, or else a file's."""
    for item in items:
        file = item.nodeid.split("::")[0]
        shared = next((folder for folder in ONE_AFTER_THE_OTHER if file.startswith(folder)), file)
        item.add_marker(pytest.mark.xdist_group(shared))
