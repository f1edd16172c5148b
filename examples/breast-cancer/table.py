"""Cell nuclei of 569 breast masses (Wisconsin diagnostic), as one CSV file with a header."""

import csv
from pathlib import Path

from sklearn.datasets import load_breast_cancer

from examples.tables import installed

SHA256 = "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed"


def write(folder: Path) -> dict[str, Path]:
    """Write ``masses.csv``, 569 rows; gives the file by the model that learns from it.

    Raises:
        WrongTable: the installed table is not the one that the figures were made with.
    """
    installed("sklearn", "datasets/data/breast_cancer.csv", SHA256)
    table = load_breast_cancer()
    file = folder / "masses.csv"
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow([*(name.replace(" ", "_") for name in table.feature_names), "diagnosis"])
        for values, label in zip(table.data, table.target, strict=True):
            writer.writerow([*values.tolist(), table.target_names[label]])
    return {"breast-cancer": file}
