"""Links of every kind have one shape and grow with the mentions; who acts as one is found, with the evidence."""

import random

import pytest

from tests.integration.stories.telling import post

NEWS = (
    "Rappel de la bouilloire Acme Vapora : le fabricant demande de ne plus l'utiliser et rembourse tous les clients "
    "qui l'ont achetée entre mars et juin, avec ou sans ticket de caisse, dans tous les magasins"
)
SYNDICATED = f"{NEWS} (avec AFP)"
SLOGANS = (
    "Quelle honte, Acme se moque de nous depuis des mois, boycottez cette marque et faites passer le mot !",
    "Ma bouilloire Acme a pris feu dans la cuisine et personne ne rembourse, partagez avant qu'ils ne l'effacent",
)
LINK = "https://petition.example/acme"
SECOND = 1 / 3600


def links(told):
    return set(
        told.rows("""
        SELECT m.native_id, o.native_id, l.kind FROM listening.mention_link l
        JOIN listening.fct_mention m USING (mention_id) JOIN listening.fct_mention o ON o.mention_id = l.other_id""")
    )


def test_six_posts_have_exactly_the_links_that_they_show(told):
    told.hear(
        # a thread of three: a question, an answer to it, an answer to that
        post("q", "Votre Acme fuit aussi ?", 1, conversation_id="t"),
        post("r", "Oui, la mienne aussi, chez Acme on ne répond pas", 2, in_reply_to="q", conversation_id="t"),
        post("s", "Pareil, j'ai signé ceci contre Acme", 3, in_reply_to="r", conversation_id="t", links=[LINK]),
        # an article and the paper that printed it after an hour
        post("a", NEWS, 4, place="presse", url="https://presse.example/a"),
        post("b", SYNDICATED, 5, place="presse", url="https://presse.example/b"),
        # the same address, by somebody else, hours later
        post("u", "À signer si Acme vous a déçu", 9, links=[LINK]),
    )  # fmt: skip
    assert links(told) == {
        ("r", "q", "reply"),
        ("s", "r", "reply"),
        ("r", "q", "thread"),
        ("s", "q", "thread"),
        ("b", "a", "near_duplicate"),
        ("u", "s", "url"),
    }


def test_who_shares_an_article_that_we_hold_is_linked_with_it(told):
    told.hear(
        post("a", NEWS, 4, place="presse", url="https://presse.example/a"),
        post(
            "u", "Lisez ce que fait Acme", 9, links=["https://presse.example/a"], quoted_id="nobody we know"
        ),
    )
    assert links(told) == {("u", "a", "url")}


def test_a_burst_links_each_with_the_one_before_by_another(told):
    told.hear(
        post("a", "Acme, la honte", 1, links=[LINK]),
        post("b", "Acme, encore", 1 + 50 * SECOND, links=[LINK]),
        post("c", "Acme, toujours", 1 + 60 * SECOND, links=[LINK], by="auteur_b"),  # the same again
        post("d", "Acme, jamais plus", 1 + 110 * SECOND, links=[LINK]),
        post("e", "Acme, c'est fini", 1 + 171 * SECOND, links=[LINK]),  # 61 seconds later
    )
    star = {(one, "a", "url") for one in "bcde"}
    assert links(told) == star | {("b", "a", "burst"), ("d", "c", "burst")}


def campaign(accounts, slogans, start=30.0):
    """Each account posts each slogan, an hour after the other, half a second after one another."""
    return [
        post(f"{who}_{what}", f"{words} {'!' * who}", start + what + who * SECOND / 2, by=f"compte_{who}")
        for what, words in enumerate(slogans)
        for who in range(accounts)
    ]


def test_ten_accounts_that_paste_the_same_words_within_seconds_are_found_with_the_evidence(told):
    by_chance = [post(f"x{n}", f"Acme numéro {n}, une bouilloire comme les autres", n) for n in range(20)]
    told.hear(*campaign(10, SLOGANS), *by_chance)
    ((source, accounts, keys, objects, mentions, apart),) = told.rows("""
        SELECT source, accounts, author_keys, objects, mentions, seconds_apart FROM listening.coordination
        WHERE topic = 'kettles'""")
    assert (source, accounts, objects, len(mentions)) == ("oiseau", 10, 2, 20)
    handles = {
        row[0]
        for row in told.rows("SELECT handle FROM private.author WHERE author_key = ANY(:keys)", keys=keys)
    }
    assert handles == {f"compte_{who}" for who in range(10)}
    # neighbours are half a second apart, nine pairs; eight pairs 1 s; …; of 45 pairs the 23rd is 1.5 s apart
    assert apart == pytest.approx(1.5)
    assert told.rows("SELECT count(*), min(objects) FROM listening.co_sharing") == [(45, 2)]


@pytest.mark.parametrize(
    ("accounts", "slogans"), [(1, SLOGANS), (10, SLOGANS[:1])], ids=["one account", "once"]
)
def test_one_account_or_one_time_is_no_coordination(told, accounts, slogans):
    told.hear(*campaign(accounts, slogans))
    assert told.rows("SELECT * FROM listening.coordination") == []


def test_the_same_words_and_the_same_link_in_one_post_are_one_time(told):
    told.hear(*(post(f"{n}", SLOGANS[0], n * SECOND, links=[LINK]) for n in range(3)))
    assert told.rows("SELECT * FROM listening.co_sharing") == []


def test_links_that_everybody_shares_on_a_busy_day_make_no_flood(told):
    draw = random.Random(5)
    people = range(150)
    posts = [
        post(
            f"{n}_{link}",
            f"Acme {n} {link}",
            draw.uniform(8, 9),
            by=f"qui_{n}",
            links=[f"https://x.example/{link}"],
        )
        for n in people
        for link in range(4)
    ]
    told.hear(*posts)
    shared = 4 * len(people)
    by_kind = dict(told.rows("SELECT kind, count(*) FROM listening.mention_link GROUP BY 1"))
    assert by_kind["url"] == shared - 4  # stars: each with the first
    assert by_kind["burst"] <= shared - 4
    ((found,),) = told.rows("SELECT count(*) FROM listening.co_sharing")
    assert found <= 3  # of 11,175 pairs of people
