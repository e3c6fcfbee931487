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
from plugins.scorers.crisis import Crisis
from plugins.scorers.flair_classifier import FlairScorer
from plugins.scorers.heads import HeadScorer, IntentScorer
from plugins.scorers.influence import Influence
from plugins.scorers.language import LanguageDetector
from plugins.scorers.mention_kind import MentionKind
from plugins.scorers.rating_gap import RatingGap
from plugins.scorers.urgency import Urgency


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


class TestSentiment(ScorerContract):
    plugin = HeadScorer("sentiment")
    ordered = ("Quelle horreur, elle est nulle", "Je l'adore, elle est parfaite")
    labelled = {"Je l'adore, elle est parfaite": "positive"}


class TestEmotion(ScorerContract):
    plugin = HeadScorer("emotion")
    language = "en"
    labelled = {"I am so happy today, what a joy": "joy"}


class TestIrony(ScorerContract):
    plugin = HeadScorer("irony")
    language = "en"


class TestOffensive(ScorerContract):
    plugin = HeadScorer("offensive")
    language = "en"
    labelled = {"You are a stupid idiot": "offensive", "Good morning everybody": "not_offensive"}


class TestToxicity(ScorerContract):
    plugin = HeadScorer("toxicity")
    labelled = {"Espèce de connard, je vais te retrouver": "toxic", "La livraison était en avance": "clean"}


class TestIntent(ScorerContract):
    plugin = IntentScorer("intent")
    labelled = {
        "Comment on change le filtre de la Torréo ?": "question",
        "Ma Torréo fuit depuis hier, c’est inadmissible": "complaint",
    }


class TestFlair(ScorerContract):
    plugin = FlairScorer("sentiment")
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
            "pagerank": [0.5, 0.5, 0.5, 2.5],
            "specialisation": [0.2, 0.9, 0.2, 0.2],
        }
    )


class TestMentionKind(ScorerContract):
    plugin = MentionKind()
    ordered = ("https://essais.example/torreo", "Trois mois que j’ai la Torréo, et elle fuit déjà")
    labelled = {"https://essais.example/torreo": "bare_link", "Ma Torréo fuit": "original"}


class TestUrgency(ScorerContract):
    plugin = Urgency()
    ordered = (
        "Merci, tout est parfait",
        "Je passe demain",
        "C'est urgent",
        "Urgent, odeur de gaz depuis 2 heures, aidez-moi !!",
    )


class TestCrisis(ScorerContract):
    plugin = Crisis()
    labelled = {"Rappel de lots de camembert": "recall", "Aucun danger": "none", "☕": "none", "": None}


def stars(rating, text):
    return Mention(native_id=f"{rating}{text}", published_at=NOON, text=text, rating=rating, rating_scale=5)


class TestRatingGap(ScorerContract):
    plugin = RatingGap()
    answers = {"sentiment": {"super merci": ("positive", 0.94, 0.95), "nul": ("negative", -0.94, 0.95)}}
    ordered = (stars(1, "super merci"), stars(1, "nul"), stars(5, "nul"))
