"""Four wind turbines at La Haute Borne, every ten minutes of 2014 and 2015, as ENGIE gave them."""

import shutil
import zipfile
from pathlib import Path

from examples.tables import fetched

SHA256 = "be5ea66a3355286e491f5618250dc83e85252a8cb337748d7ba19edc50df6138"


def write(folder: Path) -> dict[str, Path]:
    """Write ``scada.csv``, 420,480 rows; gives the file by the model that learns from it.

    Raises:
        WrongTable: the table was not fetched, or is not the one the figures were made with.
    """
    carried = fetched("examples/data/la_haute_borne.zip", SHA256)
    file = folder / "scada.csv"
    with (
        zipfile.ZipFile(carried) as archive,
        archive.open("la-haute-borne-data-2014-2015.csv") as inside,
        file.open("wb") as outside,
    ):
        shutil.copyfileobj(inside, outside)
    return {"wind-turbine": file}
