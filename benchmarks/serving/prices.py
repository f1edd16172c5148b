"""Amazon's published prices and what a month costs by them.

On demand, us-east-1, in US dollars, without any free tier, as the pages below gave them up to
2025-11; look again before you rely on a sum. What the product itself reckons with is in
:mod:`evergreen.prices`.
"""

import math
from collections.abc import Mapping

from evergreen.prices import LAMBDA_GIB_SECOND, LAMBDA_REQUEST
from msgspec import Struct

PRICES = {
    "lambda GB-second": LAMBDA_GIB_SECOND,
    "lambda request": LAMBDA_REQUEST,
    # https://aws.amazon.com/api-gateway/pricing/, REST APIs, first 333 million
    "api request": 3.50e-6,
    # https://aws.amazon.com/dynamodb/pricing/on-demand/, standard table class
    "dynamodb read unit": 0.125e-6,
    "dynamodb GB-month": 0.25,
    # https://aws.amazon.com/s3/pricing/, S3 Standard
    "s3 GET": 0.40e-6,
    "s3 PUT": 5.0e-6,
    "s3 GB-month": 0.023,
    # https://aws.amazon.com/firehose/pricing/, Direct PUT; each record rounded up to 5 KB
    "firehose GB": 0.029,
}
READ_UNIT = 4096
FIREHOSE_STEP = 5 * 1024
GB = 2**30


class Use(Struct, frozen=True, kw_only=True):
    """What was measured, for each request or in store."""

    milliseconds: float
    """Billed duration, rounded up to a whole one by request."""
    memory_gib: float
    read_units: float
    gets: float
    firehose_bytes: float
    """After each record was rounded up."""
    stored_bytes: float
    table_bytes: float


def month(requests: float, use: Use) -> dict[str, float]:
    """Dollars a month by service, and in all."""
    price = PRICES
    seconds = requests * use.milliseconds / 1e3
    found = {
        "lambda": seconds * use.memory_gib * price["lambda GB-second"]
        + requests * price["lambda request"],
        "api gateway": requests * price["api request"],
        "dynamodb": requests * use.read_units * price["dynamodb read unit"]
        + use.table_bytes / GB * price["dynamodb GB-month"],
        "s3": requests * use.gets * price["s3 GET"] + use.stored_bytes / GB * price["s3 GB-month"],
        "firehose": requests * use.firehose_bytes / GB * price["firehose GB"],
    }
    return found | {"in all": math.fsum(found.values())}


def says(requests: float, sums: Mapping[str, float]) -> str:
    """A month's bill in one line."""
    parts = ", ".join(f"{name} {dollars:.4f}" for name, dollars in sums.items())
    return f"{requests:,.0f} requests a month: {parts} (US dollars)"
