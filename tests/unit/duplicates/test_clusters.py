"""Which texts are copies of one another, in examples, and in files."""

from __future__ import annotations

import random
import tracemalloc

import polars as pl
import pytest

from listening_etl.duplicates import clusters, dedupe, sketches
from listening_etl.errors import ConfigError

LEAK = "Ma cafetière Torvelio fuit depuis hier soir et le service client ne répond toujours pas."
COPIES = [
    "RT @ana: Ma cafetière Torvelio fuit depuis hier soir et le service client ne répond toujours pas.",
    "ma cafetiere torvelio fuit depuis hier soir et le service client ne repond toujours pas 😡 #fail #sav",
    "Ma cafetière Torvelio fuit depuis hier soir et le service client ne répond toujours pas https://t.co/ab12",
    "Ma caftière Torvelio fuit depuis heir soir et le servise client ne répond toujour pas",
    "Ma cafetière Torvelio fuit depuis hier soir et le service client ne rép…",
    "mA cqfetièreTorvelio fuiit depus hier soiir etle service cleint ne rpéond toujorus pas",
    "Ma vieille cafetière Torvelio fuit depuis hier soir et le service client ne répond toujours pas.",
]
OTHERS = [
    "Ma cafetière Torvelio chauffe depuis hier soir et le magasin de Lyon ne répond toujours pas.",
    "Ma tondeuse Brutordo fuit depuis hier soir et le service client ne répond toujours pas.",
    "Le service client de Torvelio a répondu hier soir, ma cafetière ne fuit plus, merci !",
]


def together(*texts: str) -> bool:
    return clusters(pl.Series(texts)).n_unique() == 1


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_found(copy):
    assert together(LEAK, copy)


@pytest.mark.parametrize("other", OTHERS)
def test_another_text_is_none(other):
    assert not together(LEAK, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Le vol AF 1234 de ce matin pour Nantes est retardé de deux heures.",
         "Le vol AF 5678 de ce matin pour Nantes est retardé de deux heures."),
        ("Bonjour Marie, merci de nous envoyer votre numéro de commande en message privé.",
         "Bonjour Philippe, merci de nous envoyer votre numéro de commande en message privé."),
        ("Audiences du 11/05 : 5,8 pour le journal, 4,1 pour le film, 2,9 pour le débat.",
         "Audiences du 16/05 : 3,9 pour le journal, 2,8 pour le film, 3,1 pour le débat."),
        ("merci beaucoup !", "merci beaucoup !"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_template_filled_otherwise_is_no_copy_and_a_few_words_are_nobodys(one, other):
    assert not together(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我昨天买的咖啡机已经坏了，客服一直没有人回复我，真是太让人失望了。",
         "我昨天买的咖啡机已经坏了，客服一直没有人回复，真的太让人失望了！"),
        ("آلة القهوة التي اشتريتها أمس تعطلت وخدمة العملاء لا ترد على رسائلي منذ يومين",
         "آلة القهوه التي اشتريتها امس تعطلت وخدمة العملاء لا ترد علي رسائلي منذ يومين"),
        ("Моя кофемашина сломалась вчера вечером, а служба поддержки так и не отвечает.",
         "моя кофемашина сломалась вчера вечром а служба поддержки так и не отвечает"),
        ("#torvelio #panne #cafetiere #honteux #sav", "#Torvelio #Panne #Cafetière #honteux #SAV"),
    ],
)  # fmt: skip
def test_copies_are_found_in_any_script(one, other):
    assert together(one, other)


def test_a_sentence_that_opens_two_texts_does_not_make_them_one_unless_it_breaks_off():
    opening = "Ma cafetière Torvelio fuit depuis hier soir"
    longer = f"{opening} et le service client ne répond toujours pas, je suis vraiment déçu."
    assert not together(opening, longer)
    assert together(f"{opening}…", longer)


def test_clusters_are_numbered_as_they_appear():
    texts = pl.Series([OTHERS[0], LEAK, None, "", COPIES[0], "", OTHERS[0]])
    assert clusters(texts).to_list() == [0, 1, 2, 3, 1, 4, 0]


def test_nothing_has_no_clusters():
    assert clusters(pl.Series([], dtype=pl.String)).to_list() == []


def test_sketches_have_one_length_and_short_texts_none():
    found = sketches(pl.Series([LEAK, "merci !", None, LEAK * 200]))
    assert found["words_hash"].bin.size().to_list() == [16, None, None, 16]
    assert found["signature"].bin.size().to_list() == [160, None, None, 160]


def test_sketches_stay_what_they_were():
    found = sketches(pl.Series([LEAK]))
    assert found["words_hash"].item().hex() == "25703a42982f85c76a0ce61f43045cd2"
    assert found["signature"].item()[:8].hex() == "7cbc16dc3e9a79c3"


def test_a_long_article_costs_no_more_than_its_beginning():
    rng = random.Random(3)
    words = ["".join(rng.choices("abcdefghij", k=6)) for _ in range(20_000)]
    article, other = " ".join(words), " ".join(words[:500] + words[:400:-1])
    assert together(article, other)
    tracemalloc.start()
    sketches(pl.Series([article] * 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6  # 20 articles of 1,000 characters, not of 140,000


def test_a_file_gets_one_number_a_line(tmp_path):
    texts, output = tmp_path / "texts.txt", tmp_path / "clusters.txt"
    lines = [LEAK, "", f"{COPIES[0]}\r", "caf\udce9 et th\udce9 servis \udcff", "", OTHERS[0], "a\u2028b"]
    texts.write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode(errors="surrogateescape"))
    found = dedupe(texts, output)
    assert output.read_bytes() == b"0\n1\n0\n2\n3\n4\n5\n"
    assert (found.lines, found.clusters, found.copies, found.damaged) == (7, 6, 1, 1)


@pytest.mark.parametrize(
    ("content", "numbers"), [(b"", b""), (b"\n", b"0\n"), (b"a\nb\n", b"0\n1\n"), (b"a\nb", b"0\n1\n")]
)
def test_the_last_line_may_end_or_not(tmp_path, content, numbers):
    texts, output = tmp_path / "texts.txt", tmp_path / "clusters.txt"
    texts.write_bytes(content)
    dedupe(texts, output)
    assert output.read_bytes() == numbers


def test_texts_are_not_overwritten_under_another_name_of_their_file(tmp_path):
    texts, other = tmp_path / "texts.txt", tmp_path / "other.txt"
    texts.write_text("a\n")
    other.hardlink_to(texts)
    with pytest.raises(ConfigError, match="same file"):
        dedupe(texts, other)
    assert texts.read_text() == "a\n"


def test_files_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the texts"):
        dedupe(tmp_path / "none.txt", tmp_path / "out.txt")
    (tmp_path / "texts.txt").write_text("a")
    with pytest.raises(ConfigError, match="cannot write the clusters"):
        dedupe(tmp_path / "texts.txt", tmp_path / "nowhere" / "out.txt")
    with pytest.raises(ConfigError, match="same file"):
        dedupe(tmp_path / "texts.txt", tmp_path / "texts.txt")
