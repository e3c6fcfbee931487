"""People do not leave the private schema: not by pseudonym, not in a text, not in a link."""

from __future__ import annotations

import stat
from datetime import UTC, datetime

import polars as pl
import pytest

from listening_etl import Author, ConfigError, Mention
from listening_etl.frame import from_mentions
from listening_etl.privacy import (
    author_keys,
    key_bytes,
    masked,
    new_key,
    public_url,
    save_key,
    without_author,
)

KEY = b"k" * 32


def mask(text, kept=("torreo", "torreo_aide")):
    return pl.DataFrame({"t": [text]}).select(masked(pl.col("t"), kept))["t"][0]


@pytest.mark.parametrize(
    ("text", "masked_text"),
    [
        ("merci @jean_paul !", "merci @… !"),
        ("@torreo @Torreo_Aide et @zoe.b", "@torreo @Torreo_Aide et @…"),
        ("@torreo_fan n'est pas @torreo", "@… n'est pas @torreo"),
        ("écrivez à jean.dupont+sav@mail.example svp", "écrivez à [mail] svp"),
        ("suivez @lea@mastodon.example", "suivez @…"),
        ("appelez le 06 12 34 56 78 ou +33 6 12 34 56 78", "appelez le [phone] ou [phone]"),
        ("call (555) 123-4567 now", "call [phone] now"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189 svp", "IBAN [iban] svp"),
        ("commande 4521 du 05/10/2026, 3,50 €", "commande 4521 du 05/10/2026, 3,50 €"),
    ],
)
def test_people_are_masked_and_brands_are_not(text, masked_text):
    assert mask(text) == masked_text


def frame(**author):
    at = datetime(2026, 10, 5, tzinfo=UTC)
    text = "Bien à vous, Jeanne Martin"
    return from_mentions([Mention(native_id="1", published_at=at, text=text, author=Author(**author))])[0]


def test_who_signs_with_their_name_is_masked():
    assert without_author(frame(name="Jeanne Martin"), "text")[0] == "Bien à vous, [author]"


@pytest.mark.parametrize("name", ["Bie", "Jean", "Bien"])
def test_short_names_parts_of_words_and_brands_tear_no_holes(name):
    kept = ("Bien",)
    assert without_author(frame(name=name), "text", kept)[0] == "Bien à vous, Jeanne Martin"


def test_a_pseudonym_depends_on_platform_id_and_key_only():
    by_id, renamed = frame(native_id="7", handle="ana"), frame(native_id="7", handle="ana2", name="Ana")
    key = author_keys(by_id, "social", KEY)[0]
    assert author_keys(renamed, "social", KEY)[0] == key
    assert author_keys(by_id, "forum", KEY)[0] != key
    assert author_keys(by_id, "social", b"z" * 32)[0] != key
    assert author_keys(frame(handle="7"), "social", KEY)[0] != key
    assert author_keys(frame(), "social", KEY)[0] is None


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://x.example/Ana/status/1", None),
        ("https://m.example/@bo/1", None),
        ("https://m.example/%40bo/1", None),
        ("https://pds.example/xrpc/getBlob?did=did%3Aplc%3Abo&cid=1", None),
        ("https://forum.example/t/12", "https://forum.example/t/12"),
        (None, None),
    ],
)
def test_links_that_name_their_author_are_held_back(url, public):
    rows = pl.DataFrame({"h": ["ana"], "u": pl.Series([url], dtype=pl.String)})
    assert rows.select(public_url(pl.col("h"), pl.col("u")).alias("p"))["p"][0] == public


def test_a_key_is_needed_and_long_enough():
    for wrong in (None, "", "short"):
        with pytest.raises(ConfigError, match="'KEY' is"):
            key_bytes(wrong, "KEY")
    assert len(key_bytes(new_key(), "KEY")) == 64


def test_a_saved_key_is_made_once_and_read_by_its_owner_alone(tmp_path):
    file = save_key(tmp_path)
    first = file.read_text()
    assert save_key(tmp_path).read_text() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
