"""From a record to a mention: every kind of cell, and every way in which one can be wrong."""

import pickle
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from listening_etl import Author, Malformed, Media, RecordMapping, from_json, to_json

BASE = {"native_id": "id", "text": "text", "published_at": "at"}
AT = "2026-11-01T12:00:00Z"
NAIVE = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - as databases have it


def mapping(more=None, **options):
    return RecordMapping(columns=BASE | (more or {}), **options)


def one(more=None, cells=None, **options):
    """The mention of one record; `cells` adds to or replaces its cells."""
    return mapping(more, **options).mention({"id": "1", "text": "x", "at": AT} | (cells or {}))


def test_a_record_with_every_field():
    names = {
        "title": "t", "author.handle": "h", "author.followers": "f", "author.verified": "v",
        "rating": "stars", "likes": "l", "tagged": "tags", "hashtags": "hash",
        "links": "links", "about": "about",
        "media": "media",
        "lat": "lat", "url": "url",
    }  # fmt: skip
    cells = {
        "t": "T", "h": "ana", "f": "12.0", "v": "Yes", "stars": "4.5", "l": "7", "tags": "@a  @b",
        "hash": '["x", "y z"]', "links": "https://a|https://b", "about": "Orange Maroc | inwi", "lat": "-1e1",
        "media": "https://a/1.jpg", "url": " ",
    }  # fmt: skip
    mention = one(names, cells, values={"kind": "review", "rating_scale": 5, "author.name": "Ana"})
    assert mention.author == Author(handle="ana", followers=12, verified=True, name="Ana")
    assert (mention.rating, mention.rating_scale, mention.likes, mention.lat) == (4.5, 5.0, 7, -10.0)
    assert (mention.tagged, mention.hashtags) == (("@a", "@b"), ("x", "y z"))
    assert (mention.links, mention.about) == (("https://a", "https://b"), ("Orange Maroc", "inwi"))
    assert mention.media == (Media(url="https://a/1.jpg"),)
    assert (mention.kind, mention.title, mention.url, mention.views) == ("review", "T", None, None)


def test_dots_descend_into_objects_and_a_column_of_that_name_wins():
    more = {"author.handle": "user.handle", "author.followers": "user.n.f", "tagged": "tags"}
    first = one(more, {"id": 12, "user": {"handle": "ana", "n": {"f": 3}}, "tags": ["a", None, 5]})
    assert (first.native_id, first.author, first.tagged) == (
        "12",
        Author(handle="ana", followers=3),
        ("a", "5"),
    )
    assert one(more, {"user": None, "user.handle": "literal"}).author.handle == "literal"
    last = one(more, {"id": 14.0, "user": "no object", "tags": []})
    assert (last.native_id, last.author, last.tagged) == ("14", None, ())


def test_what_a_database_driver_answers():
    row = {"id": 7, "text": b"caf\xc3\xa9", "at": NAIVE, "stars": Decimal("4.50"), "n": Decimal("3.00")}
    kept = from_json(to_json(row))
    mention = mapping({"rating": "stars", "likes": "n"}, timezone="Europe/Paris").mention(kept)
    assert (mention.native_id, mention.text, mention.rating, mention.likes) == ("7", "café", 4.5, 3)
    assert mention.published_at == datetime(2026, 7, 1, 10, tzinfo=UTC)  # summer, UTC+2


@pytest.mark.parametrize(("column", "cell", "reason"), [
    ("rating", "n/a", "c 'n/a' is not a number"), ("rating", "1,5", "c '1,5' is not a number"),
    ("rating", "1 234", "c '1 234' is not a number"), ("rating", "nan", "c 'nan' is not a number"),
    ("rating", "1e999", "c '1e999' is not a number"), ("rating", "١", "c '١' is not a number"),
    ("rating", True, "c True is not a number"), ("rating", float("inf"), "c inf is not a number"),
    ("likes", "1,234", "c '1,234' is not a number"), ("likes", "1.5", "c '1.5' is not a whole number"),
    ("likes", "1_0", "c '1_0' is not a number"), ("likes", "9" * 19, "c is out of range"),
    ("author.verified", "maybe", "c 'maybe' is neither true nor false"),
    ("tagged", "[1", "c '[1' is no JSON list"), ("kind", "rant", "kind 'rant' is none of post, "),
    ("updated_at", "2026-02-30T00:00Z", "c '2026-02-30T00:00Z' is not a time (ISO 8601)"),
    ("updated_at", {"$date": 1}, "c is a dict, not a time"),
    ("updated_at", 5, "c 5 is a number; the option epoch says in which unit"),
    ("url", [1], "c is a list, not text"),
    ("url", 1e17, "c 1e+17 is a number that has lost its last digits"),
])  # fmt: skip
def test_a_wrong_cell_is_refused_with_its_column(column, cell, reason):
    with pytest.raises(Malformed) as raised:
        one({column: "c"}, {"c": cell})
    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize("cell", ["", " ", "\t \n", "\u00a0", None, float("nan")])
def test_a_blank_cell_is_unknown(cell):
    more = {"rating": "c", "title": "c", "author.handle": "c", "tagged": "c", "updated_at": "c"}
    mention = one(more, {"c": cell})
    assert (mention.rating, mention.title, mention.author, mention.tagged) == (None, None, None, ())


@pytest.mark.parametrize(("missing", "reason"), [
    ("id", "it has no id"), ("at", "it has no publication time"),
])  # fmt: skip
def test_a_record_without_id_or_time_is_refused(missing, reason):
    with pytest.raises(Malformed, match=reason):
        one(cells={missing: None})


