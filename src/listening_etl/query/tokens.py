"""How text is cut into words, and when two words count as the same.

The same pattern cuts the texts (Polars, a whole column at once) and the terms of queries, so that both fall
apart at the same places: `l'appli` is a phrase of two words in a query because it is two words in a text.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache

import msgspec
import polars as pl

ALONE = r"[[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}]&&\p{L}]"
"""Letters of scripts that put no spaces between words: each is a word of its own."""
APOSTROPHE = "ʼ"
"""The one apostrophe that Unicode takes for a letter."""
TONES = r"[\x{FE0E}\x{FE0F}\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]*"
SPLIT = "\x00"


def pattern(wild: str = "") -> str:
    """The regular expression of one token, in Rust's dialect; `wild` are further characters of a word."""
    first = rf"[[\p{{L}}\p{{N}}_{wild}]--[{ALONE}{APOSTROPHE}]]"
    other = rf"[[\p{{L}}\p{{M}}\p{{N}}_{wild}]--[{ALONE}{APOSTROPHE}]]"
    name = rf"[[\p{{L}}\p{{N}}_{wild}]--{APOSTROPHE}]"
    handle = rf"{name}+(?:[.-]+{name}+)*"
    return "|".join(
        (
            r"(?i:https?)://\S+",
            r"[\p{L}\p{N}_.+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+",
            r"[0-9#*]\x{FE0F}?\x{20E3}",
            rf"#{name}[[\p{{L}}\p{{M}}\p{{N}}_{wild}]--{APOSTROPHE}]*",
            rf"@{handle}(?:@{handle})?",
            rf"{first}{other}*",
            rf"{ALONE}\p{{M}}*",
            r"\p{Regional_Indicator}{2}",
            rf"\p{{Extended_Pictographic}}{TONES}(?:\x{{200D}}\p{{Extended_Pictographic}}{TONES})*",
        )
    )


TOKEN = pattern()
TOKEN_OF_TERM = pattern(wild="*?")

JOINED = {
    "œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ı": "i", "ß": "ss", "ẞ": "SS", "ـ": "",
}  # fmt: skip
"""Letters that Unicode does not take apart, as people type them who lack the key; and the Arabic tatweel."""
LETTERS = str.maketrans(JOINED)
VARIATION = dict.fromkeys((0xFE0E, 0xFE0F))
SKIN = VARIATION | dict.fromkeys(range(0x1F3FB, 0x1F400))


def is_accent(character: str) -> bool:
    """Whether it is a mark that people leave out: accents of Latin, Greek and Cyrillic, points of Hebrew and
    Arabic. Vowel signs of Indic scripts, tones of Thai and voicing of Kana make other words, and stay."""
    place = unicodedata.combining(character)
    return place == 1 or 10 <= place <= 36 or place >= 200


def fold(word: str, *, marks: bool = False, case: bool = False) -> str:
    """What a token is compared by; equal folds, same word.

    `marks` keeps accents, ligatures and skin tones as written, `case` keeps capitals.
    """
    if word.isascii():
        return word if case else word.lower()
    if marks:
        kept = unicodedata.normalize("NFC", word).translate(VARIATION)
        return kept if case else unicodedata.normalize("NFC", kept.casefold())
    apart = unicodedata.normalize("NFKD", word.translate(SKIN))
    plain = "".join(c for c in apart if not is_accent(c)).translate(LETTERS)
    return unicodedata.normalize("NFC", plain if case else plain.casefold().translate(LETTERS))


class Slot(msgspec.Struct, frozen=True):
    """One place of a term: a token to look for, a pattern of letters (`wild`), or `*`, any one token."""

    token: str
    wild: bool = False

    @property
    def any(self) -> bool:
        """Whether every token will do."""
        return self.wild and not self.token.strip("*")


Sequence = tuple[Slot, ...]
LETTERS_ALONE = r"[A-Za-z0-9_À-ÖØ-öø-ɏΑ-Ωα-ωЀ-ҁҊ-ԯא-תؠ-يٱ-ۓ가-힣*?]+"
SIMPLE = re.compile(rf"{LETTERS_ALONE}(?:[ '’]{LETTERS_ALONE})*")
"""Words of alphabets whose letters need no look-up, without marks and hyphens."""
HYPHENS = ("-", "\u2010", "\u2011")


@lru_cache(maxsize=100_000)
def slots(term: str) -> tuple[tuple[Sequence, ...], ...]:
    """The places of a term, in order; each holds the ways to fill it.

    There is one way, a token, for most; `e-mail` is one place with two: `e` and `mail`, or `email`.
    """
    if SIMPLE.fullmatch(term):  # nothing that only Unicode can tell: 50 times faster
        return tuple(((slot(word),),) for word in re.split("[ '’]", term))
    written = pl.Series([term.replace(SPLIT, " ")]).str.normalize("NFC")
    tokens = written.str.extract_all(TOKEN_OF_TERM)[0].to_list()
    if not tokens:
        return ()
    gaps = written.str.replace_all(TOKEN_OF_TERM, SPLIT)[0].split(SPLIT)[1:]
    places: list[tuple[Sequence, ...]] = []
    group: list[str] = []
    for token, gap in zip(tokens, [*gaps[:-1], ""], strict=True):
        group.append(token)
        if gap not in HYPHENS:
            places += hyphenated(group)
            group = []
    return tuple(places)


def hyphenated(group: list[str]) -> list[tuple[Sequence, ...]]:
    """The places of words that hyphens join: parted or, where all are words, written together."""
    parted = tuple(map(slot, group))
    if len(group) == 1 or not all(SOUND.match(word) for word in group):
        return [((one,),) for one in parted]
    return [(parted, (slot("".join(group)),))]


SOUND = re.compile(r"[*?]*\w")


def slot(token: str) -> Slot:
    """A place for a token of a term."""
    keycap = token.endswith("\u20e3")
    return Slot(token, wild=not keycap and ("*" in token or "?" in token) and "://" not in token)


def sequences(term: str) -> list[Sequence]:
    """Every way to fill the places of a term, as runs of adjacent tokens."""
    ways = itertools.islice(itertools.product(*slots(term)), 64)  # six words with hyphens in one phrase
    return [tuple(itertools.chain.from_iterable(way)) for way in ways]


def contains_letters(term: str) -> bool:
    """Whether there is anything to look for in a term: more than signs and wildcards."""
    return any(one.token.strip("*?#@") for place in slots(term) for way in place for one in way)
