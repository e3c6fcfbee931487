"""Reading queries: precedence, spellings of other suites, lists, the canonical form, and every mistake shown."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_etl.errors import ConfigError
from listening_etl.query import QueryError, parse
from listening_etl.query import tree as t

LISTS = {
    "panne": ("en panne", "hs", "ne marche plus"),
    "soucis": ("$panne", "bug OR lent"),
    "comptes": ("camille", "jo*"),
    "a": ("$b",),
    "b": ("x", "$a"),
    "rien": (),
    "bad": ("(orange",),
}


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a b c", "a AND b AND c"),
        ("a AND (b AND c)", "a AND b AND c"),
        ("a OR b c", "a OR b AND c"),
        ("(a OR b) c", "(a OR b) AND c"),
        ("a NOT b OR c", "a AND NOT b OR c"),
        ("a -b -(c OR d)", "a AND NOT b AND NOT (c OR d)"),
        ("NOT a NEAR/3 b", "NOT a NEAR/3 b"),
        ("a b NEAR/3 c", "a AND b NEAR/3 c"),
        ("a NEAR/3 b ONEAR/4 c", "a NEAR/3 b ONEAR/4 c"),
        ("a NEAR/3 (b NEAR/4 c)", "a NEAR/3 (b NEAR/4 c)"),
        ("((a))", "a"),
        ("NOT NOT a", "NOT NOT a"),
        ("a NEAR/3f b", "a ONEAR/3 b"),
        ('near/4:a,b,"c d"', 'a NEAR/4 b NEAR/4 "c d"'),
        ("onear/4:a,b", "a ONEAR/4 b"),
        ("{Exact Case}", '!"Exact Case"'),
        ("=é !Orange =!Été !=Été", "=é AND !Orange AND =!Été AND =!Été"),
        ('="été là"', '="été là"'),
        ('"a  b"~5', '"a b"~5'),
        ('!"a b"~5', '!"a b"~5'),
        ('"orange"', "orange"),
        ('"AND" "a:b" "-x" "(" x', None),
        ('"OR"', '"OR"'),
        ("“en panne” «hs tout» „kein Netz“", '"en panne" AND "hs tout" AND "kein Netz"'),
        (r'raw:"il a dit \"non\""', r'raw:"il a dit \"non\""'),
        ("l'appli wi-fi 3.5 3,5 AT&T 😀 #orange @orange", None),
        ("a /* b OR */ c // d\nOR e", "a AND c OR e"),
        ("https://orange.fr/x", "https://orange.fr/x"),
        ("author:@camille", "author:@camille"),
        ("SITE:orange.fr", "site:orange.fr"),
        ("author:(a OR b -c)", "author:(a OR b AND NOT c)"),
        ('author_name:"Camille D"', 'author_name:"Camille D"'),
        ("url:https://x.y/z", "url:https://x.y/z"),
        ("since:2026-10-05 until:2026-10-05T08:00:00+02:00", None),
        ("rating:>=4 likes:3..5 views:<10", "rating:>=4 AND likes:3..5 AND views:<10"),
        ("title:(a OR -b)", "title:(a OR NOT b)"),
        ("title:a NEAR/2 b", None),
        ("$panne -mobile", "$panne AND NOT mobile"),
        ("author:$comptes", "author:$comptes"),
        ("rock and roll", "rock AND and AND roll"),
    ],
)  # fmt: skip
def test_a_query_has_one_canonical_form(written, canonical):
    if canonical is None:
        try:
            query = parse(written, LISTS)
        except QueryError:
            return
        assert parse(str(query), LISTS) == query
        return
    query = parse(written, LISTS)
    assert str(query) == canonical
    assert parse(canonical, LISTS) == query


def test_words_side_by_side_in_a_list_are_a_phrase_and_anything_else_is_an_expression():
    named = parse("$soucis", LISTS)
    phrases = [t.Term("en panne"), t.Term("hs"), t.Term("ne marche plus")]
    expected = t.any_of([t.Named("panne", t.any_of(phrases)), t.Term("bug"), t.Term("lent")])
    assert named == t.Named("soucis", expected)
    assert named.expanded == '(("en panne" OR hs OR "ne marche plus") OR bug OR lent)'


def test_a_changed_list_is_another_version_of_the_query_and_spaces_are_not():
    before = parse("orange $panne", LISTS)
    assert parse("orange  AND\n$panne", LISTS).version == before.version
    assert parse("orange $panne", {**LISTS, "panne": ("hs",)}).version != before.version


MISTAKES = [
    ("(orange AND panne", 0, "parenthesis is not closed", "')'"),
    ("orange AND (panne OR (hs)", 11, "parenthesis is not closed", "')'"),
    ("orange) AND hs", 6, "closes what none opened", "'('"),
    ("orange ()", 7, "parentheses are empty", "between"),
    ("orange AND", 10, "AND has nothing after it", "after AND"),
    ("OR orange", 0, "OR has nothing before it", "both sides"),
    ("a AND OR b", 6, "OR has nothing before it", "both sides"),
    ("a (b OR) c", 7, "OR has nothing after it", "after OR"),
    ("a NOT", 5, "NOT has nothing after it", "after NOT"),
    ("a, b", 1, "a comma says neither AND nor OR", "OR for any"),
    ('orange "en panne', 7, "quotation mark is not closed", "closing"),
    ("orange » a", 7, "quotation mark closes what none opened", "opening"),
    ("orange /* todo", 7, "comment is not closed", "*/"),
    ("orange {Exact", 7, "brace has no partner", "{Exact Case}"),
    ("a NEAR b", 2, "'NEAR' does not say how near", "NEAR/5"),
    ("a NEAR/ b", 2, "'NEAR/' does not say how near", "NEAR/5"),
    ("a ONEAR/x b", 2, "'ONEAR/x' does not say how near", "NEAR/5"),
    ("a NEAR/0 b", 2, "NEAR/0 is out of range", "From 1"),
    ("a NEAR/5000 b", 2, "NEAR/5000 is out of range", "1000"),
    ("a NEAR/3 NOT b", 9, "NOT cannot stand beside NEAR", "NOT c"),
    ("a NEAR/3 -b", 9, "NOT cannot stand beside NEAR", "NOT c"),
    ("a NEAR/3 (b AND c)", 9, "AND cannot stand beside NEAR", "(a OR b)"),
    ("a NEAR/3 site:x", 9, "site: cannot stand beside NEAR", "(a OR b)"),
    ('a NEAR/3 raw:"x"', 9, "raw: cannot stand beside NEAR", "(a OR b)"),
    ("sit:orange.fr", 0, "there is no field 'sit:'", "Did you mean 'site'?"),
    ("domain:orange.fr", 0, "there is no field 'domain:'", "'site:'"),
    ("a bio:chef", 2, "no field 'bio:', because no source tells", "Leave it out"),
    ("gender:f", 0, "no field 'gender:', because nobody's gender is guessed", "Leave it out"),
    ("site: orange.fr", 0, "site: is compared with nothing", "without a space"),
    ("site:OR a", 0, "site: is compared with nothing", "after the colon"),
    ("kind:poste", 5, "kind: knows no 'poste'", "Did you mean 'post'?"),
    ("is:vérifié", 3, "is: knows no 'vérifié'", "verified"),
    ("is:rev*", 3, "is: takes no wildcards", "review"),
    ("rating:bad", 7, "rating: needs a number, not 'bad'", "rating:>=4"),
    ("since:2026", 6, "since: needs a date", "since:2026-10-05"),
    ("until:2026-10-05T08:00:00", 6, "until: needs a date or a time with its zone", "+02:00"),
    ("site:(a NEAR/2 b)", 8, "NEAR cannot stand in site:", "OR"),
    ("title:site:x", 6, "the field site: stands in the field title:", "AND"),
    ("author_name:!!!", 12, "author_name: is compared with no word", "word"),
    ("raw:(a)", 4, "raw: takes one text", 'raw:"exactly this"'),
    ("a $pane", 2, "there is no list '$pane'", "Did you mean 'panne'?"),
    ("a $", 2, "$ names no list", "name of a list"),
    ("$rien", 0, "the list '$rien' is empty", "entry"),
    ("*", 0, "* has no letter", 'raw:"*"'),
    ('"!!!"', 0, "!!! has no letter", 'raw:"!!!"'),
    ("a - b", 2, "- has no letter", "word"),
    ("a = b", 2, "= stands alone", "before a word"),
    ("!(a)", 0, "! stands alone", "before a word"),
    ("!@Orange", 0, "accounts have no capitals or accents", "@Orange"),
    ('"orange"~3', 0, "~ joins several words", "2 to 8 words"),
    ('"en panne" ~3', 11, "~3 has no phrase", "after the quotation mark"),
    ("", 0, "the query is empty", "search for"),
    ("// nothing", 0, "the query is empty", "search for"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "at", "what", "do"), MISTAKES)
def test_a_mistake_is_shown_where_it_is_with_what_to_write(written, at, what, do):
    with pytest.raises(QueryError) as raised:
        parse(written, LISTS, "listening.yaml:14, topics.t.entities.e")
    error = raised.value
    assert what in error.what
    assert do in (error.do or "")
    assert (error.at, error.column) == (at, at + 1)
    first, line, caret, *_ = str(error).split("\n")
    assert first.startswith("listening.yaml:14, topics.t.entities.e: ")
    assert line == f"  {written}"
    assert caret == f"  {' ' * at}^"
    assert isinstance(error, ConfigError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_mistake_in_a_list_names_the_list_and_shows_the_entry():
    with pytest.raises(QueryError, match=r"^listening.yaml:3, list \$bad, entry 1: ") as raised:
        parse("orange $bad", LISTS, "listening.yaml:3")
    assert raised.value.query == "(orange"


def test_a_list_that_holds_itself_is_refused():
    with pytest.raises(QueryError, match=r"the list '\$a' holds itself: \$a > \$b > \$a"):
        parse("$a", LISTS)


def test_the_line_of_a_long_query_is_shown_and_wide_letters_move_the_caret():
    with pytest.raises(QueryError) as raised:
        parse("orange OR\n日本 AND sit:x\nOR b")
    assert (raised.value.line, raised.value.column) == (2, 8)
    assert raised.value.picture == "  日本 AND sit:x\n           ^"  # 日本 takes four columns
    with pytest.raises(QueryError) as raised:
        parse("orange OR " * 50 + "sit:x OR " + "b OR " * 50 + "c")
    line, caret = raised.value.picture.split("\n")
    assert line[caret.index("^") :].startswith("sit:x")
    assert len(line) < 110


def test_ten_thousand_words_and_two_hundred_levels_are_read_printed_and_matched():
    import polars as pl

    from listening_etl.query import Corpus, cover, explain

    frame = pl.DataFrame({"text": ["le mot7777 du jour", "rien"], "title": [None, None]})
    many = parse(" OR ".join(f"mot{i}" for i in range(10_000)))
    assert Corpus(frame).matches(many).to_list() == [True, False]
    assert len(cover(many)) == 10_000
    deep = "rien"
    for level in range(195):
        deep = f"({deep} AND NOT x{level}) OR y{level}"
    query = parse(deep)
    assert parse(str(query)) == query
    assert Corpus(frame).matches(query).to_list() == [False, True]
    assert explain(query, frame[1:]).matched
    assert cover(query) is not None
    with pytest.raises(QueryError, match="parentheses nest deeper than 200"):
        parse(f"(({deep}) AND a OR b) AND c OR " * 3 + "(" * 9 + deep.replace("rien", f"({deep})") + ")" * 9)
    assert str(parse("(" * 500 + "a" + ")" * 500)) == "a"


@given(st.text(alphabet='ab é"(){}:$#@!=-~*?/,.\\\n ANDORTE935«»“”', max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_query_or_a_mistake_and_a_query_survives_printing(written):
    try:
        query = parse(written, LISTS)
    except QueryError as error:
        assert error.picture.endswith("^")
        return
    assert parse(str(query), LISTS) == query


@pytest.mark.parametrize("words", ['"near/4:a"', '"onear/4:"', 'url:"near/4:a"', '"NEAR/4:a"'])
def test_quoted_words_that_look_like_an_operator_survive_printing(words):
    assert str(parse(words)) == words


def test_an_address_is_no_host():
    with pytest.raises(QueryError, match="site: needs a host, not 'https://orange"):
        parse("site:https://orange.fr/")


def test_near_with_a_list_is_read_in_capitals_too():
    assert str(parse("NEAR/4:box,panne")) == "box NEAR/4 panne"
    assert str(parse("ONEAR/4:box,panne")) == "box ONEAR/4 panne"


def test_bytes_that_are_no_utf8_are_a_mistake_with_a_place():
    with pytest.raises(QueryError, match="no character of UTF-8") as caught:
        parse("caf\udce9")
    assert caught.value.at == 3
