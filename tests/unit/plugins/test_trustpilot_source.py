"""The Trustpilot source: versions, what is hidden, and what became of a review."""

import json
from datetime import UTC, datetime
from pathlib import Path

from listening_etl import Deletion
from listening_etl.testing.platform import Platform
from plugins.sources.trustpilot import Trustpilot, TrustpilotOptions

SOURCE = Trustpilot()
OPTIONS = TrustpilotOptions(business_units={"bu-torreo": "Torréo"}, api_key="s3cret-key")
SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "trustpilot"


def parsed(name):
    return [SOURCE.parse(item, OPTIONS) for item in SOURCE.items((SAMPLES / name).read_bytes(), OPTIONS)]


def test_an_edited_and_answered_review_keeps_both_times_and_its_answer():
    (review, reply), _ = parsed("public.json")
    assert review.published_at == datetime(2026, 10, 5, 9, tzinfo=UTC)
    assert review.updated_at == datetime(2026, 10, 5, 18, tzinfo=UTC)
    assert (review.rating, review.rating_scale, review.likes) == (1, 5, 2)
    assert (reply.in_reply_to, reply.author.handle, reply.text) == (
        "tp-1",
        "Torréo",
        "Nous vous remplaçons la machine.",
    )
    assert review.about == reply.about == ("Torréo",)


def test_a_review_that_nobody_can_read_any_more_is_deleted():
    assert parsed("public.json")[1] == Deletion("tp-2")


def test_a_time_without_a_zone_is_utc_as_documented():
    ((review,),) = parsed("product.json")
    assert review.published_at == datetime(2026, 10, 5, 10, tzinfo=UTC)
    assert (review.title, review.text, review.about) == (
        "Torréo One",
        "Bon café, un peu bruyante.",
        ("Torréo",),
    )


def test_a_reply_that_was_taken_back_is_deleted_and_its_review_is_not():
    review = json.loads((SAMPLES / "public.json").read_bytes())["reviews"][0]
    asked = []

    def answer(request):
        asked.append(request.path)
        return {**review, "companyReply": None} if request.path.endswith("/tp-1") else None

    with Platform(answer, datetime(2026, 10, 8, tzinfo=UTC)).http() as http:
        items = list(SOURCE.recheck(OPTIONS, ["tp-1:reply", "tp-1", "tp-9"], http))
    told = [SOURCE.parse(item, OPTIONS) for item in items]
    assert [m[0].native_id if isinstance(m, list) else m for m in told] == [
        "tp-1",
        Deletion("tp-1:reply"),
        Deletion("tp-9"),
    ]
    assert asked == ["/v1/reviews/tp-1", "/v1/reviews/tp-9"]  # one request a review, not one an id
