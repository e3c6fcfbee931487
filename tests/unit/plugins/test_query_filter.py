"""Homonyms and off-topic context by queries of our language, with the words that told."""

import pytest
from pydantic import ValidationError

from listening_etl.testing.judges import frame_of
from plugins.filters.query import Query, QueryOptions


def judged(*texts, **options):
    return Query().keep(frame_of(texts, "fr"), QueryOptions(**options))


def test_the_fruit_goes_and_the_operator_stays():
    answer = judged(
        "Je bois un jus d'orange",
        "Orange est en panne à Lyon",
        "L'orange pressée du matin, chez Orange",
        None,
        drop="orange NEAR/3 (jus OR pressée)",
    )
    assert answer["keep"].to_list() == [False, True, False, True]
    assert answer["why"].to_list()[1] is None
    assert "jus d'orange" in answer["why"][0]
    assert "orange pressée" in answer["why"][2]


def test_what_lacks_the_context_goes_and_silence_stays():
    answer = judged("le hameau de Torreo", "le café de ma Torreo", None, keep="café OR machine")
    assert answer["keep"].to_list() == [False, True, True]
    assert answer["why"][0] == "it does not match `keep`"


def test_both_at_once_and_lists():
    answer = judged(
        "café Torreo",
        "thé Torreo",
        "café du hameau",
        keep="$drinks",
        drop="hameau",
        lists={"drinks": ["café"]},
    )
    assert answer["keep"].to_list() == [True, False, False]


def test_a_match_by_a_field_has_no_words_to_quote():
    answer = judged("Bonjour", drop="lang:fr")
    assert answer.row(0) == (False, None)


@pytest.mark.parametrize(
    ("options", "said"), [({}, "give `keep`, `drop` or both"), ({"drop": "(orange"}, "drop: ")]
)
def test_a_query_that_cannot_be_read_is_told_in_the_settings(options, said):
    with pytest.raises(ValidationError, match=said):
        QueryOptions(**options)
