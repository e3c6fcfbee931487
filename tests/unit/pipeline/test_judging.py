"""Filters give a reason, scorers stay on their scale, and whoever breaks the contract is named."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from pydantic import SecretStr

from listening_etl import ConfigError, Options, PluginError
from listening_etl.pipeline import judging

PLUGINS = '''
import polars as pl
from listening_etl import Capabilities, Labels, Options, Range, hookimpl

class Words(Options):
    words: frozenset[str] = frozenset({{"a", "b"}})

class NoWords:
    """Drops what holds a word."""
    name = "no_words"
    version = "2"
    reason = "holds one of {{words}}"
    options_type = Words
    def keep(self, mentions, options):
        return {keep}

class Mood:
    """Says one thing."""
    name = "mood"
    measure = "mood"
    scale = {scale}
    version = "3"
    languages = {languages}
    options_type = Options
    def score(self, mentions, options):
        return {score}

@hookimpl
def listening_filters():
    return [NoWords()]

@hookimpl
def listening_scorers():
    return [Mood()]
'''

BATCH = pl.DataFrame(
    {
        "mention_id": [b"1", b"2", b"3"],
        "content_hash": [b"x", b"y", b"z"],
        "text": ["a", "c", None],
        "lang": ["fr", "de", None],
        "lang_declared": ["fr-CA", None, "EN"],
    }
)


def plugins(
    keep="~mentions['text'].is_in(list(options.words))", scale="Range(0, 1)", languages="None", score="None"
):
    return PLUGINS.format(keep=keep, scale=scale, languages=languages, score=score)


def test_a_dropped_mention_has_a_reason_with_the_options_in_words_and_null_is_kept(topic):
    context = topic(plugins(), filters="{no_words: {}}")
    kept, (dropped,) = judging.apply_filters(context, BATCH)
    assert kept["text"].to_list() == ["c", None]
    assert (dropped.rule, dropped.version, dropped.reason) == ("no_words", "2", "holds one of a, b")


def test_a_filter_may_say_why_it_dropped_each_row_and_people_are_masked_in_that(topic):
    keep = "pl.DataFrame({'keep': [False, None, False], 'why': ['said by @bo and Anaïs', 'not told', None]})"
    batch = BATCH.with_columns(author_handle=pl.lit(None, pl.String), author_name=pl.lit("Anaïs"))
    kept, (dropped,) = judging.apply_filters(topic(plugins(keep=keep), filters="{no_words: {}}"), batch)
    assert kept["text"].to_list() == ["c"]
    reasons = dropped.mentions.select(reason=dropped.reason)["reason"].to_list()
    assert reasons == ["holds one of a, b: said by @… and [author]", "holds one of a, b"]


def test_the_rule_of_a_reject_is_the_name_of_the_filter_in_the_settings(topic):
    context = topic(plugins(), filters="{off_topic: {plugin: no_words}}")
    _, (dropped,) = judging.apply_filters(context, BATCH)
    assert (dropped.rule, dropped.version) == ("off_topic", "2")


@pytest.mark.parametrize("keep", ["mentions['text'].head(1)", "[True] * 3", "mentions['text']",
                                  "mentions.select(keep=pl.lit(True), why=pl.lit(1))",
                                  "mentions.select('text', keep=pl.lit(True))"])  # fmt: skip
def test_a_filter_that_answers_too_little_is_named(topic, keep):
    with pytest.raises(PluginError, match="filter 'no_words' answered"):
        judging.apply_filters(topic(plugins(keep=keep), filters="{no_words: {}}"), BATCH)


def test_a_series_becomes_values_and_nan_is_not_judged(topic):
    context = topic(plugins(score="pl.Series([0.5, float('nan'), None])"), scorers="{mood: {}}")
    scores = judging.score(context, "mood", BATCH)
    assert scores.schema == judging.SCORE_SCHEMA
    assert scores["value"].to_list() == [0.5, None, None]
    assert scores["version"].to_list() == ["3"] * 3


class Chosen(Options):
    words: frozenset[str] = frozenset()
    order: dict[str, int] = {}
    file: Path | None = None
    key: SecretStr | None = None
    model: str = "shipped"
    lists: dict[str, tuple[str, ...]] = {}


def version(model_of=None, **options):
    plugin = SimpleNamespace(version="3")
    if model_of:
        plugin.model_version = lambda _: model_of
    return judging.version_of(plugin, Chosen(**options))


def test_options_that_are_not_as_they_come_are_part_of_the_version():
    assert version() == version(words=frozenset()) == "3"
    assert version(model_of="c0ffee") == "c0ffee"
    told = {version(), version(words={"a"}), version(words={"b"}), version(model_of="x", words={"a"})}
    assert len(told) == 4
    assert all(one == "3" or re.fullmatch(r"(3|x)[+][0-9a-f]{8}", one) for one in told)


def test_the_version_is_the_same_wherever_a_file_lies_and_however_a_set_is_ordered():
    assert version(file=Path("/a/examples.csv")) == version(file=Path("b.csv")) != version()
    assert (
        version(model_of="c0ffee", model="/a/head") == version(model_of="c0ffee", model="/b/head") == "c0ffee"
    )
    assert version(words={"a", "b", "c"}) == version(words=["c", "b", "a"])
    assert version(order={"a": 1, "b": 2}) != version(
        order={"b": 2, "a": 1}
    )  # of crises the first is the gravest


def test_the_terms_of_the_settings_are_part_of_the_version_where_an_option_refers_to_one():
    assert version(lists={"fault": ("fuit",)}) == "3"
    assert version(words={"a"}, lists={"fault": ("fuit",)}) == version(words={"a"})
    assert version(words={"$fault"}, lists={"fault": ("fuit",)}) != version(words={"$fault"})


def test_a_scorer_judges_its_languages_only(topic):
    context = topic(
        plugins(score="pl.Series(['good'] * 3)", scale="Labels('good')", languages="frozenset({'fr'})"),
        scorers="{mood: {}}",
    )
    assert judging.score(context, "mood", BATCH)["label"].to_list() == ["good", None, None]


@pytest.mark.parametrize(
    ("scale", "score", "said"),
    [
        ("Range(0, 1)", "pl.Series([0.5, 2.0, None])", "answered 2.0, which is not on its scale"),
        ("Labels('good')", "pl.Series(['good', 'bad', None])", "answered 'bad', which is not on its scale"),
        ("Range(0, 1)", "pl.Series([0.5])", "answered 1 rows for 3 mentions"),
        ("Range(0, 1)", "[0.5] * 3", "answered a list for 3 mentions"),
    ],
)
def test_a_scorer_that_breaks_its_contract_is_named(topic, scale, score, said):
    with pytest.raises(PluginError, match=said):
        judging.score(topic(plugins(scale=scale, score=score), scorers="{mood: {}}"), "mood", BATCH)


def test_details_are_json(topic):
    score = "pl.DataFrame({'value': [0.1, 0.2, None], 'detail': [{'why': 'é'}, None, None]})"
    scores = judging.score(topic(plugins(score=score), scorers="{mood: {}}"), "mood", BATCH)
    assert scores["detail"].to_list() == ['{"why":"é"}', None, None]


def test_without_a_language_scorer_the_declared_language_serves(topic):
    mentions, scores = judging.detect_language(topic(plugins()), BATCH)
    assert mentions["lang"].to_list() == ["fr", None, "en"]
    assert scores.height == 0


def test_a_reason_in_plain_lower_case_does_not_name_the_author_either():
    names = {"author_handle": ["anna_l", None], "author_name": ["Ánna Lévêque", "Anna"]}
    said = ["« now playing anna leveque », ANNA_L, Ánna Lévêque, anna_l", "« anna » of @bo"]
    why = judging.unsigned(pl.DataFrame({**names, "why": said}))
    assert why.to_list() == ["« now playing [author] », ANNA_L, [author], [author]", "« [author] » of @…"]


NEEDY = '''
import polars as pl
from listening_etl import Capabilities, Labels, Options, Range, hookimpl

class Scorer:
    """Says how many columns of others it was told, and repeats one."""
    version = "1"
    scale = Range(0, 9)
    languages = None
    options_type = Options

    def __init__(self, measure, *needs, scope="mention"):
        self.name = self.measure = measure
        self.needs, self.scope = needs, scope

    def score(self, mentions, options):
        told = [name for name in mentions.columns if name.startswith("score_")]
        value = mentions["score_mood_value"] + 1 if "score_mood_value" in told else pl.Series([0, 1, None])
        return pl.DataFrame({{"value": value, "detail": [{{"told": told}}] * 3}})

@hookimpl
def listening_scorers():
    return [{scorers}]
'''


def test_a_scorer_is_asked_after_those_that_it_needs_and_told_their_answers_alone(topic):
    scorers = NEEDY.format(scorers="Scorer('gap', 'mood', 'encoding'), Scorer('fame'), Scorer('mood')")
    context = topic(scorers, scorers="{gap: {}, fame: {}, mood: {}}")
    found = {scores["measure"][0]: scores for scores in judging.batch_scores(context, BATCH)}
    assert list(found) == ["fame", "mood", "gap"]  # what needs nothing keeps the order of the settings
    assert found["gap"]["value"].to_list() == [1.0, 2.0, None]  # mood's 0, 1 and null, and one more
    told = '{"told":["score_mood_label","score_mood_value","score_mood_confidence"]}'
    assert found["gap"]["detail"].to_list() == [told] * 3
    assert found["fame"]["detail"].to_list() == ['{"told":[]}'] * 3
    assert {name: scores["version"][0] for name, scores in found.items()} == {
        "fame": "1",
        "mood": "1",
        "gap": "1/mood:1",
    }
    assert all(scores.schema == judging.SCORE_SCHEMA for scores in found.values())


@pytest.mark.parametrize(
    ("scorers", "chosen", "said"),
    [
        ("Scorer('gap', 'mod'), Scorer('mood')", "{gap: {}, mood: {}}",
         "scorer 'gap' needs the measure 'mod', which nobody judges in this topic. Did you mean 'mood'?"),
        ("Scorer('gap', 'gap')", "{gap: {}}", "scorers need each other's answers: gap needs gap"),
        ("Scorer('a', 'b'), Scorer('b', 'c'), Scorer('c', 'a')", "{a: {}, b: {}, c: {}}", "a needs b needs c needs a"),
        ("Scorer('gap', 'fame'), Scorer('fame', scope='author')", "{gap: {}, fame: {}}", "'fame', which is not at hand"),
        ("Scorer('mood', 'language'), Scorer('language')", "{mood: {}, language: {plugin: language}}",
         "'language', which is at hand in `lang`"),
        ("Scorer('mood'), Scorer('language', 'mood')", "{mood: {}, language: {}}", "'mood', which is not at hand: language"),
        ("Scorer('fame', 'mood', scope='author'), Scorer('mood')", "{mood: {}, fame: {}}", "'mood', which is not at hand"),
    ],
)  # fmt: skip
def test_needs_that_cannot_be_met_are_told_when_the_topic_is_opened(topic, scorers, chosen, said):
    with pytest.raises(ConfigError, match=r"listening\.yaml:.*topics\.kettles") as told:
        topic(NEEDY.format(scorers=scorers), scorers=chosen)
    assert said in rotated(str(told.value))


def rotated(words):
    """A circle may be told from any of its scorers."""
    return words.replace("b needs c needs a needs b", "a needs b needs c needs a").replace(
        "c needs a needs b needs c", "a needs b needs c needs a"
    )


def test_needs_written_as_one_word_are_told_as_what_they_are(topic):
    scorers = NEEDY.replace("self.needs, self.scope = needs, scope", "self.needs = 'mood'")
    with pytest.raises(ConfigError, match=r"'mood' as 'needs', not a tuple of names"):
        topic(scorers.format(scorers="Scorer('gap')"), scorers="{gap: {}}").scorer("gap")
