"""A fresh process to its first prediction: ``cold.py PEER MODEL ROWS``, the answer on stdout."""

import json
import sys

from calls import OPEN

if __name__ == "__main__":
    import pandas as pd

    prepare, call = OPEN[sys.argv[1]](sys.argv[2])
    print(float(call(prepare(pd.DataFrame(json.loads(sys.argv[3]))))[0]))  # noqa: T201
