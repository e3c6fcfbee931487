"""The picture of the funnel is true to scale, readable without colours, and holds no markup of others."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl.presentation import funnel_page
from listening_etl.presentation.funnel_lines import MEANINGS, Funnel, Part, lines, percent
from listening_etl.presentation.funnel_page import TEMPLATE
from listening_etl.presentation.funnel_picture import GROUPS, HAIR, LARGE, SMALL, picture
from listening_etl.warehouse import reading

STEPS = (
    "malformed",
    "skipped",
    "outside",
    "deletions",
    "unmatched",
    "opted_out",
    "duplicates",
    "quarantined",
)
counts = st.integers(0, 10**7)


def funnel_of(kept, *taken, source="all"):
    """A funnel of (step, rule, records) and what is kept."""
    received = kept + sum(records for *_, records in taken)
    parts = [Part("received", None, received), *(Part(*one) for one in taken), Part("kept", None, kept)]
    return Funnel(source, parts)


def width(outline):
    """The width of an arm: how far it goes back up at its end."""
    return -float(re.search(r"H[\d.]+v(-[\d.]+)H", outline)[1])


COFFEE = funnel_of(
    50, ("malformed", None, 0), ("unmatched", None, 25), ("filter", "spam", 20), ("duplicates", None, 5)
)


def test_widths_are_shares_of_the_stream():
    drawn = picture(COFFEE, LARGE, "x")
    assert [(a.name, width(a.outline), a.left) for a in drawn.arms] == [  # the stream of 100 is 280 wide
        ("unmatched", 70, 210),
        ("filter spam", 56, 154),
        ("duplicates", 14, 140),
    ]
    assert drawn.stream.startswith("M0,")
    assert re.findall(r"H([\d.]+)", drawn.stream) == ["280.00", "210.00", "154.00", "140.00", "0"]


@pytest.mark.parametrize("scale", [LARGE, SMALL])
@given(kept=counts, taken=st.tuples(*[counts] * len(STEPS)), filters=st.lists(counts, max_size=12))
def test_nothing_touches_and_what_is_left_is_what_is_kept(scale, kept, taken, filters):
    rules = [("filter", f"rule{n}", records) for n, records in enumerate(filters)]
    one = funnel_of(
        kept, *((step, None, records) for step, records in zip(STEPS, taken, strict=True)), *rules
    )
    drawn = picture(one, scale, "x")
    arms = drawn.arms
    assert [a.records for a in arms] == [p.records for p in one.parts[1:-1] if p.records]
    for above, below in pairwise(arms):
        assert below.middle - above.middle >= scale.line - 1e-6
        gap = below.middle - width(below.outline) / 2 - above.middle - width(above.outline) / 2
        assert gap > 0
        assert below.left <= above.left
        assert below.y > above.y
    if arms:
        assert arms[-1].left == pytest.approx(scale.stream * one.kept / one.received, abs=1e-6)
        assert arms[-1].middle < drawn.foot < drawn.height
        assert arms[0].y >= drawn.top
        assert all(width(a.outline) >= HAIR for a in arms)


def test_every_step_has_words_and_a_colour():
    assert set(GROUPS) == set(MEANINGS) - {"received", "kept"}
    style = TEMPLATE.read_text("utf-8")
    for group in {"stream", *GROUPS.values()}:
        assert f"--{group}: #" in style
        assert f".stop.{group} {{" in style


def test_the_lines_of_the_terminal():
    assert lines(COFFEE) == [
        f"  unmatched         -25  25.0 %  {'█' * 33}{'░' * 11}",
        f"  filter spam       -20  20.0 %  {'█' * 24}{'░' * 9}",
        f"  duplicates         -5   5.0 %  {'█' * 22}{'░' * 2}",
        f"  mentions           50  50.0 %  {'█' * 22}",
    ]


def test_shares_as_people_read_them():
    assert [percent(*n) for n in ((0, 0), (0, 9), (1, 3), (3, 3), (1, 10**6))] == [
        "–",
        "0.0 %",
        "33.3 %",
        "100.0 %",
        "<0.1 %",
    ]


def rows(source, *parts):
    return [
        {"source": source, "place": 0, "step": step, "rule": rule, "records": n} for step, rule, n in parts
    ]


@pytest.fixture
def page(monkeypatch):
    """The page of two sources, one called after its markup, whose only rejects are evil."""
    evil = "<svg onload=alert(1)>"
    parts = (("received", None, 3), ("skipped", None, 0), ("filter", evil, 2), ("kept", None, 1))
    drawn = {
        "step": "filter", "rule": evil, "held": 2, "id": '" onclick="', "reason": "</details>", "source": "<i>",
        "at": "<b>", "published_at": None, "lang": '"><script>', "text": "</blockquote><script>alert('é')</script>",
        "raw": "r", "raw_row": 0,
    }  # fmt: skip
    monkeypatch.setattr(
        reading, "funnel", lambda *_: [*rows("<i>", *parts), *rows("b", *parts), *rows("all", *parts)]
    )
    monkeypatch.setattr(
        reading,
        "heard",
        lambda *_: {"since": None, "until": None, "recorded_at": datetime(2026, 10, 1, tzinfo=UTC)},
    )
    monkeypatch.setattr(reading, "thrown_away", lambda *_: [drawn])
    return funnel_page(None, "coffee", "<u>")


class Markup(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.languages = set(), set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.languages |= {value for name, value in attrs if name == "lang"}


def test_the_page_has_no_markup_but_its_own(page):
    found = Markup(page)
    assert not found.tags & {"script", "i", "b", "u", "img", "iframe", "object", "a"}
    assert not {name for name in found.attributes if name.startswith(("on", "src", "href"))}
    assert found.languages == {"en", '"><script>'}
    assert "&lt;/blockquote&gt;&lt;script&gt;alert(&#39;é&#39;)" in page


def test_pictures_are_well_formed_and_tell_themselves_in_words(page):
    pictures = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(pictures) == 3
    known = set()
    for text in pictures:
        svg = ElementTree.fromstring(text)
        known |= {one.get("id") for one in svg.iter() if one.get("id")}
        title, desc = svg.find("title"), svg.find("desc")
        assert svg.get("role") == "img"
        assert svg.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        assert "filter <svg onload=alert(1)> 2 (66.7 %)" in desc.text
        assert "skipped" not in "".join(svg.itertext())  # nothing was: it stands in the table alone
    assert len(known) == 3 * 3  # title, description and one colour each, no id twice
    assert re.search(r"skipped\s*<span class=\"meaning\">.*?</span></th>\s*<td>0 ", page)
