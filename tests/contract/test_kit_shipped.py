"""The filters and scorers that ship keep what theirs promise."""

from __future__ import annotations

import polars as pl

from listening_etl import Author, Mention
from listening_etl.testing import FilterContract, ScorerContract
from listening_etl.testing.judges import NOON
from plugins.filters.blocked_authors import BlockedAuthors
from plugins.filters.language import Language
from plugins.filters.min_length import MinLength
from plugins.scorers.addressed import Addressed
from plugins.scorers.flair_classifier import FlairSentiment
from plugins.scorers.influence import Influence
from plugins.scorers.language import LanguageDetector


def by(handle):
    return Mention(native_id=handle, published_at=NOON, text="Torréo", author=Author(handle=handle))


class TestMinLength(FilterContract):
    plugin = MinLength()
    keeps = ("Ma Torréo fuit depuis hier", None)
    drops = ("ok", "@torreo ok https://t.example/a-long-address")


class TestLanguageFilter(FilterContract):
    plugin = Language()
    options = {"languages": ["fr"]}
    keeps = ("Ma Torréo fuit",)
    drops = (Mention(native_id="1", published_at=NOON, text="It leaks", lang_declared="en-GB"),)


class TestBlockedAuthors(FilterContract):
    plugin = BlockedAuthors()
    options = {"handles": ["@Spam"]}
    keeps = (by("ana"), "nobody wrote this")
    drops = (by("spam"),)


class TestAddressed(ScorerContract):
    plugin = Addressed()
    labelled = {"Ma Torréo fuit": "named"}


class TestLanguageDetector(ScorerContract):
    plugin = LanguageDetector()
    language = None
    labelled = {
        "Ma cafetière fuit depuis la mise à jour": "fr",
        "My coffee machine leaks since the update": "en",
        "☕": None,
    }


class TestFlairSentiment(ScorerContract):
    plugin = FlairSentiment()
    options = {"model": "models/sentiment"}
    ordered = ("Quelle horreur, elle est nulle", "Je l'adore, elle est parfaite")


class TestInfluence(ScorerContract):
    plugin = Influence()
    mentions = pl.DataFrame(
        {
            "author_key": ["a", "b", "c", "d"],
            "followers": [10, 20, None, 400],
            "mentions": [1, 1, 1, 1],
            "median_engagement": [1.0, None, 5.0, 0.0],
            "replies_received": [0, 0, 0, 8],
        }
    )
