"""One encoding, many heads: a text is read once, whoever repeats it and whatever is asked of it later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from listening_etl.encoding import Encoder, encoder_folder
from listening_etl.model import Window
from listening_etl.pipeline.encodings import read_lately
from listening_etl.pipeline.replay import replay
from listening_etl.pipeline.run import run
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction
from tests.integration.wall import SETTINGS as PLAIN
from tests.integration.wall import told

PLUGIN = '''
"""Posts of a wall."""
from listening_etl import Author, Capabilities, Deletion, Mention, Options, hookimpl

POSTS = []


class Wall:
    """Posts of a wall. Collects all; misses nothing."""
    name = "wall"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="flagged")

    def fetch(self, options, slice, http):
        yield from POSTS

    def parse(self, item, options):
        if item["text"] is None:
            return Deletion(item["id"], item["edited"])
        return Mention(native_id=item["id"], text=item["text"], published_at=item["at"], updated_at=item.get("edited"),
                       author=Author(handle=item["by"]))


@hookimpl
def listening_sources():
    return [Wall()]
'''
SETTINGS = PLAIN + "    scorers:\n      language: {}\n      sentiment: {}\n"
START = datetime(2026, 10, 1, tzinfo=UTC)
MORE = SETTINGS + "      irony: {}\n      intent: {}\n"
TEXTS = [
    "Ma bouilloire Acme fuit, quelle horreur, je suis très déçue",
    "J'adore ma bouilloire Acme, elle est magnifique et rapide",
    "Ma bouilloire Acme fuit, quelle horreur,  je suis très déçue ",  # the first one again, but for spaces
    "@ana ma bouilloire Acme siffle https://t.example/1",
    "@bo ma bouilloire Acme siffle https://t.example/2",  # reads like the one before
]


def window(day):
    return Window(START + timedelta(days=day), START + timedelta(days=day + 1))


def post(number, day, text, **more):
    at = (START + timedelta(days=day, hours=6, minutes=number)).isoformat()
    return {"id": f"{day}-{number}", "at": at, "text": text, "by": f"a{number}", **more}


@pytest.fixture
def wall(new_project, light_gate):
    def build(settings=SETTINGS, posts=None, name="wall"):
        context = new_project(settings, PLUGIN, now=lambda: START + timedelta(days=9), name=name)
        found = context.source("wall")[0].fetch.__globals__["POSTS"]
        if posts is not None:
            found[:] = posts
        return context

    return build


@pytest.fixture
def read(monkeypatch):
    """What the encoder was given to read."""
    texts = []
    encode = Encoder.encode
    read_lately.cache_clear()

    def listened(self, asked):
        texts.extend(asked)
        return encode(self, asked)

    monkeypatch.setattr(Encoder, "encode", listened)
    return texts


POSTS = [post(number, 0, text) for number, text in enumerate(TEXTS)]
LABELS = """
    SELECT m.native_id, s.label FROM listening.fct_score s JOIN listening.fct_mention m USING (mention_id)
    WHERE s.measure = 'sentiment' ORDER BY 1
