"""The example in docs/rest.md does what it says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import orjson
import pytest
import yaml

from listening_etl import Deletion, NotAMention, Slice, Window
from listening_etl.http import Http
from plugins.sources.rest import Paging, Rest, RestOptions

PAGE = (Path(__file__).parents[2] / "docs" / "rest.md").read_text("utf-8")
WINDOW = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC))


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def options():
    (written,) = blocks("yaml")
    given = yaml.safe_load(written)["sources"]["forum"]["options"]
    assert given["auth"] == {"bearer": {"env": "FORUM_TOKEN"}}
    return RestOptions(**given | {"auth": {"bearer": "s3cret"}})


def test_the_example_brings_the_mentions_it_shows(options):
    first, second, shown = map(orjson.loads, blocks("json"))
    asked = []

    def answer(request):
        asked.append(dict(request.url.params))
        assert request.headers["authorization"] == "Bearer s3cret"
        return httpx.Response(200, json=second if "cursor" in asked[-1] else first)

    mentions, others = [], []
    with Http(transport=httpx.MockTransport(answer)) as http:
        for item in Rest().fetch(options, Slice("coffee", "forum", WINDOW, "torréo"), http):
            try:
                mentions += Rest().parse(item.data, options)
            except NotAMention as reason:
                others.append(str(reason))
    search = {"q": "torréo", "after": "1791158400", "before": "1791244800"}
    assert asked == [search, {**search, "cursor": "p2"}]
    assert others == ["an advertisement"]
    assert mentions.pop() == Deletion("9")
    assert [plain(mention) for mention in mentions] == shown


def plain(value):
    """A mention as JSON, without what it does not say."""
    if isinstance(value, msgspec.Struct):
        return plain(orjson.loads(msgspec.json.encode(value)))
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if inner not in (None, [])}
    return value


def test_the_tables_name_what_there_is():
    named = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert named == set(Paging.model_fields["by"].annotation.__args__)
    for option in RestOptions.model_fields:
        assert re.search(rf"`{option}\b|{option}:", PAGE), option
