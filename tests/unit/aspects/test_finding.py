"""A clause speaks of the brand that it names, else of the one named last, else of all that the mention is about."""

from types import SimpleNamespace

import polars as pl
import pytest

from listening_etl.aspects.finding import FOUND, find, queries_of, query_of
from listening_etl.aspects.vocabulary import SHIPPED
from listening_etl.query import QueryError


def entity(name, role="competitor", aspects=None, **more):
    given = {"names": (name.title(),), "products": (), "query": None, "handles": (), "hashtags": (), **more}
    return SimpleNamespace(name=name, role=role, context=(), exclude=(), aspects=aspects or {}, **given)


LIST = {"delivery": ("$delivery",), "price": ("$price",)}
ENTITIES = {
    "acme": entity("acme", "own", LIST, handles=("acme_aide",), hashtags=("acme",)),
    "rival": entity("rival", aspects={"delivery": ("$delivery", "drone")}),
    "brio": entity("brio"),  # without aspects
    "faults": entity("faults", "category", {"price": ("$price",)}, names=(), query="panne"),
}


def said(text, *about, title=None, lists=None, entities=ENTITIES, lang="fr", **more):
    """(entity, aspect, words that name it, clause) of one mention."""
    mention = pl.DataFrame({"text": [text], "title": [title], "lang": [lang]}, schema=dict.fromkeys(
        ("text", "title", "lang"), pl.String))  # fmt: skip
    mention = mention.with_columns(**{name: pl.Series([told]) for name, told in more.items()})
    matches = pl.DataFrame(
        [(0, *one) if isinstance(one, tuple) else (0, one, "named") for one in about],
        schema={"row": pl.UInt32, "entity": pl.String, "match": pl.String},
        orient="row",
    )
    found = find(mention, matches, entities, queries_of(entities, lists or {}))
    assert dict(found.schema) == FOUND
    told = []
    for row in found.iter_rows(named=True):
        whole = mention[row["field"]][0]
        assert whole[row["clause_start"] : row["clause_end"]] == row["clause"]
        told.append((row["entity"], row["aspect"], whole[row["term_start"] : row["term_end"]], row["clause"]))
    return told


def test_each_clause_goes_to_the_brand_that_it_names():
    text = "Acme livre en retard mais Rival a une livraison parfaite"
    assert said(text, "acme", "rival") == [
        ("rival", "delivery", "livraison", "mais Rival a une livraison parfaite")
    ]


def test_a_clause_that_names_nobody_goes_to_who_was_named_last():
    text = "Acme va bien. Rival déçoit. La livraison est lente."
    assert said(text, "acme", "rival") == [("rival", "delivery", "livraison", "La livraison est lente.")]


def test_a_clause_before_any_name_goes_to_all_that_the_mention_is_about():
    assert [one[0] for one in said("La livraison est lente. Vive Acme", "acme", "rival")] == ["acme", "rival"]
    assert said("Livraison lente", ("acme", "tagged")) == [
        ("acme", "delivery", "Livraison", "Livraison lente")
    ]


def test_a_name_in_the_title_holds_for_the_text():
    assert said("La livraison est lente", "acme", "rival", title="Mon avis sur Rival") == [
        ("rival", "delivery", "livraison", "La livraison est lente")
    ]


@pytest.mark.parametrize("name", ["Acme", "@acme_aide", "#acme"])
def test_a_brand_is_named_by_account_and_hashtag_too(name):
    assert [one[0] for one in said(f"Rival est là. Chez {name} le prix est bas", "acme", "rival")] == ["acme"]


def test_what_is_said_of_a_brand_without_aspects_is_said_of_nobody_else():
    assert said("Acme va bien. Brio livre mal, livraison nulle", "acme", "brio") == []


def test_a_theme_takes_what_stands_beside_it_and_no_brand_loses_it():
    text = "Acme en panne, et le prix est fou"
    assert [one[:2] for one in said(text, "acme", "faults")] == [("acme", "price"), ("faults", "price")]


def test_context_of_a_thread_is_about_nothing_itself():
    assert said("La livraison est lente", ("acme", "context")) == []


def test_a_query_looks_at_the_clause_and_not_beyond():
    own = {"acme": entity("acme", aspects={"app": "appli AND bug*", "books": ["livre NOT livraison"]})}
    text = "Acme : l'appli est jolie mais le site bugue. Un livre, et la livraison suit."
    assert said(text, "acme", entities=own) == []
    assert said("Acme : l'appli bugue", "acme", entities=own) == [
        ("acme", "app", "appli", "Acme : l'appli bugue")
    ]


def test_lists_of_the_settings_go_before_the_shipped_ones():
    assert said("Acme : le drone est là", "acme", lists={"delivery": ["drone"]})[0][2] == "drone"
    assert said("Rival : le drone est là", "rival")[0][2] == "drone"
    assert query_of(("$price",), {}).version == query_of(["$price"], {}).version
    assert query_of("$price", {}).version != query_of("$price", {"price": ["prix"]}).version
    with pytest.raises(QueryError, match="Did you mean 'price'"):
        query_of(("$prise",), {})


def test_every_shipped_list_can_be_read_and_finds_both_languages():
    texts = {
        "delivery": ("le livreur est passé", "the parcel is lost"),
        "price": ("c'est hors de prix", "overpriced"),
        "staff": ("la vendeuse", "the waiters"),
        "after_sales": ("le SAV", "customer service"),
        "waiting": ("deux heures d'attente", "we waited"),
        "network": ("pas de réseau", "no coverage"),
        "food": ("le repas", "tasty"),
        "refund": ("jamais remboursée", "my refund"),
    }
    for name in SHIPPED:
        query_of((f"${name}",), {})
    for name, (french, english) in texts.items():
        own = {"acme": entity("acme", aspects={name: (f"${name}",)})}
        assert [said(text, "acme", entities=own)[0][1] for text in (french, english)] == [name, name]


def test_words_that_mean_something_else_are_left():
    own = {"acme": entity("acme", aspects={name: (f"${name}",) for name in SHIPPED})}
    for text in ("un bon livre", "dans le cadre de la loi", "les réseaux sociaux", "sales rep"):
        assert [one for one in said(text, "acme", entities=own) if one[1] != "staff"] == []


def test_an_account_that_is_tagged_is_named_where_it_is_written_and_not_in_every_clause():
    text = (
        "@acme_aide votre prix est nul. Rival livre en retard, la livraison est nulle. #acme ou le prix fou"
    )
    tags = {"tagged": ["acme_aide"], "hashtags": ["acme"]}
    assert [row[:3] for row in said(text, "acme", "rival", **tags)] == [
        ("acme", "price", "prix"),
        ("acme", "price", "prix"),
        ("rival", "delivery", "livraison"),
    ]
    assert [row[:2] for row in said("la livraison est nulle", "acme", "rival", **tags)] == [
        ("acme", "delivery"),
        ("rival", "delivery"),
    ]
