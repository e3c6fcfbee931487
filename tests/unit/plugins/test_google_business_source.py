"""The Google Business source: translations, anonymous reviewers, and places that are handed over."""

from datetime import UTC, datetime

import pytest

from listening_etl import CredentialsRejected, Deletion, Slice, Window
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.google_business import GoogleBusiness, GoogleBusinessOptions, original

SOURCE = GoogleBusiness()
PLACE = "accounts/1/locations/22"
OPTIONS = GoogleBusinessOptions(
    locations={PLACE: "Torréo"}, client_id="client", client_secret="hush-hush", refresh_token="1//s3cret"
)
NOW = datetime(2026, 10, 8, tzinfo=UTC)


def review(number, **more):
    times = {"createTime": "2026-10-05T09:00:00Z", "updateTime": "2026-10-05T09:00:00Z"}
    return {
        "name": f"{PLACE}/reviews/g{number}",
        "reviewId": f"g{number}",
        "starRating": "FOUR",
        **times,
        **more,
    }


@pytest.mark.parametrize(
    ("comment", "wanted"),
    [
        ("(Translated by Google) Long queue.\n\n(Original)\nLongue file.", "Longue file."),
        ("Longue file.\n\n(Translated by Google)\nLong queue.", "Longue file."),
        ("Longue file (Original).", "Longue file (Original)."),
        ("", None),
        (None, None),
    ],
)
def test_what_the_reviewer_wrote_is_kept_and_not_the_translation(comment, wanted):
    assert original(comment) == wanted


def test_stars_without_a_word_by_nobody_are_a_review():
    found = SOURCE.parse(review(1, reviewer={"displayName": "A Google User", "isAnonymous": True}), OPTIONS)
    assert (found.rating, found.rating_scale, found.text, found.author) == (4, 5, None, None)
    assert (found.about, found.updated_at) == (("Torréo",), None)


def test_a_place_that_is_handed_over_keeps_its_reviews():
    before, after = review(1), {**review(1), "name": "accounts/9/locations/22/reviews/g1"}
    assert SOURCE.parse(before, OPTIONS).native_id == SOURCE.parse(after, OPTIONS).native_id


def test_a_refresh_token_that_was_revoked_says_who_has_to_do_what():
    def answer(request):
        return Answer({"error": "invalid_grant", "error_description": "1//s3cret"}, status=400)

    with Platform(answer, NOW).http() as http, pytest.raises(CredentialsRejected) as caught:
        list(SOURCE.fetch(OPTIONS, Slice("t", "g", Window(datetime(2026, 10, 5, tzinfo=UTC), NOW)), http))
    assert "invalid_grant" in str(caught.value)
    assert "sign in again" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_what_became_of_reviews_and_answers():
    reply = {"reviewReply": {"comment": "Merci", "updateTime": "2026-10-06T09:00:00Z"}}
    held = {"g1": review(1, **reply), "g2": review(2)}

    def answer(request):
        return (
            {"access_token": "t0ken"}
            if request.path == "/token"
            else held.get(request.path.rpartition("/")[2])
        )

    ids = ["locations/22/reviews/" + one for one in ("g1", "g1:reply", "g2:reply", "g3")]
    with Platform(answer, NOW).http() as http:
        items = list(SOURCE.recheck(OPTIONS, [*ids, "locations/99/reviews/g1"], http))
    told = [SOURCE.parse(item, OPTIONS) for item in items]
    there = [m.native_id for m in [*told[0], told[1]]]
    assert there == [ids[0], ids[1], "locations/22/reviews/g2"]
    # Nothing is said of a place that is not in the settings: it is out of sight, not gone.
    assert told[2:] == [Deletion(ids[2]), Deletion(ids[3])]
