"""What a person who opens a dataset's page relies on, and how it comes about."""

import re
from html.parser import HTMLParser

import msgspec
import numpy as np
import pandas as pd
import pytest
from evergreen.contracts import keys
from evergreen.contracts.quality_report import Finding, QualityReport, Quarantined
from evergreen.contracts.table import Time
from evergreen.errors import ExpectationBroken
from evergreen.ingest.report import Goal, quality_page, report
from msgspec.structs import replace

from tests.fakes.cleaned import cleaned
from tests.fakes.columnar import World, csv, table

AT = "2026-01-01T00:00:00.000Z"
BINARY = Goal("binary", "yes")
VOID = {"meta", "br", "link", "img", "input"}


class Page(HTMLParser):
    """A page's tags, balanced or not, its links and its text."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(body.decode())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        if "id" in given:
            self.anchors.append(given["id"])
        if "href" in given:
            self.links.append(given["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text += data


def told(frame: pd.DataFrame, goal: Goal | None = BINARY, **more) -> QualityReport:
    return report(cleaned(frame, target="y" if goal else "", **more), "d1", AT, None, goal)


def hostile() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "<script>alert(1)</script>": random.normal(size=200),
            'a"b&c': random.choice(["<b>x</b>", "'\"", "ok"], 200),
            "when": pd.date_range("2024-01-01", periods=200, freq="D"),
            "y": random.choice(["yes", "no"], 200),
        }
    )


def test_whatever_a_table_holds_stays_text():
    found = Page(quality_page(told(hostile(), time="when", at=Time("when"))))
    assert not found.tags & {"script", "b"}
    assert "<script>alert(1)</script>" in found.text
    assert (found.wrong, found.open) == ([], [])


def test_the_page_asks_the_network_for_nothing():
    body = quality_page(told(hostile())).decode()
    assert not re.search(r"https?://|@import|url\(|src=|<script|<link", body)
    assert "default-src 'none'" in body


def test_every_link_leads_somewhere_on_the_page():
    found = Page(quality_page(told(hostile(), time="when", at=Time("when"))))
    assert found.links
    assert {link.removeprefix("#") for link in found.links} <= set(found.anchors)
    assert len(found.anchors) == len(set(found.anchors))


def test_what_wants_attention_stands_first():
    calm = told(hostile())
    assert "Nothing wants attention." in Page(quality_page(calm)).text
    finding = Finding("sentinel", "age", 12, ("-999 (12)",), advice="clean: {columns: ...}")
    text = Page(quality_page(replace(calm, findings=(finding,)))).text
    assert "One thing wants attention." in text
    assert text.index("12 rows: -999 (12)") < text.index("rows of the dataset")


def test_what_cleaning_did_is_shown_with_examples():
    row = Quarantined("raw/a.csv", 17, "age", "old", "no number")
    finding = Finding("missing word", "age", 3, ("n/a (3)",), "read as missing")
    shown = replace(
        told(hostile()), findings=(finding,), quarantine=(row,), personal={"mail": "dropped"}
    )
    text = Page(quality_page(shown)).text
    for words in ("raw/a.csv", "17", "no number", "n/a (3)", "read as missing", "mail", "dropped"):
        assert words in text


@pytest.mark.parametrize("goal", [Goal("multiclass"), Goal("regression"), Goal("forecast"), None])
def test_every_kind_of_table_has_its_page(goal):
    frame = hostile()
    if goal and goal.problem != "multiclass":
        frame["y"] = np.arange(200.0)
    found = Page(quality_page(told(frame, goal)))
    assert ("Target" in found.text) == (goal is not None)
    assert (found.wrong, found.open) == ([], [])


def test_a_thousand_columns_make_a_page_that_a_browser_opens():
    random = np.random.default_rng(0)
    wide = pd.DataFrame(random.normal(size=(200, 1000)), columns=[f"c{i}" for i in range(1000)])
    found = told(wide.assign(y=random.choice(["yes", "no"], 200)))
    assert len(quality_page(found)) < 5 * 1024**2
    assert "details" in Page(quality_page(found)).tags


def test_the_document_is_read_back_as_it_was_written():
    found = told(hostile(), time="when", at=Time("when"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=QualityReport) == found


def versions(world: World, *frames: pd.DataFrame) -> list[QualityReport]:
    found = []
    for frame in frames:
        dataset = world.ingest(csv(frame)).dataset
        found.append(world.document(keys.dataset(dataset, "report.json"), QualityReport))
    return found


def test_a_version_is_held_against_the_one_before_it_however_often_it_is_made():
    world = World()
    first, second, third = versions(world, table(600), table(700), table(600))
    assert (first.previous, second.previous) == ("", first.dataset)
    assert third == first
    assert second.changes[0].sentence.startswith("700 rows, 600 before")


def test_a_refused_version_leaves_its_page_and_is_not_compared_with():
    world = World(expect={"rows_at_least": 500})
    (first,) = versions(world, table(600))
    for _again in range(2):
        with pytest.raises(
            ExpectationBroken, match=r"400 rows; at least 500 .*report\.html"
        ) as refused:
            world.ingest(csv(table(400)))
    key = re.search(r"datasets/\S+/report\.html", refused.value.sentence)[0]
    assert "stops the run" in world.features.read(key).decode()
    (later,) = versions(world, table(650))
    assert later.previous == first.dataset
