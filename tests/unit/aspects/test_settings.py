"""Aspects in the settings: named, with words, or as a query; a slip is told with its line and what was meant."""

from pathlib import Path

import pytest

from listening_etl.config import check_queries, json_schema, parse_settings
from listening_etl.config.yaml_file import SettingsError

SETTINGS = """\
version: 1
terms:
  box: [livebox, décodeur]
topics:
  telecom:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-10-01
    entities:
      orange: {role: own, names: [Orange], aspects: [delivery, price, box]}
      free:
        role: competitor
        names: [Free]
        aspects:
          price:
          delivery: [$delivery, coursier]
          app: appli AND mobile
    sources: {file: {options: {}}}
"""
LISTED = "[delivery, price, box]"
ORANGE = "listening.yaml:10, topics.telecom.entities.orange"


def read(text):
    settings = parse_settings(text, Path("listening.yaml"))
    check_queries(settings)
    return settings.topics["telecom"].entities


def test_a_name_alone_means_the_list_of_that_name():
    entities = read(SETTINGS)
    assert entities["orange"].aspects == {"delivery": ("$delivery",), "price": ("$price",), "box": ("$box",)}
    assert entities["free"].aspects == {
        "price": ("$price",),
        "delivery": ("$delivery", "coursier"),
        "app": "appli AND mobile",
    }
    assert (
        read(SETTINGS.replace("aspects: [delivery, price, box]", "products: [Sosh]"))["orange"].aspects == {}
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (LISTED, "[prize]", f"{ORANGE}: aspect 'prize' has no words, and there is no list of that name. "
                            "Did you mean 'price'? Give it words, or name one of these: box, delivery, price,"),
        ("          price:\n", "          prise:\n", "listening.yaml:15, topics.telecom.entities.free: aspect 'prise'"),
        ("$delivery,", "$delivry,", "listening.yaml:16, topics.telecom.entities.free: there is no list '$delivry'."),
        ("appli AND mobile", "(appli AND", "listening.yaml:17, topics.telecom.entities.free: AND has nothing after it."),
        (LISTED, "[Delivery]", "should be lower-case letters, digits and '_'"),
        (LISTED, "{delivery: 3}", f"{ORANGE}.aspects: delivery should be a query, or a list of words and queries."),
        (LISTED, "{delivery: []}", f"{ORANGE}.aspects: delivery is empty."),
        (LISTED, "3", f"{ORANGE}: 'aspects' is a number, not keys."),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_line(old, new, said):
    with pytest.raises(SettingsError) as caught:
        read(SETTINGS.replace(old, new))
    assert said in str(caught.value)


def test_editors_know_the_three_ways():
    ways = json_schema()["$defs"]["Entity"]["properties"]["aspects"]["anyOf"]
    assert [way["type"] for way in ways] == ["array", "object"]
