"""The form in which somebody spoke, and what it weighs by the settings."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from listening_etl import Mention
from listening_etl.frame import from_mentions
from plugins.scorers.mention_kind import MentionKind, MentionKindOptions

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LINK = "https://essais.example/torreo"
OPINION = "Trois mois que j’ai la Torréo, et elle fuit déjà"


def judged(options=None, **fields):
    frame, wrong = from_mentions([Mention(native_id="1", published_at=NOON, **fields)])
    assert wrong == {}
    (row,) = MentionKind().score(frame, options or MentionKindOptions()).to_dicts()
    return row


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("original", {"text": OPINION}),
        ("original", {"text": f"{OPINION} {LINK}", "links": (LINK,)}),
        ("original", {"text": "Torréo !"}),  # few words, but no link
        ("original", {"text": None}),
        ("original", {"kind": "message", "text": OPINION}),
        ("article", {"kind": "article", "title": "La Torréo au banc d’essai", "links": (LINK,)}),
        ("review", {"kind": "review", "text": "Bof"}),
        ("review", {"text": LINK, "rating": 2.0, "rating_scale": 5.0}),
        ("reply", {"text": OPINION, "in_reply_to": "0"}),
        ("reply", {"kind": "comment", "text": OPINION}),
        ("quote", {"text": OPINION, "quoted_id": "0"}),
        (
            "quote",
            {"text": f"Tiens {LINK}", "quoted_id": "0", "in_reply_to": "7"},
        ),  # the link is the quoted one's
        ("reshare", {"text": OPINION, "reshared_id": "0"}),
        ("reshare", {"text": "RT @torreo: la nouvelle Torréo est là"}),
        ("bare_link", {"text": LINK}),
        ("bare_link", {"text": f"@ana regarde ça : {LINK} #torreo"}),
        ("bare_link", {"text": "À lire", "links": (LINK,)}),
        ("original", {"text": f"新しいトレオは水が漏れる {LINK}"}),  # no spaces between words
        ("original", {"text": f"เครื่องชงกาแฟรั่ว {LINK}"}),
        ("bare_link", {"text": f"必見 {LINK}"}),
        ("bare_link", {"title": "La Torréo X au banc d’essai de la rédaction", "links": (LINK,)}),
        ("bare_link", {"text": LINK, "in_reply_to": "0", "kind": "reply"}),
        (None, {"kind": "survey", "text": OPINION}),
        (None, {"channel": "email", "kind": "message", "text": OPINION}),
    ],
)
def test_the_first_kind_that_fits(kind, fields):
    assert judged(**fields)["label"] == kind


def test_a_bare_link_in_a_forum_weighs_less_than_an_article_of_the_blog():
    forum, blog = judged(text=LINK, kind="post"), judged(text=OPINION, kind="article", channel="web")
    assert (forum["value"], blog["value"]) == (0.1, 1.0)


def test_the_settings_say_what_a_kind_weighs_and_what_is_bare():
    options = MentionKindOptions(reply=0.25, words=0)
    assert judged(options, text="oui", in_reply_to="0")["value"] == 0.25
    assert judged(options, text=LINK)["label"] == "original"


def test_what_a_bare_link_is_told_by_is_kept():
    assert judged(text=f"L’avis d’Élise, 2 ans après : {LINK}")["detail"] == {"words": 5, "link": True}
    assert judged(kind="call", text=OPINION) == {"label": None, "value": None, "detail": None}


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValidationError):
        MentionKindOptions(original=weight)
