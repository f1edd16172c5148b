"""What every object store must do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from evergreen.aws.store import S3ObjectStore
from evergreen.errors import Conflict, NotFound
from evergreen.object_versions import VersionedStore
from evergreen.ports import ObjectStore


def test_what_was_written_is_read_back_byte_by_byte(store: ObjectStore) -> None:
    body = bytes(range(256)) * 4096
    store.write("runs/1/model.onnx", body)
    assert store.read("runs/1/model.onnx") == body
    assert store.size("runs/1/model.onnx") == len(body)


def test_the_newest_body_replaces_the_one_before(store: ObjectStore) -> None:
    store.write("a", b"old")
    store.write("a", b"")
    assert store.read("a") == b""


def test_a_missing_object_is_named_in_the_error(store: ObjectStore) -> None:
    for ask in (store.read, store.size, store.tag):
        with pytest.raises(NotFound, match="There is no object 'raw/none\\.csv'"):
            ask("raw/none.csv")


def test_a_part_is_read_without_the_rest(store: ObjectStore) -> None:
    store.write("raw/a", b"0123456789")
    tag = store.tag("raw/a")
    assert store.read_part("raw/a", 3, 4, tag) == b"3456"
    assert store.read_part("raw/a", 8, 100, tag) == b"89"


def test_parts_of_an_object_that_was_replaced_meanwhile_are_never_mixed(store: ObjectStore) -> None:
    store.write("raw/a", b"0123456789")
    tag = store.tag("raw/a")
    store.write("raw/a", b"9876543210")
    assert store.tag("raw/a") != tag
    with pytest.raises(Conflict, match="'raw/a' was replaced meanwhile"):
        store.read_part("raw/a", 0, 4, tag)


def test_keys_below_a_prefix_come_in_lexical_order(store: ObjectStore) -> None:
    for key in ("raw/b", "raw/a/2", "raw/a/10", "rawer", "other"):
        store.write(key, b"x")
    assert list(store.keys("raw/")) == ["raw/a/10", "raw/a/2", "raw/b"]
    assert list(store.keys("nothing/")) == []


def test_more_keys_than_one_page_holds_are_all_listed(client: Any) -> None:
    s3, pages = client("s3"), []

    def ask_for_ten(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 10
        pages.append(1)

    s3.meta.events.register("provide-client-params.s3.ListObjectsV2", ask_for_ten)
    s3.create_bucket(Bucket="many")
    store = S3ObjectStore(s3, "many")
    for number in range(25):
        store.write(f"raw/{number:03d}", b"x")
    assert list(store.keys("raw/")) == [f"raw/{number:03d}" for number in range(25)]
    assert len(pages) == 3


def test_an_object_bears_its_content_type(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="typed")
    S3ObjectStore(s3, "typed").write("card.html", b"<p>", "text/html; charset=utf-8")
    found = s3.head_object(Bucket="typed", Key="card.html")
    assert found["ContentType"] == "text/html; charset=utf-8"


def test_a_bucket_that_does_not_exist_is_not_taken_for_a_missing_object(client: Any) -> None:
    s3 = client("s3")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        S3ObjectStore(s3, "never-made").read("a")


def test_of_many_who_create_an_object_at_once_one_does(store: ObjectStore) -> None:
    bodies = [f"{number}".encode() for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda body: store.create("privacy/key", body), bodies))
    assert sum(made) == 1
    assert store.read("privacy/key") == bodies[made.index(True)]
    assert not store.create("privacy/key", b"late")


def test_an_object_is_replaced_only_while_it_is_the_one_that_was_read(
    versioned: VersionedStore,
) -> None:
    versioned.write("a", b"1")
    tag = versioned.tag("a")
    versioned.replace("a", b"2", tag)
    assert versioned.read("a") == b"2"
    with pytest.raises(Conflict, match="'a' was replaced meanwhile"):
        versioned.replace("a", b"3", tag)
    with pytest.raises(Conflict, match="'b' was replaced meanwhile"):
        versioned.replace("b", b"3", tag)
    assert versioned.read("a") == b"2"
    assert list(versioned.keys("")) == ["a"]


def test_what_was_replaced_is_kept_until_its_version_is_deleted(versioned: VersionedStore) -> None:
    for body in (b"1", b"2", b"3"):
        versioned.write("x/a", body)
    versioned.write("y", b"other")

    listed = list(versioned.versions("x/"))
    assert [versioned.read_version(version) for version in listed] == [b"3", b"2", b"1"]
    assert [version.newest for version in listed] == [True, False, False]
    assert listed[0].tag == versioned.tag("x/a")

    versioned.delete_version(listed[1])
    versioned.delete_version(listed[1])
    assert [versioned.read_version(v) for v in versioned.versions("x/")] == [b"3", b"1"]
    with pytest.raises(NotFound):
        versioned.read_version(listed[1])


def test_an_object_without_any_version_is_gone(versioned: VersionedStore) -> None:
    for body in (b"1", b"2"):
        versioned.write("a", body)
    for version in reversed(list(versioned.versions("a"))):
        versioned.delete_version(version)
    assert list(versioned.versions("")) == []
    with pytest.raises(NotFound):
        versioned.read("a")


def test_the_version_before_is_the_newest_again_when_the_newest_is_deleted(
    versioned: VersionedStore,
) -> None:
    for body in (b"1", b"2"):
        versioned.write("a", body)
    versioned.delete_version(next(iter(versioned.versions("a"))))
    assert versioned.read("a") == b"1"
    assert [version.newest for version in versioned.versions("a")] == [True]
