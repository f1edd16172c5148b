"""Objects in an S3 bucket. Encryption and versioning are the bucket's own defaults.

A role without ``s3:ListBucket`` is told 403 instead of 404 about an object that is not there, so
whoever calls :meth:`S3ObjectStore.read` for a key that may be missing needs that action too.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from evergreen.errors import NotFound
from evergreen.ports import ObjectStore

_MISSING = {"NoSuchKey", "404", "NotFound"}


class S3ObjectStore(ObjectStore):
    """One bucket, through a boto3 S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> bytes:
        """See :meth:`ObjectStore.read`."""
        body: bytes = self._found(self._client.get_object, key)["Body"].read()
        return body

    def write(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """See :meth:`ObjectStore.write`."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def keys(self, prefix: str) -> Iterator[str]:
        """See :meth:`ObjectStore.keys`; S3 lists in the order of the keys' UTF-8 bytes."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                yield found["Key"]

    def size(self, key: str) -> int:
        """See :meth:`ObjectStore.size`."""
        return int(self._found(self._client.head_object, key)["ContentLength"])

    def _found(self, call: Any, key: str) -> Any:
        try:
            return call(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise NotFound(f"There is no object '{key}'.") from None
            raise
