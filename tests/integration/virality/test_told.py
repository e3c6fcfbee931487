"""From posts to influence, kinds and cascades by the whole pipeline, in two cuts and in one."""

from datetime import timedelta

import pytest

from listening_etl.model import Window
from tests.integration.stories.telling import DAY, HEARD, PLUGIN, SETTINGS, WINDOW, Telling, post

SCORERS = "    scorers: {influence: {}, mention_kind: {options: {bare_link: 0.05}}}\n"
LINK = "https://essais.example/acme"
POSTS = (
    post("q", "Mon Acme fuit depuis hier, que faire ?", 1, by="ana", likes=3),
    post("r", "La mienne aussi, Acme ne répond pas", 2, by="bea", in_reply_to="q", likes=1),
    post("s", "Voilà où en est Acme aujourd'hui", 3, by="cyd", quoted_id="q", likes=0),
    post("l", f"Acme {LINK}", 30, by="ana", links=[LINK]),
)


@pytest.fixture
def heard(new_project, light_gate):
    """Call it for a project that heard the posts, in one window or cut in two, the second first."""

    def listen(name, *windows):
        telling = Telling(
            new_project(SETTINGS + SCORERS, PLUGIN, now=lambda: HEARD + timedelta(days=2), name=name)
        )
        for window in windows:
            telling.hear(*POSTS, window=window)
        return telling

    return listen


def found(telling):
    influence = telling.rows("""
        SELECT handle, influence, influence_detail FROM listening.dim_author JOIN private.author USING (author_key)
        ORDER BY handle""")
    mentions = telling.rows("""
        SELECT native_id, mention_kind, kind_weight, impact < 0.1, cascade_mentions, structural_virality, engagement
        FROM listening.impact JOIN listening.fct_mention USING (mention_id) JOIN listening.virality USING (mention_id)
        ORDER BY native_id""")
    return influence, mentions


def test_what_was_told_in_any_order_gives_the_same(heard):
    middle = DAY + timedelta(hours=2, minutes=30)
    straight = found(heard("straight", WINDOW))
    cut = found(heard("cut", Window(middle, WINDOW.until), Window(WINDOW.since, middle)))
    assert straight == cut
    influence, mentions = straight
    assert mentions == [
        ("l", "bare_link", 0.05, True, None, None, None),
        ("q", "original", 1.0, False, 3, pytest.approx(4 / 3), 3),
        ("r", "reply", 0.4, False, None, None, 1),
        ("s", "quote", 0.6, False, None, None, 0),
    ]
    # of three authors: engagement 3, 1 and 0; ana is answered and quoted; ana twice about us, the others once
    assert [detail["engagement"] for *_, detail in influence] == pytest.approx([2.5 / 3, 1.5 / 3, 0.5 / 3])
    assert [detail["pagerank"] for *_, detail in influence] == pytest.approx([2.5 / 3, 1 / 3, 1 / 3])
    assert [detail["specialisation"] for *_, detail in influence] == pytest.approx([2.5 / 3, 1 / 3, 1 / 3])
    assert {(detail["followers"], detail["version"]) for *_, detail in influence} == {(None, "2")}
    # bea: (.4 * 1.5/3 + .2 * 1/3 + .1 * 1/3) / .7
    assert [value for _, value, _ in influence] == pytest.approx([2.5 / 3, 0.3 / 0.7, 0.5 / 3 / 0.7])
