"""Texts are cut where they say something else, and nowhere else; every character keeps its place."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_etl.aspects.clauses import SCHEMA, clauses
from listening_etl.aspects.connectors import BY_LANGUAGE

CUT = [
    ("fr", "J'adore l'appli | mais le support est nul."),
    ("fr", "Le réseau est bon, | mais le service client est injoignable | et je change"),
    ("fr", "Super produit ! | Par contre, 3 semaines de retard... c'est long"),
    ("fr", "Livraison rapide, | prix élevé, | personnel très aimable"),
    ("fr", "La fibre marche | et le prix est correct"),
    ("fr", "Livraison : nulle | - prix : correct | - qualité : bonne"),
    ("fr", "Le prix est bas ; | la box plante"),
    ("fr", "Les plats excellents, | par contre la salle sale"),
    ("fr", "Un prix élevé | mais c'est bon"),
    ("fr", "Même si c'est cher, | je reste"),
    ("fr", "Première ligne\n | Deuxième ligne"),
    ("en", "Great food | but the waiters were rude, | and it took forever."),
    ("en", "The food was good, | although the bill was high"),
    ("de", "Das Essen war gut, | aber der Service schlecht"),
    ("es", "La comida es buena, | pero el precio es alto | y el servicio fue lento"),
    ("it", "Il cibo è ottimo | ma il servizio è lento"),
    ("pt", "A entrega foi rápida | mas o preço é alto"),
    ("en", "They said no. | The delivery was late."),
    (None, "Good. | But slow, but ok"),
    ("ar", "التوصيل بطيء؟ | السعر مرتفع."),
]
WHOLE = [
    ("fr", "Le prix, la qualité et le service sont au top"),  # a list
    ("fr", "le prix et la qualité sont bons"),
    ("fr", "Ni bon, ni mauvais"),
    ("fr", "rapide mais aussi pas cher"),
    ("fr", "la livraison, qui était prévue lundi, est arrivée jeudi"),  # a relative clause
    ("fr", "Si la livraison est en retard, je demande un remboursement"),  # a condition
    ("fr", "M. Dupont de la S.N.C.F. est venu, etc. pour 3,5 euros"),  # no ends of sentences
    ("fr", "La livraison... 3 semaines"),
    ("fr", "Orange n'est pas cher et le réseau bon"),  # no verb on the right
    ("fr", "Nul ! 😡😡"),  # signs belong to what they stand behind
    ("fr", "une ligne que son auteur\ncoupe au milieu"),
    ("en", "My order no. 12 is late"),
    ("en", "Not only fast but also cheap"),
    ("en", "The app is nothing but trouble"),
    ("en", "The website, on the other hand, keeps crashing."),  # a noun and its verb
    ("fr", "Le prix par contre a doublé"),
    ("fr", "ma livebox est là"),  # `ma` is a word of contrast in Italian alone
]


@pytest.mark.parametrize(("language", "marked"), [*CUT, *WHOLE])
def test_a_text_is_cut_where_it_says_something_else(language, marked):
    parts = marked.split(" | ")
    text = marked.replace("\n | ", "\n").replace(" | ", " ")
    found = clauses(pl.Series([text]), pl.Series([language], dtype=pl.String))
    assert found["clause"].to_list() == [part.strip() for part in parts]


def test_sentences_end_without_a_space_where_people_write_none():
    found = clauses(pl.Series(["配送很慢。价格太高！「质量不错？」好"]), pl.Series(["zh"]))
    assert found["clause"].to_list() == ["配送很慢。", "价格太高！", "「质量不错？」", "好"]


def test_rows_languages_and_places_are_kept():
    texts = pl.Series(["Bien.  Mal.", None, "", "😡", "ma box, ma vie", "Bello ma caro"])
    found = clauses(texts, pl.Series(["fr", "fr", "fr", "fr", "fr", "it"]))
    assert found.rows() == [
        (0, 0, 5, "Bien."),
        (0, 7, 11, "Mal."),
        (4, 0, 14, "ma box, ma vie"),
        (5, 0, 5, "Bello"),
        (5, 6, 13, "ma caro"),
    ]
    assert dict(found.schema) == SCHEMA
    assert clauses(pl.Series([], dtype=pl.String)).is_empty()


def test_places_count_characters_of_the_composed_form():
    (row,) = clauses(pl.Series(["e\u0301te\u0301."])).rows()
    assert row == (0, 0, 4, "été.")


PIECES = [
    "mais",
    " but ",
    ", ",
    ". ",
    "! ",
    "le prix est bas",
    "\n",
    "\x00",
    "\x01",
    "\ue000",
    "é",
    "😡",
    "M. ",
    "; ",
    "… ",
]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=40),
    st.sampled_from([None, *BY_LANGUAGE]),
)
def test_clauses_in_order_hold_every_word_once(text, language):
    found = clauses(pl.Series([text]), pl.Series([language], dtype=pl.String))
    (kept,) = pl.Series([text]).str.replace_all(r"[\x00\x01\x{e000}]", " ").str.normalize("NFC")
    after = 0
    rest = []
    for _, start, end, clause in found.rows():
        assert after <= start < end
        assert kept[start:end] == clause
        rest.append(kept[after:start])
        after = end
    rest.append(kept[after:])
    if found.height:  # between clauses is white space alone
        assert pl.Series(rest).str.strip_chars().eq("").all()
    else:
        assert not pl.Series([kept]).str.contains(r"[\p{L}\p{N}]").any()


@settings(deadline=None)
@given(st.lists(st.sampled_from([text.replace(" | ", " ") for _, text in CUT]), min_size=1, max_size=6))
def test_a_text_is_cut_alike_whatever_stands_beside_it(texts):
    language = pl.Series(["fr"] * len(texts))
    together = clauses(pl.Series(texts), language)
    alone = [clauses(pl.Series([text]), language[:1]) for text in texts]
    assert together.drop("row").equals(pl.concat(alone).drop("row"))
