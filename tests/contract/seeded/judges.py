"""A sound filter and scorer, and some with one bug each."""

from __future__ import annotations

import random

import polars as pl

from listening_etl import Labels, Options, Range
from listening_etl.testing import FilterContract, ScorerContract

ORDER = "answers_keep_the_order"
ALONE = "a_batch_is_judged_like_one_mention_at_a_time"
AGAIN = "the_same_batch_gets_the_same_answer"


class WordOptions(Options):
    """`good` and `bad`: words."""

    good: str = "adore"
    bad: str = "horreur"


class SoundFilter:
    """Keeps mentions that say something."""

    name = "sound"
    version = "1"
    reason = "says neither {good} nor {bad}"
    options_type = WordOptions

    def keep(self, mentions, options):
        text = pl.col("text").str.to_lowercase()
        return mentions.select(keep=text.str.contains(options.good) | text.str.contains(options.bad))["keep"]


class LosesRows(SoundFilter):
    """Answers for distinct texts only."""

    caught_by = {"one_answer_a_row"}

    def keep(self, mentions, options):
        return super().keep(mentions.unique("text", maintain_order=True), options)


class AnswersWithWords(SoundFilter):
    """Says yes and no instead of true and false."""

    caught_by = {ORDER, ALONE, AGAIN, "one_answer_a_row", "it_keeps_and_drops_what_the_test_says",
                 "an_empty_batch_gets_an_empty_answer", "the_reason_of_a_row_says_something"}  # fmt: skip

    def keep(self, mentions, options):
        return (
            super().keep(mentions, options).replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
        )


class KeepsTheFirst(SoundFilter):
    """Keeps the first row whatever it says."""

    caught_by = {ORDER, ALONE, "it_keeps_and_drops_what_the_test_says"}

    def keep(self, mentions, options):
        first = mentions.with_row_index("row")["row"] == 0
        return super().keep(mentions, options).fill_null(value=True) | first


class DropsTheSilent(SoundFilter):
    """Takes null for a reason to drop."""

    caught_by = {"it_keeps_and_drops_what_the_test_says"}

    def keep(self, mentions, options):
        return super().keep(mentions, options).fill_null(value=False)


class ShrugsItsShoulders(SoundFilter):
    """Has a reason for each row, and says nothing in it."""

    caught_by = {"the_reason_of_a_row_says_something"}

    def keep(self, mentions, options):
        keep = super().keep(mentions, options)
        return pl.DataFrame({"keep": keep, "why": pl.Series([" "] * len(keep), dtype=pl.String)})


class CountsItsDrops(SoundFilter):
    """Says the how manieth of the batch a row is that it drops."""

    caught_by = {ORDER, ALONE}

    def keep(self, mentions, options):
        keep = super().keep(mentions, options)
        return pl.DataFrame({"keep": keep, "why": (~keep).cum_sum().cast(pl.String)})


class SaysWhyInNumbers(SoundFilter):
    """Says why as a number."""

    caught_by = {ORDER, ALONE, AGAIN, "one_answer_a_row", "it_keeps_and_drops_what_the_test_says",
                 "an_empty_batch_gets_an_empty_answer", "the_reason_of_a_row_says_something"}  # fmt: skip

    def keep(self, mentions, options):
        keep = super().keep(mentions, options)
        return pl.DataFrame({"keep": keep, "why": keep.cast(pl.Int8)})


class GivesAnOddReason(SoundFilter):
    """Names an option that there is not in its reason."""

    caught_by = {"the_reason_can_be_read"}
    reason = "shorter than {characters} characters"


class SoundScorer:
    """1 for a good word, -1 for a bad one, 0 for both or neither; null without text."""

    name = "sound"
    measure = "sentiment"
    scale = Range(-1, 1)
    version = "1"
    languages = None
    options_type = WordOptions

    def score(self, mentions, options):
        text = pl.col("text").str.to_lowercase()
        good, bad = (text.str.contains(word).cast(pl.Float64) for word in (options.good, options.bad))
        return mentions.select(value=good - bad)["value"]


class LosesTheSilent(SoundScorer):
    """Answers only where it has something to say."""

    caught_by = {"one_answer_a_row"}

    def score(self, mentions, options):
        return super().score(mentions, options).drop_nulls()


class LeavesItsScale(SoundScorer):
    """Counts to a hundred on a scale that ends at 1."""

    caught_by = {"it_stays_on_its_scale"}

    def score(self, mentions, options):
        return super().score(mentions, options) * 100


class IsTooSure(SoundScorer):
    """Is more than certain."""

    caught_by = {"it_stays_on_its_scale"}

    def score(self, mentions, options):
        value = super().score(mentions, options)
        return pl.DataFrame({"value": value, "confidence": value + 3})


class InventsALabel(SoundScorer):
    """Answers with a label that it does not declare."""

    caught_by = {"it_stays_on_its_scale", "scores_rise_as_the_test_says"}
    scale = Labels("good", "bad")

    def score(self, mentions, options):
        return super().score(mentions, options).replace_strict({1.0: "good", -1.0: "bad", 0.0: "neither"})


class Sorts(SoundScorer):
    """Answers in the order of its scores."""

    caught_by = {ORDER, ALONE}

    def score(self, mentions, options):
        return super().score(mentions, options).sort()


class ComparesWithTheBatch(SoundScorer):
    """Takes the batch's average for the middle."""

    caught_by = {ALONE}

    def score(self, mentions, options):
        value = super().score(mentions, options)
        return (value - value.mean()) / 2 if len(value.drop_nulls()) else value


class Guesses(SoundScorer):
    """Draws a little noise."""

    caught_by = {AGAIN, ORDER, ALONE}

    def score(self, mentions, options):
        return super().score(mentions, options) * random.uniform(0.5, 1)


class TurnsItRound(SoundScorer):
    """Takes praise for blame."""

    caught_by = {"scores_rise_as_the_test_says"}

    def score(self, mentions, options):
        return -super().score(mentions, options)


class JudgesNothing(SoundScorer):
    """Never says anything."""

    caught_by = {"it_judges_something", "scores_rise_as_the_test_says"}

    def score(self, mentions, options):
        return pl.Series([None] * mentions.height, dtype=pl.Float64)


class TripsOverNothing(SoundScorer):
    """Cannot do without rows."""

    caught_by = {"an_empty_batch_gets_an_empty_answer"}

    def score(self, mentions, options):
        mentions.row(0)
        return super().score(mentions, options)


class HasNoVersion(SoundScorer):
    """Does not say which version of it judged."""

    caught_by = {"it_says_what_it_does"}
    version = ""


class OfAFilter(FilterContract):
    """The contract test of the filters here."""

    plugin = SoundFilter()
    keeps = ("Je l'adore", None, "Quelle horreur")
    drops = ("Il pleut", "Il pleut")


class OfAScorer(ScorerContract):
    """The contract test of the scorers here."""

    plugin = SoundScorer()
    ordered = ("Quelle horreur", "Il pleut", "Je l'adore")
