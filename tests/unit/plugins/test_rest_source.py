"""The declared REST source: what it sends, how it goes on, when it stops, what its errors say."""

import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import ValidationError

from listening_etl import (
    Deletion,
    Gap,
    Item,
    Malformed,
    NotAMention,
    Slice,
    SourceUnavailable,
    SourceUnreadable,
    Truncated,
    Window,
)
from listening_etl.http import Http
from plugins.sources.rest import Rest, RestOptions

SOURCE = Rest()
WINDOW = Window(datetime(2026, 10, 5, 6, tzinfo=UTC), datetime(2026, 10, 6, 12, 0, 0, 500, tzinfo=UTC))
MAPPING = {"native_id": "id", "text": "text", "published_at": "epoch(at)"}


def options_of(**given):
    return RestOptions(**{"url": "https://forum.test/api", "mapping": MAPPING} | given)


def at(hour):
    """A post of that hour of 5 October, UTC."""
    return {"id": hour, "at": int(datetime(2026, 10, 5, tzinfo=UTC).timestamp()) + 3600 * hour}


class Api:
    """Gives these answers one after the other, then empty lists; keeps what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked, self.slept = list(answers), [], []

    def fetch(self, query="", **given):
        def answer(request):
            self.asked.append(request)
            given = self.answers.pop(0) if self.answers else []
            return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)

        http = Http(transport=httpx.MockTransport(answer), sleep=self.slept.append)
        return list(SOURCE.fetch(options_of(**given), Slice("t", "forum", WINDOW, query), http))

    @property
    def params(self):
        return [dict(request.url.params) for request in self.asked]


def ids(found):
    return [one.data["id"] for one in found if isinstance(one, Item)]


def losses(found):
    return [one for one in found if not isinstance(one, Item)]


def test_placeholders_are_filled_in_everywhere():
    api = Api()
    api.fetch(
        query="thé & café",
        url="https://forum.test/{query}/posts",
        headers={"X-Since": "{since_epoch}"},
        params={
            "from": "{since}", "to": "{until:%Y%m%d%H%M%S}", "before": "{until_day}", "q": "text:{query}",
            "cursor": "{cursor}", "page": "{page}", "offset": "{offset}", "size": 50, "deep": True,
        },
    )  # fmt: skip
    (request,) = api.asked
    assert request.url.raw_path.startswith(b"/th%C3%A9%20%26%20caf%C3%A9/posts?")
    assert request.headers["x-since"] == "1791180000"  # 2026-10-05 06:00 UTC
    assert api.params == [{
        "from": "2026-10-05T06:00:00Z", "to": "20261006120001",  # half a second later is the next whole one
        "before": "2026-10-07", "q": "text:thé & café", "page": "1", "offset": "0", "size": "50", "deep": "true",
    }]  # fmt: skip


def test_what_is_posted_keeps_its_types():
    api = Api()
    body = {"since": "{since_epoch}", "filter": [{"q": "{query}"}, "{cursor}"], "page": "page {page}"}
    api.fetch(method="POST", body=body, params={"v": 2})
    assert api.asked[0].method == "POST"
    assert httpx.Response(200, content=api.asked[0].content).json() == {
        "since": 1791180000, "filter": [{}], "page": "page 1",
    }  # fmt: skip


def test_credentials_are_sent_as_declared():
    api = Api()
    secrets = {"basic": "ana:s3cret", "headers": {"X-Key": "k"}, "params": {"app": "a"}}
    api.fetch(auth=secrets)
    assert api.asked[0].headers["authorization"] == f"Basic {base64.b64encode(b'ana:s3cret').decode()}"
    assert (api.asked[0].headers["x-key"], api.params) == ("k", [{"app": "a"}])
    assert "s3cret" not in repr(options_of(auth=secrets))


def posts(*hours):
    return [at(hour) for hour in hours]


def test_by_cursor_until_there_is_none_or_it_stays():
    pages = [{"d": posts(9), "next": "b"}, {"d": posts(8), "next": "c"}, {"d": posts(7), "next": "c"}]
    api = Api(*pages)
    found = api.fetch(items="d", paging={"by": "cursor", "at": "next", "param": "after"})
    assert (ids(found), losses(found)) == ([9, 8, 7], [])
    assert api.params == [{}, {"after": "b"}, {"after": "c"}]


def test_by_page_until_the_last_that_the_answer_tells():
    api = Api(*({"d": posts(hour), "n": 3} for hour in range(9)))
    found = api.fetch(items="d", paging={"by": "page", "param": "p", "start": 0, "pages": "n"})
    assert ids(found) == [0, 1, 2]
    assert api.params == [{"p": "0"}, {"p": "1"}, {"p": "2"}]


@pytest.mark.parametrize(("size", "offsets"), [(None, ["0", "2", "3"]), (5, ["0", "5", "10"])])
def test_by_offset_until_a_page_brings_nothing_new(size, offsets):
    api = Api(posts(9, 8), posts(7), posts(7, 8))
    found = api.fetch(paging={"by": "offset", "param": "skip", "size": size})
    assert ids(found) == [9, 8, 7]
    assert [asked["skip"] for asked in api.params] == offsets


def test_by_more():
    api = Api({"d": posts(9), "m": True}, {"d": posts(8), "m": False}, {"d": posts(7)})
    assert ids(api.fetch(items="d", paging={"by": "page", "param": "p", "more": "m"})) == [9, 8]


@pytest.mark.parametrize("by", ["link", "next"])
def test_by_the_address_that_the_answer_gives(by):
    def page(hour, target):
        headers = {"link": f'<{target}>; rel="next"'} if target and by == "link" else {}
        return httpx.Response(200, json={"d": posts(hour), "next": target}, headers=headers)

    given = {"items": "d", "paging": {"by": by, "at": "next" if by == "next" else None}, "params": {"q": "x"}}
    given["auth"] = {"params": {"key": "k"}}
    api = Api(page(9, "/api?q=x&t=2"), page(8, None))
    assert ids(api.fetch(**given)) == [9, 8]
    assert api.params == [{"q": "x", "key": "k"}, {"q": "x", "t": "2", "key": "k"}]
    with pytest.raises(SourceUnreadable, match="another server"):
        Api(page(9, "https://elsewhere.test/api")).fetch(**given)


def test_a_listing_in_order_is_left_where_a_whole_page_is_past_the_window():
    pages = [posts(3, 33, 32), posts(8, 2), posts(4, 3), posts(1)]  # 3 is pinned; the window begins at 6
    api = Api(*pages)
    found = api.fetch(order="newest_first", paging={"by": "page", "param": "p"}, total="`99`")
    assert (ids(found), losses(found)) == ([3, 33, 32, 8, 2, 4], [])
    api = Api(posts(5, 7), posts(36, 40), posts(37, 41), posts(50))
    assert (
        len(ids(api.fetch(order="oldest_first", paging={"by": "page", "param": "p"}))) == 6
    )  # until 36:00:00.0005


def hour(number):
    return datetime(2026, 10, 5, tzinfo=UTC) + timedelta(hours=number)


BY_TIME = {"params": {"from": "{since}"}}


@pytest.mark.parametrize(("given", "lost"), [
    ({"limit": 1, **BY_TIME}, Truncated("1 pages are read at most", None, hour(9))),
    ({"most": 2, **BY_TIME}, Truncated("it shows 2 items at most", None, hour(9))),
    ({"total": "`7`", **BY_TIME}, Truncated("it has 7 items and shows 2", 7, hour(9))),
    ({"total": "`7`", "order": "any", **BY_TIME}, Truncated("it has 7 items and shows 2", 7)),
    ({"total": "`2`", **BY_TIME}, None),
    ({"limit": 1}, Gap(WINDOW.since, hour(9), "1 pages are read at most")),
    ({"most": 2}, Gap(WINDOW.since, hour(9), "it shows 2 items at most")),
    ({"most": 2, "order": "oldest_first"}, Gap(hour(8), WINDOW.until, "it shows 2 items at most")),
    ({"most": 2, "order": "any"}, Gap(WINDOW.since, WINDOW.until, "it shows 2 items at most")),
])  # fmt: skip
def test_what_was_cut_is_asked_for_again_where_the_request_has_times_else_a_gap(given, lost):
    # Of the hour 8 more may have been left out; down to 9 all is there.
    found = Api(posts(9, 8)).fetch(
        **{"order": "newest_first", "paging": {"by": "page", "param": "p"}, **given}
    )
    assert losses(found) == ([lost] if lost else [])


def test_a_cut_below_the_window_loses_nothing():
    assert losses(Api(posts(9, 5)).fetch(order="newest_first", most=2)) == []


def test_the_pause_is_a_number_or_stands_in_the_answer():
    for pause in (7, "backoff"):
        api = Api({"d": posts(9), "backoff": 7}, {"d": [], "backoff": 7})
        api.fetch(items="d", paging={"by": "page", "param": "p"}, pause=pause)
        assert [round(seconds) for seconds in api.slept if seconds > 1] == [7]
    with pytest.raises(SourceUnavailable):
        Api({"d": posts(9), "backoff": 90}, {}).fetch(
            items="d", paging={"by": "page", "param": "p"}, pause="backoff"
        )


@pytest.mark.parametrize(("answer", "items", "said"), [
    ({"error": 1, "code": 2}, "data", r"option items, 'data', finds nothing in it \(it has: code, error\).*list \|\| `\[\]`"),
    ({"data": ["a"]}, "data", "finds no list of objects"),
    ("busy", "@", "finds no list of objects in it .it is no object"),
    ({"data": {"id": 1}}, "keys(data[0])", r"option items, 'keys\(data\[0\]\)': .*Check the option"),
])  # fmt: skip
def test_an_answer_without_items_says_what_it_has(answer, items, said):
    with pytest.raises(SourceUnreadable, match=said) as raised:
        Api(answer).fetch(items=items, auth={"params": {"key": "s3cret"}})
    assert "s3cret" not in str(raised.value)
    with pytest.raises(NotAMention, match="without items"):
        SOURCE.items(httpx.Response(200, json=answer).content, options_of(items=items))


def parsed(item, **given):
    return SOURCE.parse(item, options_of(**given))


def test_a_mapping_with_functions():
    item = {"id": 7, "at": "05/10/2026 14:00", "html": "<p>a</p><p>b</p>", "tags": "x, y", "pro": False, "n": None,
            "user": {"first": "Léa", "last": "M."}}  # fmt: skip
    (found,) = parsed(
        item,
        mapping={
            "native_id": "join('-', ['p', to_string(id)])",
            "published_at": "time(at, '%d/%m/%Y %H:%M')",
            "text": "html(html)",
            "hashtags": "find_all(tags, '[^, ]+')",
            "author.name": "join(' ', [user.first, user.last])",
            "author.verified": "pro",
            "likes": "n && n.count",
            "replies": "pro && `3`",
            "url": "html(none)",
        },
        values={"kind": "review", "rating_scale": 5},
        timezone="Europe/Paris",
    )
    assert (found.native_id, found.text, found.kind, found.rating_scale) == ("p-7", "a\nb", "review", 5)
    assert found.published_at == datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert (found.hashtags, found.author.name, found.author.verified) == (("x", "y"), "Léa M.", False)
    assert (found.likes, found.replies, found.url) == (None, None, None)


def test_members_that_are_skipped_or_deleted():
    thread = {
        "posts": [{**at(9), "ad": True}, {**at(8), "gone": 1}, {"id": 7, "at": None, "gone": True}, at(6)]
    }
    given = {"each": "posts", "skip": {"an advertisement": "ad"}, "deleted": "gone == `true`"}
    first, second, third = parsed(thread, **given)
    assert (first.native_id, second, third.native_id) == ("8", Deletion("7"), "6")
    with pytest.raises(NotAMention, match="an advertisement"):
        parsed({"posts": thread["posts"][:1]}, **given)
    with pytest.raises(NotAMention, match="each finds nothing"):
        parsed({}, **given)


@pytest.mark.parametrize(("item", "mapping", "said"), [
    ({"id": 1}, MAPPING, "it has no publication time"),
    ({"id": 1, "at": "soon"}, MAPPING, r"option mapping.published_at, 'epoch\(at\)': .*'soon' is no time"),
    ({"id": 1, "at": 1, "text": {}}, MAPPING, "option mapping: text is a dict, not text"),
    ({"id": 1, "at": 1, "text": 5}, {**MAPPING, "text": "html(text)"}, r"option mapping.text, 'html\(text\)': .*number"),
    ({"id": 1, "at": "hier"}, {**MAPPING, "published_at": "time(at, '%Y')"}, "mapping.published_at.*hier"),
])  # fmt: skip
def test_a_mapping_that_does_not_fit_names_itself_and_what_it_found(item, mapping, said):
    with pytest.raises(Malformed, match=said):
        parsed(item, mapping=mapping)


@pytest.mark.parametrize(("given", "said"), [
    ({"params": {"from": "{sinse}"}}, "no placeholder {sinse}. Did you mean 'since'"),
    ({"body": {"a": ["{word}"]}}, "no placeholder {word}"),
    ({"items": "data["}, "'data\\[' is no JMESPath"),
    ({"mapping": {**MAPPING, "text": "htlm(text)"}}, "is no JMESPath: Unknown function"),
    ({"mapping": {**MAPPING, "text": "html(text, text)"}}, "is no JMESPath: Expected 1 argument"),
    ({"mapping": {"native_id": "id"}}, "'published_at' is missing"),
    ({"mapping": {**MAPPING, "txt": "text"}}, "no field 'txt'. Did you mean 'text'"),
    ({"paging": {"by": "cursor"}}, "'at' is for cursor and next"),
    ({"timezone": "Paris"}, "no IANA time zone"),
    ({"pasing": {}}, "pasing"),
])  # fmt: skip
def test_options_that_cannot_be_right_are_refused_at_once(given, said):
    with pytest.raises(ValidationError, match=said):
        options_of(**given)


def test_queries_are_pushed_down_where_the_request_takes_them():
    class Brand:
        names = ("Torréo", "Café Torréo")

    asks = {"params": {"q": "{query}"}}
    assert SOURCE.push_down(options_of(**asks), [Brand, Brand]) == ["Torréo", "Café Torréo"]
    assert SOURCE.push_down(options_of(**asks, queries=["a"]), [Brand]) == ["a"]
    assert SOURCE.push_down(options_of(), [Brand]) == []