"""
KEPT = "SELECT count(*), count(DISTINCT text_hash), count(DISTINCT vector) FROM private.encoding"


def test_texts_that_read_alike_are_read_once_and_judged_alike(wall, read):
    context = wall(posts=POSTS)
    run(context, window(0))
    assert sorted(read) == sorted({text.lstrip() for text in read})
    assert len(read) == 3
    assert told(context, KEPT) == [(5, 3, 3)]
    labels = dict(told(context, LABELS))
    assert (labels["0-0"], labels["0-1"]) == ("negative", "positive")
    assert labels["0-0"] == labels["0-2"]
    assert labels["0-3"] == labels["0-4"]


def test_what_the_warehouse_has_read_is_not_read_again_on_another_day_or_for_another_measure(wall, read):
    run(wall(posts=POSTS), window(0))
    read.clear()
    context = wall(posts=[post(9, 1, TEXTS[0]), post(10, 1, "Acme, c'est du solide")])
    run(context, window(1))
    assert read == ["Acme, c'est du solide"]
    read.clear()
    context = wall(MORE)
    replay(context)
    assert read == []
    measures = told(context, "SELECT measure, count(*) FROM listening.fct_score GROUP BY 1 ORDER BY 1")
    assert measures == [("intent", 7), ("irony", 7), ("language", 7), ("sentiment", 7)]


def test_a_text_that_two_files_of_a_run_hold_and_a_clause_that_is_the_whole_text_are_read_once(wall, read):
    both = SETTINGS.replace("      wall: {", "      fence: {plugin: wall, channel: social}\n      wall: {")
    both = both.replace("names: [Acme]}", "names: [Acme], aspects: {leak: [fuit]}}")
    context = wall(both, posts=[post(0, 0, "Ma bouilloire Acme fuit")])
    run(context, window(0))
    assert read == ["Ma bouilloire Acme fuit"]
    assert told(context, KEPT) == [(2, 1, 1)]
    assert told(context, "SELECT count(*), count(label) FROM listening.fct_aspect")[0][0] == 2


def test_tables_do_not_depend_on_what_was_known(wall):
    step_by_step = wall(posts=POSTS)
    run(step_by_step, window(0))
    step_by_step = wall(posts=[post(9, 1, TEXTS[0])])
    run(step_by_step, window(1))
    backwards = wall(posts=[post(9, 1, TEXTS[0])], name="other")
    run(backwards, window(1))
    backwards = wall(posts=POSTS, name="other")
    run(backwards, window(0))
    with transaction(step_by_step.url) as one, transaction(backwards.url) as other:
        left, right = checksums(one), checksums(other)
    assert left == right
    rows = "SELECT mention_id, content_hash, text_hash, version, vector FROM private.encoding ORDER BY 1"
    assert told(step_by_step, rows) == told(backwards, rows)


def test_an_edit_takes_the_old_encoding_away_and_a_deletion_the_last(wall):
    context = wall(posts=POSTS[:1])
    run(context, window(0))
    before = told(context, "SELECT text_hash FROM private.encoding")
    edited = (START + timedelta(days=1, hours=2)).isoformat()
    context = wall(posts=[{**POSTS[0], "text": TEXTS[1], "edited": edited}])
    run(context, window(1))
    after = told(context, "SELECT text_hash FROM private.encoding")
    assert len(after) == 1
    assert after != before
    gone = START + timedelta(days=2, hours=2)
    run(wall(posts=[{**POSTS[0], "text": None, "edited": gone}]), window(2))
    assert told(context, KEPT) == [(0, 0, 0)]


def test_a_score_names_the_head_and_the_encoder_that_gave_it(wall):
    context = wall(posts=POSTS[:1])
    run(context, window(0))
    ((version, detail),) = told(
        context, "SELECT version, detail FROM listening.fct_score WHERE measure = 'sentiment'"
    )
    assert version.split("+")[1] == Encoder.load(encoder_folder()).version
    assert set(detail) == {"negative", "neutral", "positive"}
    assert sum(detail.values()) == pytest.approx(1, abs=0.002)


ABOUT = [f"Ma bouilloire {does}" for does in ("fuit", "siffle fort", "chauffe trop", "est en panne")]
BESIDE = [
    f"La série Acme {does}" for does in ("passe ce soir", "a une saison deux", "est très drôle", "finit mal")
]
RELEVANCE = """\
    filters:
      relevance: {{options: {{examples: {file}, least: 0.5}}}}
    scorers:
      language: {{}}
      relevance: {{options: {{examples: {file}}}}}
"""


def test_a_filter_judges_the_encoding_that_the_scorers_are_given_and_each_text_is_read_once(
    wall, read, tmp_path
):
    rows = [
        f"{text} {when},{label}"
        for texts, label in ((ABOUT, "yes"), (BESIDE, "no"))
        for text in texts
        for when in ("hier", "lundi", "demain", "encore", "enfin")
    ]
    (tmp_path / "examples.csv").write_text("\n".join(["text,label", *rows]), "utf-8")
    texts = [
        "@ana ma bouilloire Acme fuit toujours",
        "La série Acme est finie ce soir",
        "La bouilloire Acme est bien",
    ]
    context = wall(
        PLAIN + RELEVANCE.format(file=tmp_path / "examples.csv"),
        [post(number, 0, text) for number, text in enumerate(texts)],
    )
    run(context, window(0))
    assert len(read) == len(rows) + len(texts)
    values = told(context, "SELECT value, version FROM listening.fct_score WHERE measure = 'relevance'")
    assert len(values) == 2
    assert all(
        value >= 0.5 and Encoder.load(encoder_folder()).version in version for value, version in values
    )
    ((rule, reason),) = told(context, "SELECT rule, reason FROM ops.reject WHERE stage = 'filter'")
    assert (rule, reason.partition(":")[0]) == ("relevance", "relevance below 0.5")
