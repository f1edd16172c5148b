"""Objects in an S3 bucket. Encryption and versioning are the bucket's own defaults.

A role that may list only below a prefix is told 403 instead of 404 about an object that is not
there. A refusal is therefore asked about once more, by a listing of that key, which such a role
is allowed.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from evergreen.errors import Conflict, NotFound
from evergreen.object_versions import ObjectVersion, VersionedStore

_MISSING = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
_CHANGED = {"PreconditionFailed", "412"}
_AT_ONCE = {"ConditionalRequestConflict", "409"}
_REFUSED = {"AccessDenied", "403", "Forbidden"}


class S3ObjectStore(VersionedStore):
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

    def create(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        """See :meth:`ObjectStore.create`."""
        named = {"Bucket": self._bucket, "Key": key, "ContentType": content_type}
        try:
            self._client.put_object(**named, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED | _AT_ONCE:
                return False
            raise
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """See :meth:`ObjectStore.keys`; S3 lists in the order of the keys' UTF-8 bytes."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                yield found["Key"]

    def size(self, key: str) -> int:
        """See :meth:`ObjectStore.size`."""
        return int(self._found(self._client.head_object, key)["ContentLength"])

    def tag(self, key: str) -> str:
        """See :meth:`ObjectStore.tag`."""
        return str(self._found(self._client.head_object, key)["ETag"]).strip('"')

    def read_part(self, key: str, start: int, size: int, tag: str) -> bytes:
        """See :meth:`ObjectStore.read_part`."""
        part = {"Range": f"bytes={start}-{start + size - 1}", "IfMatch": f'"{tag}"'}
        answer = self._found(self._client.get_object, key, **part)
        # Not every S3 heeds the condition.
        if str(answer["ETag"]).strip('"') != tag:
            raise _changed(key)
        body: bytes = answer["Body"].read()
        return body

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """See :meth:`VersionedStore.versions`."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Versions", ()):
                tag, newest = found["ETag"].strip('"'), found["IsLatest"]
                yield ObjectVersion(found["Key"], found["VersionId"], tag, newest)

    def read_version(self, version: ObjectVersion) -> bytes:
        """See :meth:`VersionedStore.read_version`."""
        answer = self._found(self._client.get_object, version.key, VersionId=version.id)
        body: bytes = answer["Body"].read()
        return body

    def replace(self, key: str, body: bytes, tag: str) -> None:
        """See :meth:`VersionedStore.replace`."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfMatch=f'"{tag}"')
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED | _AT_ONCE | _MISSING:
                raise _changed(key) from None
            raise

    def delete_version(self, version: ObjectVersion) -> None:
        """See :meth:`VersionedStore.delete_version`."""
        self._client.delete_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)

    def _found(self, call: Any, key: str, **more: str) -> Any:
        try:
            return call(Bucket=self._bucket, Key=key, **more)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _CHANGED:
                raise _changed(key) from None
            if code in _MISSING or (code in _REFUSED and self._is_missing(key)):
                raise NotFound(f"There is no object '{key}'.") from None
            raise

    def _is_missing(self, key: str) -> bool:
        try:
            return next(self.keys(key), None) != key
        except ClientError:
            return False


def _changed(key: str) -> Conflict:
    return Conflict(f"The object '{key}' was replaced meanwhile; start again.")
