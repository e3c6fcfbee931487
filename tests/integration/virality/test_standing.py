"""What scorers of authors are told of the network and of what authors say besides, and what a mention weighs."""

import polars as pl
import pytest

from listening_etl.warehouse import authors, tables
from plugins.scorers.influence import Influence, InfluenceOptions
from tests.integration.virality.conftest import key


def told(spreading, source="oiseau"):
    names = {str(key(name)): name for name in ("ana", "bea", "cyd", "brand", "far")}
    rows = authors.of_source(spreading.connection, source).to_dicts()
    return {names[row.pop("author_key")]: row for row in rows}


def test_who_is_answered_quoted_or_reshared_stands_higher(spreading):
    for name, by in (("a", "ana"), ("b", "bea"), ("c", "cyd"), ("b2", "bea")):
        spreading.mention(name, by=by)
    for name, other, kind in (("b", "a", "reply"), ("c", "a", "quote"), ("b2", "b", "reshare")):
        spreading.link(name, other, kind)
    spreading.link("b2", "a", "quote")
    # bea and cyd give all to ana (what bea says of herself counts nothing), who gives to all three alike:
    # b = c = 0.15 + 0.85 a / 3, a + 2 b = 3, so a (1 + 1.7 / 3) = 2.7
    ana = 2.7 / (1 + 1.7 / 3)
    found = {name: row["pagerank"] for name, row in told(spreading).items()}
    assert found == {name: pytest.approx(rank, abs=1e-9) for name, rank in
                     (("ana", ana), ("bea", (3 - ana) / 2), ("cyd", (3 - ana) / 2))}  # fmt: skip
    assert found["bea"] == found["cyd"]  # to the last digit, or they would have different ranks


def test_without_links_nobody_knows_who_stands_where(spreading):
    spreading.mention("a", by="ana")
    spreading.mention("far away", by="far", source="forum")
    spreading.link("a", "far away")
    assert told(spreading)["ana"]["pagerank"] is None
    assert told(spreading, "forum")["far"]["pagerank"] is None


def test_what_stands_in_threads_tells_how_much_they_say_besides_and_nothing_else(spreading):
    for name, by, match in (
        ("a1", "ana", "named"), ("a2", "ana", "named"), ("b1", "bea", "named"), ("b2", "bea", "context"),
        ("c1", "cyd", "context"), ("x", "brand", "author"),
    ):  # fmt: skip
        spreading.mention(name, by=by, match=match)
    spreading.link("c1", "a1", "reply")
    spreading.counted("a1", (1, 4))
    spreading.counted("b1", (1, 6))
    spreading.counted("b2", (1, 100))
    found = told(spreading)
    assert set(found) == {"ana", "bea", "brand"}  # cyd wrote context alone
    assert {name: (row["mentions"], row["median_engagement"], row["replies_received"]) for name, row in found.items()} == {
        "ana": (2, 4, 0), "bea": (1, 6, 0), "brand": (1, None, 0),
    }  # fmt: skip
    # Wilson, z² = 3.8415: 2 of 2 gives 2 / (2 + z²), 1 of 1 gives 1 / (1 + z²), 1 of 2 gives 0.0945
    specialisation = {name: round(row["specialisation"], 4) for name, row in found.items()}
    assert specialisation == {"ana": 0.3424, "brand": 0.2065, "bea": 0.0945}
    assert found["ana"]["pagerank"] is None  # the one who answered her wrote context


def test_the_components_that_are_stored_add_up(spreading):
    for name, by, followers in (("a", "ana", 900), ("b", "bea", 20), ("c", "cyd", None)):
        spreading.author(by, followers)
        spreading.mention(name, by=by)
    spreading.link("b", "a", "reply")
    spreading.counted("c", (1, 3))
    seen = authors.of_source(spreading.connection, "oiseau")
    answer = Influence().score(seen, InfluenceOptions())
    judged = seen.select("author_key").hstack(
        answer.select("value", answer["detail"].struct.json_encode().alias("detail"))
    )
    authors.store(spreading.connection, "influence", "oiseau", judged.with_columns(version=pl.lit("2")))
    rows = spreading.rows("""
        SELECT influence, influence_detail ->> 'version',
               (SELECT sum(w.value::float8 * (influence_detail ->> w.key)::float8)
                FROM jsonb_each_text(influence_detail -> 'weights') w)
        FROM listening.dim_author""")
    assert len(rows) == 3
    for value, version, total in rows:
        assert version == "2"
        assert value == pytest.approx(total)


def test_a_bare_link_weighs_less_than_the_article_of_the_same_author(spreading):
    spreading.author("ana", 900)
    chosen = {"topic": "kettles", "measure": "mention_kind", "scorer": "mention_kind"}
    spreading.put(tables.dim_measure, **chosen)
    for name, label, weight in (("blog", "article", 1.0), ("forum", "bare_link", 0.1), ("mail", None, None)):
        spreading.mention(name, by="ana")
        spreading.put(
            tables.fct_score, **chosen, mention_id=key(name), version="1", label=label, value=weight
        )
    unknown = "SELECT count(*) FROM listening.impact WHERE impact IS NOT NULL"
    assert spreading.rows(unknown) == [(0,)]  # nobody judged ana yet
    spreading.connection.exec_driver_sql("UPDATE listening.dim_author SET influence = 0.7")
    rows = spreading.rows(
        "SELECT mention_kind, kind_weight, influence, impact FROM listening.impact ORDER BY impact"
    )
    assert rows == [("bare_link", 0.1, 0.7, 0.07), ("article", 1.0, 0.7, 0.7), (None, None, 0.7, None)]
