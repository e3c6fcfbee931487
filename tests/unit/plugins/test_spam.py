"""The spam filter: what it takes, what it leaves alone, and that the weights belong to the features."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from listening_etl import PluginError
from listening_etl.testing import FilterContract
from models.spam import train
from plugins.filters import spam
from plugins.filters.spam import Spam, SpamOptions

DATA = Path(__file__).parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled comments are not in the repository")


@pytest.fixture(scope="module")
def honest():
    return train.read_honest(DATA)


def judged(*texts, title=None, threshold=0.5):
    rows = pl.DataFrame(
        {"title": [title] * len(texts), "text": texts}, schema={"title": pl.String, "text": pl.String}
    )
    return Spam().keep(rows, SpamOptions(threshold=threshold))


class TestSpam(FilterContract):
    plugin = Spam()
    keeps = (
        "Ma Torréo fuit depuis la mise à jour, quelqu'un a une idée ?",
        "Je suis abonnée depuis dix ans et c'est la première panne",
        "On m'a promis 500 € par jour, c'est une arnaque",
        "Great kettle, arrived on time",
        None,
    )
    drops = (
        "Abonne-toi à ma chaîne stp, je rends l'abonnement",
        "Gagne 500 € par jour depuis chez toi, clique ici",
        "Grand marabout voyant, retour de l'être aimé en 48 heures",
        "IPTV pas cher, 12 000 chaînes, test gratuit, contactez-nous sur WhatsApp",
        "Check out my channel and subscribe please!!!",
        "http://www.ebay.com/itm/251638183951",
    )


def test_why_names_the_probability_and_the_strongest_signs():
    answer = judged("Check out my channel and subscribe please!!!", "Ma Torréo fuit")
    why, none = answer["why"].to_list()
    assert why.startswith("probability 1.00: ")
    assert "subscribe" in why
    assert "my channel" in why
    assert none is None


def test_nothing_to_read_is_never_spam():
    answer = judged(None, "", "  ", title="Subscribe to my channel, check out my video please")
    assert answer["keep"].to_list() == [None, None, None]
    assert answer["why"].to_list() == [None, None, None]


def test_a_title_is_read_with_its_text():
    assert judged("Merci d'avance")["keep"].to_list() == [True]
    assert judged("Merci d'avance", title="Abonne-toi à ma chaîne")["keep"].to_list() == [False]


def test_a_higher_threshold_never_takes_more():
    texts, _ = train.read_invented("tried")
    kept = [judged(*texts, threshold=threshold)["keep"].sum() for threshold in (0.1, 0.5, 0.9, 1.0)]
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Hey &amp;#39;you&amp;#39;\ufeff", "Hey 'you'"),
        ("one<br /><br />two", "one two"),
        ("ｆｒｅｅ  money\n now", "free money now"),
        ("I <3 it, 5 < 6 > 4", "I <3 it, 5 < 6 > 4"),
    ],
)
def test_markup_is_taken_off(written, seen):
    assert spam.plain([written]).to_list() == [seen]


def test_of_a_link_the_host_is_read_and_of_a_handle_that_there_is_one():
    (read,) = spam.worded(pl.Series(["Hi @ana_b see https://www.Example.org/a?b=1 or cheap-views. com"]))
    assert read.split() == [
        "hi",
        "xhandle",
        "see",
        "xlink",
        "example.org",
        "or",
        "xlink",
        "cheap-views.",
        "com",
    ]


def test_features_of_a_text_do_not_depend_on_the_others():
    texts = ["Ma Torréo fuit", "", "SUBSCRIBE!!! http://x.example"]
    together = spam.features(texts).toarray()
    for row, text in zip(together, texts, strict=True):
        assert np.array_equal(spam.features([text]).toarray()[0], row)


def test_weights_that_cannot_be_read_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(spam, "WEIGHTS", tmp_path / "weights.npz")
    spam.load.cache_clear()
    with pytest.raises(PluginError, match=r"weights\.npz.*models/spam/train\.py"):
        spam.score(["x"])
    spam.load.cache_clear()


def test_the_same_weights_are_the_same_bytes(tmp_path):
    weights = np.linspace(-3, 3, 1000)
    for name in ("a", "b"):
        train.save(tmp_path / name, weights, 0.25)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with np.load(tmp_path / "a", allow_pickle=False) as stored:
        assert np.abs(stored["weights"] / stored["steps"] - weights).max() <= 0.5 / train.STEPS


def test_french_spam_that_it_was_not_trained_on():
    texts, truth = train.read_invented("test")
    found = spam.score(texts) >= 0.5
    assert found[truth == 1].mean() >= 0.8  # 25 of 30
    assert found[truth == 0].mean() <= 0.15  # 4 of 30, written to look like spam


def test_invented_texts_stand_once():
    parts = [text for part in ("train", "tried", "test") for text in train.read_invented(part)[0]]
    assert len(parts) == len(set(parts))


@needs_data
def test_weights_and_features_belong_together():
    for texts, truth in train.read_videos(DATA).values():
        assert (
            f1_score(truth, spam.score(texts) >= 0.5) > 0.97
        )  # it has seen them; unseen ones are in the card


@needs_data
@pytest.mark.parametrize("name", ["airline_tweets", "tripadvisor_lyon", "media_tweets", "umsab_french"])
def test_honest_mentions_that_it_was_not_trained_on_stay(honest, name):
    aside = train.halves(honest[name])[1]
    assert (spam.score(aside) >= 0.5).mean() < 0.005
