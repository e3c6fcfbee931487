"""A slow and obvious matcher, straight from the tree and docs/query.md; shares no code with the fast one.

The same words come again and again, so what was said of them once is kept (`cache`).
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import chain, pairwise, permutations, product

import regex

from listening_etl.query import tree as t

NO_SPACES = "Han", "Hiragana", "Katakana", "Thai", "Khmer", "Lao", "Myanmar"
TOGETHER = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "ـ": ""}
TOGETHER |= {"Œ": "Oe", "Æ": "Ae", "Ø": "O", "Ł": "L", "Đ": "D", "ẞ": "SS"}


def is_letter(c, wild=""):
    return c in wild or (c != "ʼ" and (c == "_" or unicodedata.category(c)[0] in "LN"))


def is_mark(c):
    return unicodedata.category(c)[0] == "M"


def stands_alone(c):
    return c == "ー" or any(regex.match(rf"[\p{{{script}}}&&\p{{L}}]", c, regex.V1) for script in NO_SPACES)


def is_emoji(c):
    return bool(regex.match(r"\p{Extended_Pictographic}", c))


def colours(c):
    return c in "\ufe0e\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff" or "\U000e0020" <= c <= "\U000e007f"


def tokens(text, wild=""):
    """(start, end) of each token, character by character."""
    found, i = [], 0
    while i < len(text):
        end = token_end(text, i, wild)
        if end > i:
            found.append((i, end))
        i = max(end, i + 1)
    return found


def token_end(text, i, wild):  # noqa: PLR0911 - one return a sort of token
    for special in (r"(?i)https?://\S+", r"[\p{L}\p{N}_.+-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+"):
        if found := regex.match(special, text[i:]):
            return i + found.end()
    c = text[i]
    if c == "#" and i + 1 < len(text) and (is_letter(text[i + 1], wild)):
        return while_(text, i + 2, lambda c: is_letter(c, wild) or is_mark(c))
    if c == "@":
        letter = rf"[{regex.escape(wild)}\p{{L}}\p{{N}}_--ʼ]"
        name = f"{letter}+([.-]+{letter}+)*"
        found = regex.match(rf"@{name}(@{name})?", text[i:], regex.V1)
        return i + found.end() if found else i
    if stands_alone(c):
        return while_(text, i + 1, is_mark)
    if is_letter(c, wild):
        return while_(text, i + 1, lambda c: (is_letter(c, wild) or is_mark(c)) and not stands_alone(c))
    if regex.match(r"\p{Regional_Indicator}{2}", text[i : i + 2]):
        return i + 2
    if is_emoji(c):
        end = while_(text, i + 1, colours)
        while text[end : end + 1] == "\u200d" and end + 1 < len(text) and is_emoji(text[end + 1]):
            end = while_(text, end + 2, colours)
        return end
    return i


def while_(text, i, holds):
    while i < len(text) and holds(text[i]):
        i += 1
    return i


def plain(word, marks, case):
    """The word as it is compared."""
    word = "".join(c for c in word if c not in "\ufe0e\ufe0f")
    if not marks:
        word = "".join(c for c in word if not "\U0001f3fb" <= c <= "\U0001f3ff")
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not accent(c))
        word = "".join(TOGETHER.get(c, c) for c in word)
    if not case:
        word = word.casefold()
        word = word if marks else "".join(TOGETHER.get(c, c) for c in word)
    return unicodedata.normalize("NFC", word)


def accent(c):
    return unicodedata.combining(c) in {1, *range(10, 37), *range(200, 256)}


@cache
def fills(wanted, token, marks, case):
    """Whether a token of a text is what a token of a query asks for."""
    if set(wanted) == {"*"}:
        return True
    if wanted.startswith("@"):
        names = {plain(token, False, False), "@" + plain(token, False, False)[1:].split("@")[0]}
        return token.startswith("@") and any(like(plain(wanted, False, False), name) for name in names)
    token = plain(token, marks, case)
    wanted = plain(wanted, marks, case)
    if ("*" in wanted or "?" in wanted) and (
        "://" in token or "@" in token or not is_letter(token.lstrip("#")[:1] or "!")
    ):
        return False
    if token.startswith("#") and not wanted.startswith("#"):
        token = token[1:]
    return like(wanted, token)


def like(wanted, word):
    if not wanted:
        return not word
    if wanted[0] == "*":
        return any(like(wanted[1:], word[i:]) for i in range(len(word) + 1))
    return word != "" and wanted[0] in ("?", word[0]) and like(wanted[1:], word[1:])


@cache
def places(term):
    """For each place of a term the ways to fill it, each a list of tokens."""
    found, group = [], []
    cut = tokens(term, "*?")
    for k, (start, end) in enumerate(cut):
        group.append(term[start:end])
        gap = term[end : cut[k + 1][0]] if k + 1 < len(cut) else ""
        if gap in ("-", "\u2010", "\u2011"):
            continue
        joined = len(group) > 1 and all(is_letter(word.lstrip("*?")[:1] or "!") for word in group)
        found += [[group, ["".join(group)]]] if joined else [[[word]] for word in group]
        group = []
    return found


def spans_of_way(way, words, marks, case):
    return {
        (i, i + len(way) - 1)
        for i in range(len(words) - len(way) + 1)
        if all(fills(wanted, words[i + k], marks, case) for k, wanted in enumerate(way))
    }


def spans(q, words):
    """(first, last) word of every span of a query in one segment."""
    match q:
        case t.Term(text, marks, case):
            ways = [list(chain.from_iterable(choice)) for choice in product(*places(text))]
            return set().union(*(spans_of_way(way, words, marks, case) for way in ways))
        case t.Loose(text, n, marks, case):
            each = [
                set().union(*(spans_of_way(way, words, marks, case) for way in ways)) for ways in places(text)
            ]
            found = {
                (chosen[0][0], chosen[-1][1])
                for order in permutations(each)
                for chosen in product(*order)
                if all(0 < b[0] - a[1] <= n for a, b in pairwise(chosen))
            }
            return {
                (a, b) for a, b in found if not any(a <= c and d <= b and (a, b) != (c, d) for c, d in found)
            }
        case t.Near(left, right, n, ordered):
            found = set()
            for a, b in product(spans(left, words), spans(right, words)):
                if 0 < b[0] - a[1] <= n:
                    found.add((a[0], b[1]))
                if not ordered and 0 < a[0] - b[1] <= n:
                    found.add((b[0], a[1]))
            return found
        case t.Or(parts):
            return set().union(*(spans(part, words) for part in parts))
        case t.Named(_, tree):
            return spans(tree, words)
    raise TypeError(q)


def matches(q, segments, scope=None):  # noqa: PLR0911 - one return a node
    """Whether a mention, as {"text": …, "title": …}, matches."""
    match q:
        case t.And(parts):
            return all(matches(part, segments, scope) for part in parts)
        case t.Or(parts):
            return any(matches(part, segments, scope) for part in parts)
        case t.Not(tree):
            return not matches(tree, segments, scope)
        case t.Named(_, tree):
            return matches(tree, segments, scope)
        case t.Scope(segment, tree):
            return matches(tree, segments, segment)
        case t.Raw(text):
            return any(text in s for name, s in segments.items() if s and scope in (None, name))
    return any(
        spans(q, words_of(segment)) for name, segment in segments.items() if segment and scope in (None, name)
    )


@cache
def words_of(text):
    return [text[start:end] for start, end in tokens(text)]