def test_decimal_commas():
    mention = one({"rating": "r", "likes": "l"}, {"r": "4,5", "l": "12,0"}, decimal=",")
    assert (mention.rating, mention.likes) == (4.5, 12)
    with pytest.raises(Malformed, match=r"r '4.5' is not a number"):
        one({"rating": "r"}, {"r": "4.5"}, decimal=",")


def test_html_is_unescaped_only_when_asked():
    cells = {"text": "a &amp; b", "t": "&nbsp;"}
    assert one({"title": "t"}, cells).text == "a &amp; b"
    mention = one({"title": "t"}, cells, unescape_html=True)
    assert (mention.text, mention.title) == ("a & b", None)


@pytest.mark.parametrize(("cell", "options", "expected"), [
    (AT, {}, "2026-11-01T12:00:00+00:00"),
    ("2015-02-22 22:39:18 -0800", {}, "2015-02-23T06:39:18+00:00"),  # + 8 h
    ("2015-02-22T22:39:18 +01:00", {}, "2015-02-22T21:39:18+00:00"),
    ("2015-02-22 22:39:18 UTC", {}, "2015-02-22T22:39:18+00:00"),
    ("2026-07-01 12:00", {"timezone": "Europe/Paris"}, "2026-07-01T10:00:00+00:00"),  # summer, UTC+2
    ("2026-07-01", {"timezone": "Europe/Paris"}, "2026-06-30T22:00:00+00:00"),
    ("2026-10-25 02:30", {"timezone": "Europe/Paris"}, "2026-10-25T00:30:00+00:00"),  # the first, UTC+2
    ("01/07/2026 12h", {"timezone": "UTC", "date_format": "%d/%m/%Y %Hh"}, "2026-07-01T12:00:00+00:00"),
    ("20260701", {"timezone": "UTC"}, "2026-07-01T00:00:00+00:00"),
    ("01/07/2026 +0100", {"date_format": "%d/%m/%Y %z"}, "2026-06-30T23:00:00+00:00"),
    ("1000000000", {"epoch": "s"}, "2001-09-09T01:46:40+00:00"),
    ("1000000000.5", {"epoch": "s"}, "2001-09-09T01:46:40.500000+00:00"),
    ("1000000000000", {"epoch": "ms"}, "2001-09-09T01:46:40+00:00"),
    (AT, {"epoch": "s"}, "2026-11-01T12:00:00+00:00"),
])  # fmt: skip
def test_times(cell, options, expected):
    assert one(cells={"at": cell}, **options).published_at == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("cell", "options", "reason"), [
    ("2026-03-29 02:30", {"timezone": "Europe/Paris"}, "does not exist in Europe/Paris"),
    ("2026-07-01", {"date_format": "%d/%m/%Y", "timezone": "UTC"}, r"is not a time \(%d/%m/%Y\)"),
    ("1e30", {"epoch": "s"}, "is out of range"),
    ("0001-01-01", {"timezone": "Asia/Tokyo"}, "is out of range"),
])  # fmt: skip
def test_times_that_are_none(cell, options, reason):
    with pytest.raises(Malformed, match=reason):
        one(cells={"at": cell}, **options)


def test_an_id_made_of_columns_is_stable():
    options = RecordMapping(columns={"text": "text", "published_at": "at"}, id_from=["shop", "at"])
    first, second = (options.mention({"shop": shop, "text": "x", "at": AT}).native_id for shop in "AB")
    assert first != second
    assert len(first) == 32
    assert options.mention({"at": AT, "shop": "A", "text": "edited"}).native_id == first
    with pytest.raises(Malformed, match="it has no id: shop, at are empty"):
        options.mention({"shop": "", "text": "x", "at": ""})


@pytest.mark.parametrize(("changed", "message"), [
    ({"columns": BASE | {"autor.handle": "x"}}, r"no field 'autor.handle'. Did you mean 'author.handle'\?"),
    ({"values": {"knd": "post"}}, r"no field 'knd'. Did you mean 'kind'\?"),
    ({"columns": {"native_id": "id"}}, "'published_at' is missing"),
    ({"columns": {"published_at": "at"}}, "'native_id' is missing in columns; without one, id_from"),
    ({"id_from": ["a"]}, "exclude each other"),
    ({"date_format": "%Y", "epoch": "s"}, "exclude each other"),
    ({"values": {"text": "x"}}, "'text' is in columns and in values"),
    ({"values": {"likes": "many"}}, "likes 'many' is not a number"),
    ({"values": {"kind": "rant"}}, "kind 'rant' is none of"),
    ({"timezone": "Europe/Pariss"}, r"no IANA time zone. Did you mean 'Europe/Paris'\?"),
    ({"timezone": "../etc"}, "no IANA time zone"), ({"timezone": "Europe"}, "no IANA time zone"),
    ({"date_format": "%Q"}, "bad directive"),
    ({"decimal": ";"}, "decimal"), ({"epoch": "ns"}, "epoch"), ({"colums": {}}, "colums"),
])  # fmt: skip
def test_wrong_options_say_what_is_wrong(changed, message):
    with pytest.raises(ValidationError, match=message):
        RecordMapping(**({"columns": BASE} | changed))


def test_a_copy_with_other_columns_reads_other_columns():
    record = {"id": "1", "text": "x", "at": AT, "b": "y"}
    options = mapping()
    assert options.mention(record).text == "x"
    changed = options.model_copy(update={"columns": BASE | {"text": "b"}})
    assert (changed.mention(record).text, options.mention(record).text) == ("y", "x")
    assert options.columns_used == ["id", "text", "at"]


def test_options_that_were_used_equal_and_pickle_as_before():
    used, new = mapping({"about": "b"}), mapping({"about": "b"})
    used.mention({"id": "1", "at": AT})
    assert used == new
    assert used.model_dump() == new.model_dump()
    assert pickle.loads(pickle.dumps(used)) == new
