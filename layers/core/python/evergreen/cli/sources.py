"""Raw tables brought to where ``ingest`` reads: files and folders of this machine, and of S3."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from evergreen.cli.cloud import Cloud
from evergreen.digest import content_id, sha256
from evergreen.errors import InvalidTable, NotFound

FORMS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")


def bring(
    cloud: Cloud, owner: str, source: str, note: Callable[[str], None] = lambda _: None
) -> str:
    """The key of the features bucket, or the prefix, where a table lies afterwards.

    A file or a folder is uploaded, unless it is there; what lies in another bucket is copied on
    the server's side, with this cloud's credentials.

    Args:
        owner: the model or view whose table it is.
        source: a path, or ``s3://bucket/key``; a prefix of S3 ends in ``/``.

    Raises:
        InvalidTable: the file cannot be read, is empty, or is of no form that ingest reads.
        NotFound: there is nothing at the address.
    """
    if source.startswith("s3://"):
        address = urlsplit(source)
        return _of_s3(cloud, owner, address.netloc, address.path.lstrip("/"), note)
    path = Path(source)
    return _folder(cloud, owner, path, note) if path.is_dir() else _file(cloud, owner, path)


def _file(cloud: Cloud, owner: str, path: Path) -> str:
    body = _read(path)
    return _store(cloud, f"raw/{owner}/{sha256(body)[:16]}-{_name(path.name)}", body)


def _folder(cloud: Cloud, owner: str, path: Path, note: Callable[[str], None]) -> str:
    paths = sorted(each for each in path.iterdir() if each.name.endswith(FORMS))
    if not paths:
        raise InvalidTable(f"{path} holds no table; give a folder with {', '.join(FORMS)} files.")
    content = [(_name(each.name), sha256(_read(each))) for each in paths]
    folder = f"raw/{owner}/{content_id(content)}/"
    for (name, _), each in zip(content, paths, strict=True):
        _store(cloud, folder + name, _read(each))
    note(f"{len(paths):,} files of {path} are in {folder} of the features bucket.")
    return folder


def _of_s3(cloud: Cloud, owner: str, bucket: str, key: str, note: Callable[[str], None]) -> str:
    if bucket == cloud.output("FeaturesBucket") and key.startswith("raw/"):
        return key
    there = cloud.objects(bucket)
    below = there.keys(key) if key.endswith("/") else iter([key])
    found = [(name, there.tag(name)) for name in below if name.endswith(FORMS)]
    if not found:
        raise NotFound(
            f"There is no table at s3://{bucket}/{key}; ingest reads {', '.join(FORMS)}, and a "
            "prefix ends in '/'."
        )
    folder = f"raw/{owner}/{content_id(bucket, found)}/"
    present = set(cloud.features.keys(folder))
    above = key if key.endswith("/") else key.rpartition("/")[0] + "/"
    for name, _ in found:
        target = folder + name.removeprefix(above)
        if target not in present:
            cloud.copy(bucket, name, target)
    note(f"Copied {len(found):,} files to {folder} in the features bucket.")
    return folder


def _read(path: Path) -> bytes:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InvalidTable(f"{path} cannot be read: {error.strerror}.") from None
    if not body.strip():
        raise InvalidTable(f"{path} is empty; give a table with a header and rows.")
    return body


def _store(cloud: Cloud, key: str, body: bytes) -> str:
    try:
        cloud.features.size(key)
    except NotFound:
        cloud.features.write(key, body)
    return key


def _name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)
