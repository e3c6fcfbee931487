"""What each part of the language means, on small texts; fields, evidence, explanations, covers."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from listening_etl import Author, Media, Mention
from listening_etl.frame import from_mentions
from listening_etl.query import Corpus, cover, explain, parse

AT = datetime(2026, 10, 5, tzinfo=UTC)
LISTS = {"panne": ("en panne", "hs", "ne marche plus")}


def matches(query, text=None, title=None):
    frame = pl.DataFrame({"text": [text], "title": [title]}, schema={"text": pl.String, "title": pl.String})
    return Corpus(frame).matches(parse(query, LISTS)).item()


WORDS = """
appli                 | L'appli rame                  | applis
"l'appli rame"        | L’appli, rame !               | appli rame
l'appli               | l'appli, L’APPLI              | la appli
porte                 | mon porte-monnaie             | portes
e-mail                | mon email                     | mailing
e-mail                | un e mail, un e-mail          | mail
"mon e-mail perso"    | MON EMAIL PERSO               | mon e perso
3.5                   | version 3.5                   | version 3, puis 5
AT&T                  | chez AT&T                     | at&x t
café                  | CAFE                          | caf
=café                 | CAFÉ                          | cafe
!Orange               | Orange                        | orange
!été                  | ete                           | Ete
=!Été                 | Été                           | Ete
=!Été                 | Été                           | été
が                    | が                            | か
हिन्दी                | हिन्दी                        | हिनदी
cœur                  | un coeur                      | cour
strasse               | STRAßE                        | strase
نص                    | نَصّ                            | نصف
جدا                   | جـــدا                        | جد
اورانج                | أورانج                        | اورا
orange                | #orange                       | @orange
orange                | ma box Orange.                | https://orange.fr/a
orange                | Orange,Free                   | contact@orange.fr
#orange               | vive #Orange                  | orange
@orange               | merci @Orange !               | orange
@orange               | @orange@social.example        | @orange_fr
@jean.dupont          | @Jean.Dupont.                 | @jean
日本                  | 日本語                        | 日 、 x 本
😀                    | super😀😀                     | super
👍                    | 👍🏽                            | 👎
=👍🏽                   | 👍🏽                            | 👍
❤                     | ❤️                            | 💔
🇫🇷                    | allez 🇫🇷                      | allez 🇧🇪
orang*                | orangerie                     | norange
*range                | orange                        | oranges
o?ange                | orange                        | oange
*rang*                | orangerie                     | rage
"forfait * mobile"    | forfait très mobile           | forfait mobile
"forfait orang*"      | forfait Orangina              | forfait x orange
a NEAR/3 b            | a x x b                       | a x x x b
a NEAR/1 b            | b a                           | b x a
a ONEAR/3 b           | a x b                         | b a
a NEAR/2 a            | a a                           | a b
"a b" NEAR/2 c        | c x a b                       | a c b
(a NEAR/2 b) NEAR/2 c | b x a c                       | b x a x x c
a NEAR/2 (b OR "c d") | a x c d                       | a x x b
$panne NEAR/2 box     | box hs                        | box x x hs
"a b c"~2             | c x a b                       | c x x a b
"a a"~3               | a b a                         | a b
!"A b"~2              | b A                           | b a
raw:"a! "             | a! b                          | a!b
raw:É                 | É                             | é
a -b                  | a                             | a b
a NOT (b OR c)        | a                             | c a
{Orange Money}        | Orange Money                  | orange money
$panne                | elle ne marche plus           | elle marche
title:a               | :: a                          | a
text:a                | a :: b                        | b :: a
"a b"                 | a b                           | a :: b
a NEAR/5 b            | a b :: x                      | a :: b
title:(a AND NOT b)   | b :: a                        | x :: a b
"""


@pytest.mark.parametrize("row", WORDS.strip().splitlines())
def test_words(row):
    query, *texts = (cell.strip() for cell in row.split(" | "))
    for text, expected in zip(texts, (True, False), strict=True):
        body, _, title = text.partition("::")
        assert matches(query, body.strip() or None, title.strip() or None) is expected, text


FULL = Mention(
    native_id="1", published_at=AT, kind="reply", channel="social", text="Voir https://boutique.orange.fr/a?b=C",
    title="Bonjour", url="https://forum.example.org/t/12", lang_declared="fr-CA", in_reply_to="0",
    conversation_id="Fil-7", reply_to_author="sav", tagged=("orange_france", "kettle@social.example"),
    hashtags=("torréo",), links=("https://www.lemonde.fr/x",), media=(Media(url="https://x.org/a.jpg"),),
    rating=3.0, rating_scale=5.0, likes=10, replies=0, place="Lyon, France",
    author=Author(handle="Camille_D", name="Camille Dupré", followers=1200, verified=True),
)  # fmt: skip
BARE = Mention(native_id="2", published_at=AT, text="Rien")

FIELDS = """
author:camille_d author:@Camille_D author:camille* author:(x OR camille_d)   | author:camille author:$panne
author_name:dupre author_name:"camille dupré" author_name:dup*                | author_name:dup
url:/t/1 url:FORUM.example url:forum*t/12                                     | url:/t/2
site:forum.example.org site:example.org site:www.example.org site:*.org       | site:ample.org site:example.com
link:lemonde.fr link:orange.fr link:boutique.*.fr link:/a?b link:monde        | link:monde.fr link:fr/y
lang:fr lang:FR-ca                                                            | lang:f lang:en lang:fr-FR
channel:social kind:reply is:reply is:verified                                | channel:web kind:post is:review is:quote
has:media has:link has:place has:rating has:title has:text has:hashtag        |
place:lyon country:france place:"lyon france"                                 | place:paris
tagged:orange_france tagged:@orange_france @orange_france tagged:kettle tagged:kettle@social.example | tagged:orange tagged:sav
hashtag:torréo hashtag:#Torreo #torreo #torr* hashtag:tor*                    | hashtag:tor
reply_to:sav reply_to:@SAV                                                    | reply_to:camille_d
thread:fil-7                                                                  | thread:7
rating:3 rating:>=3 rating:<=3 rating:2..3 rating:(1 OR 3) rating:>2.5 rating:=3 | rating:>3 rating:<3 rating:4..5
followers:>1000 likes:10 replies:0 likes:(>=5 <=10)                           | followers:<1000 replies:>0 views:>=0 reshares:0
since:2026-10-05 until:2026-10-06 since:2026-10-05T02:00:00+02:00             | since:2026-10-06 until:2026-10-05
length:37 length:>30                                                          | length:>37
"""


@pytest.mark.parametrize("line", FIELDS.strip().splitlines())
def test_fields_match_what_is_known_and_nothing_else(line):
    frame, _ = from_mentions([FULL, BARE])
    corpus = Corpus(frame)
    yes, no = (cell.strip() for cell in line.split(" |"))
    for query in split(yes):
        assert corpus.matches(parse(query, LISTS))[0] is True, query
    for query in split(no):
        assert corpus.matches(parse(query, LISTS))[0] is False, query
    for query in split(f"{yes} {no}"):
        bare = corpus.matches(parse(query, LISTS))[1]
        assert bare == query.startswith(("since:2026-10-05", "until:2026-10-06", "has:text")), query
        assert corpus.matches(parse(f"NOT {query}", LISTS)).to_list() == [
            not found for found in corpus.matches(parse(query, LISTS))
        ]


def split(cell):
    """Queries side by side; those in quotation marks or parentheses hold spaces."""
    import re

    return re.findall(r'(?:[^\s"(]|"[^"]*"|\([^)]*\))+', cell)


def test_a_missing_column_is_unknown_and_matches_nothing():
    corpus = Corpus(pl.DataFrame({"text": ["a"]}))
    for field in (
        "author:a",
        "site:a",
        "rating:>0",
        "since:2026-01-01",
        "is:verified",
        "has:media",
        "lang:fr",
        "title:a",
        "place:a",
        "length:>5",
    ):
        assert corpus.matches(parse(f"a NOT {field}")).to_list() == [True], field


def test_a_link_at_the_end_of_a_sentence_has_its_host():
    assert matches("link:orange.fr", "Voir https://orange.fr, ou pas")
    assert not matches("link:orange.fr", "Voir https://orange.fr.example/")


def test_words_of_simple_alphabets_are_cut_as_all_others_are():
    from listening_etl.query import tokens

    for term in (
        "orange",
        "l'été d’or",
        "Ναι όχι",
        "сеть нет",
        "رشا بكة",
        "שלום",
        "네트 워크",
        "ÿƀɏ",
        "a_b c1",
    ):
        fast = tokens.slots(term)
        slow = tokens.slots(f"{term} \u2009")  # a space that only the slow way knows
        assert fast == slow, term


def test_the_detected_language_counts_before_the_declared_one():
    frame = pl.DataFrame({"text": ["a", "a"], "lang": ["en", None], "lang_declared": ["fr", "fr"]})
    assert Corpus(frame).matches(parse("lang:fr")).to_list() == [False, True]


def test_an_empty_batch_has_no_matches():
    corpus = Corpus(pl.DataFrame(schema={"text": pl.String, "title": pl.String}))
    for query in ("a", 'raw:"a"', "a NEAR/2 b", "NOT a", "author:x", '"a b"~3', "a*"):
        assert corpus.matches(parse(query)).to_list() == []
        assert corpus.evidence(parse(query)).height == 0


def test_evidence_is_every_occurrence_that_made_the_row_match():
    frame = pl.DataFrame(
        {
            "text": ["Une orange, et #Orange", "rien", "orange panne", "raw raw"],
            "title": [None, "L'Orange", "panne", None],
        }
    )
    corpus = Corpus(frame)
    assert corpus.evidence(parse("orange NOT panne")).rows() == [
        (0, "text", 4, 10, "orange"),
        (0, "text", 15, 22, "#Orange"),
        (1, "title", 2, 8, "Orange"),
    ]
    found = corpus.evidence(parse("(orange AND absent) OR panne"))
    assert found["words"].to_list() == ["panne", "panne"]  # what stands in a part that failed is no evidence
    assert corpus.first_evidence(parse("orange OR panne")).rows() == [
        (0, "orange", 4), (1, "Orange", None), (2, "orange", 0),
    ]  # fmt: skip
    assert corpus.evidence(parse("NOT NOT panne"))["row"].to_list() == [2, 2]
    assert corpus.evidence(parse('raw:"raw"')).select("start", "end").rows() == [(0, 3), (4, 7)]
    assert corpus.evidence(parse("NOT orange")).height == 0
    assert corpus.evidence(parse("NOT (orange AND absent)")).height == 0


def test_a_loose_phrase_is_found_in_its_shortest_stretches():
    corpus = Corpus(pl.DataFrame({"text": ["a b c b a", "a a b", "b a x a"]}))
    found = corpus.evidence(parse('"a b c"~2'))  # not "a b c b", which holds "a b c"
    assert found["words"].to_list() == ["a b c", "c b a"]
    assert corpus.evidence(parse('"a b"~2'))["words"].to_list() == ["a b", "b a", "a b", "b a"]


def test_a_text_that_repeats_two_words_without_end_is_no_trouble():
    frame = pl.DataFrame({"text": ["a b " * 50_000, "a x b x a"]})
    for query in (
        "(a NEAR/900 b) NEAR/900 a",
        '"a a a a a a a a"~900',
        "((a NEAR/99 b) NEAR/99 a) NEAR/99 b",
    ):
        assert Corpus(frame).matches(parse(query))[0], query


def test_an_explanation_names_the_clauses_that_decided():
    frame = pl.DataFrame({"text": ["Orange est HS depuis lundi"], "rating": [2.0]})
    query = parse("orange AND ($panne OR lent) NOT jus rating:<3", LISTS)
    told = explain(query, frame)
    assert told.matched
    assert told.because == (
        "It matches, because orange is there (Orange) and hs is there (HS) and jus is not there and rating:<3 holds."
    )
    assert [(part.clause, part.matched, part.words) for part in told.parts[:2]] == [
        ("orange", True, ("Orange",)),
        ("$panne OR lent", True, ("HS",)),
    ]
    told = explain(parse("orange AND (fibre OR livebox) NOT hs"), frame)
    assert told.because == (
        "It does not match, because nothing of fibre OR livebox is there and hs is there (HS)."
    )
    assert list(told.lines()) == [
        "no  orange AND (fibre OR livebox) AND NOT hs",
        "  yes orange (Orange)",
        "  no  fibre OR livebox",
        "    no  fibre",
        "    no  livebox",
        "  no  NOT hs",
        "    yes hs (HS)",
    ]
    with pytest.raises(ValueError, match="one mention, not 2"):
        explain(query, pl.concat([frame, frame]))


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("orange", ("orange",)),
        ("orange OR #sosh OR @free", ("orange", "#sosh", "@free")),
        ("orange AND (hs OR panne)", ("orange",)),
        ("(a OR b) AND livebox", ("livebox",)),
        ("box AND livebox", ("livebox",)),  # as many, and longer
        ("orange NEAR/5 panne NOT jus", ("orange",)),
        ('"en panne"', ("en panne",)),
        ('"forfait * mobile"', ("forfait",)),
        ("e-mail", ("e-mail", "e mail", "email")),
        ('"ne marche plus"~4', ("marche",)),
        ("orang* AND panne", ("panne",)),
        ("orang*", None),
        ("orange OR panne*", None),
        ("NOT orange", None),
        ("NOT NOT orange", ("orange",)),
        ("NOT (NOT orange AND NOT free)", ("orange", "free")),
        ("site:orange.fr", None),
        ("site:orange.fr AND orange", ("orange",)),
        ("title:orange", ("orange",)),
        ("$panne", ("en panne", "hs", "ne marche plus")),
        ('raw:"x!"', None),
    ],
)
def test_a_cover_is_what_a_keyword_search_must_ask_for(query, terms):
    assert cover(parse(query, LISTS)) == terms
