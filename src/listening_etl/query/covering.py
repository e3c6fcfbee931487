"""What to ask a platform that can only search for keywords, so that nothing is missed."""

from __future__ import annotations

from listening_etl.query import tree as t
from listening_etl.query.tokens import Sequence, slots


def cover(query: t.Query) -> tuple[str, ...] | None:
    """Words, phrases, #hashtags and @accounts of which any matching mention holds at least one.

    As few as there are, the longest where there is a choice; None when no words are needed for a match, as
    with NOT or fields alone. A platform asked for them brings all matches, and more: match again locally.
    """
    return _cover(query, wanted=True)


def _cover(query: t.Query, *, wanted: bool) -> tuple[str, ...] | None:
    """The cover of the query, or of its opposite when it is not `wanted`."""
    match query:
        case t.Not(tree):
            return _cover(tree, wanted=not wanted)
        case t.Named(_, tree) | t.Scope(_, tree):
            return _cover(tree, wanted=wanted)
        case t.And(parts) | t.Or(parts):
            covers: list[tuple[str, ...] | None] = []
            for part in parts:  # no comprehension: deep queries need few frames of the stack
                covers.append(_cover(part, wanted=wanted))
            return best(covers) if isinstance(query, t.And) == wanted else together(covers)
        case t.Near(left, right) if wanted:
            return best([_cover(left, wanted=True), _cover(right, wanted=True)])
        case t.Term(text) | t.Loose(text) if wanted:
            places = [of_place(place) for place in slots(text)]
            return best(places) if isinstance(query, t.Loose) or None in places else of_phrase(text)
    return None


def best(covers: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The one that asks for the fewest words, then for the longest."""
    known = [cover for cover in covers if cover is not None]
    return min(known, key=lambda terms: (len(terms), -min(map(len, terms)))) if known else None


def together(covers: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """All of them, or None when one is unknown."""
    terms: dict[str, None] = {}
    for cover in covers:
        if cover is None:
            return None
        terms.update(dict.fromkeys(cover))
    return tuple(terms)


def of_phrase(text: str) -> tuple[str, ...] | None:
    """A phrase without wildcards: itself, or where hyphens join words its best part, in every spelling."""
    places = slots(text)
    return (
        (text,) if all(len(place) == 1 for place in places) else best([of_place(place) for place in places])
    )


def of_place(place: tuple[Sequence, ...]) -> tuple[str, ...] | None:
    """What fills one place of a phrase; None if a wildcard does. A word with a hyphen is asked for in all spellings."""
    if any(slot.wild for way in place for slot in way):
        return None
    signs = ("-", " ") if len(place) > 1 else (" ",)
    spelt = [sign.join(slot.token for slot in way) for way in place for sign in signs]
    return tuple(dict.fromkeys(spelt))
