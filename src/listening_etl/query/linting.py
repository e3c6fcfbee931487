"""What is probably not meant in a query: names that mean other things too, terms that match too much."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
import polars as pl

from listening_etl.query import tree as t
from listening_etl.query.corpus import Corpus
from listening_etl.query.covering import cover
from listening_etl.query.fields import moment
from listening_etl.query.tokens import fold, slots
from listening_etl.query.words import SEGMENT, Bools

WIDE = 30
"""Words between the sides of a NEAR above which they are seldom of one sentence."""
TOO_MUCH = 0.5
"""Share of all mentions that a single word may match without remark."""
ALONE = 0.9
"""Share of the matches that one word of several brings, above which the others hardly matter."""
FEWEST = 5
"""Mentions with context, and without, below which no exclusions are proposed; mentions that hold a word."""
PRIOR = 100.0
"""Weight of the whole corpus in the comparison of two groups of mentions, in words."""

OPERATORS = {
    "and": "AND", "et": "AND", "und": "AND", "or": "OR", "ou": "OR", "oder": "OR", "not": "NOT", "sauf": "NOT",
    "near": "NEAR/5", "nicht": "NOT",
}  # fmt: skip

TELECOMS = (
    "forfait mobile fibre box internet réseau opérateur abonnement sim 4g 5g facture client network carrier"
)
SHOPS = "magasin courses caisse drive rayon supermarché hypermarché promo client store supermarket"
FUELS = "station essence carburant pétrole oil petrol gas litre plein fuel"
SWEETS = "chocolat barre snack candy chocolate bar glace"
COMPUTERS = "iphone ipad mac macbook ios airpods watch store mobile app"
CARS = "voiture auto moteur garage car engine km essence électrique concession"
CLOTHES = "vêtement jean pull collection magasin taille store clothes jeans soldes"
AMBIGUOUS = {
    "orange": ("the fruit and the colour", TELECOMS + " livebox sosh"),
    "free": ("a common English word", TELECOMS + " freebox iliad"),
    "bouygues": ("the builder, the operator and the family", TELECOMS + " bbox"),
    "apple": ("the fruit", COMPUTERS),
    "mars": ("the month, the planet and the god", SWEETS),
    "total": ("a common word", FUELS + " totalenergies"),
    "shell": ("a common English word and a program", FUELS),
    "gap": ("a common English word and a French town", CLOTHES),
    "leclerc": ("a general, a tank, a driver and many streets", SHOPS),
    "carrefour": ("a crossing of roads", SHOPS),
    "casino": ("a gambling house", SHOPS),
    "auchan": ("a village", SHOPS),
    "but": ("a goal, an aim and an English word", SHOPS + " canapé meuble matelas"),
    "action": ("a common word", SHOPS),
    "target": ("a common English word", SHOPS),
    "boss": ("a superior", CLOTHES + " parfum costume"),
    "guess": ("a common English word", CLOTHES),
    "mango": ("the fruit", CLOTHES),
    "jaguar": ("the animal", CARS),
    "ford": ("a common surname", CARS),
    "amazon": ("the river and the forest", "colis livraison prime commande kindle alexa aws delivery order"),
    "galaxy": ("a system of stars", "samsung téléphone écran android phone"),
    "windows": ("panes of glass", "microsoft pc ordinateur update laptop driver"),
    "sky": ("what is above us", "tv box broadband abonnement channel remote"),
    "three": ("a number", TELECOMS),
}  # fmt: skip
"""Names of brands that mean something else too, and words that people write beside the brand."""


class Finding(msgspec.Struct, frozen=True):
    """Something about a clause that is probably not meant, and what to do about it."""

    kind: str
    clause: str
    what: str
    do: str

    def __str__(self) -> str:
        return f"{self.clause}: {self.what}. {self.do}"


def lint(query: t.Query, corpus: Corpus | None = None, context: Iterable[str] = ()) -> list[Finding]:
    """Warnings about a query; with a corpus also of terms that match too much there, and what to exclude.

    `context` are words written beside the name that is meant; for well-known ambiguous names they are known.
    """
    found = [finding for node in query.walk() for finding in _of_node(node)]
    if cover(query) is None and all(isinstance(node, t.Not) for node in _parts(query)):
        do = "Say with AND what to search for."
        found.append(Finding("only_not", str(query), "it matches everything but a little", do))
    alone = list(_without_context(query))
    found += [_ambiguous(term) for term in alone if not term.case and fold(term.text) in AMBIGUOUS]
    if corpus is not None and corpus.height:
        found += _changing_nothing(query, corpus)
        matching = corpus.rows(query)
        for term in alone:
            found += _too_much(matching, term, corpus)
            found += _exclusions(query, matching, term, corpus, " ".join(context))
    return list(dict.fromkeys(found))


def _parts(query: t.Query) -> tuple[t.Query, ...]:
    return query.parts if isinstance(query, t.And | t.Or) else (query,)


def _of_node(node: t.Query) -> Iterator[Finding]:
    match node:
        case t.And(parts) | t.Or(parts):
            yield from _among(node, parts)
        case t.Near(_, _, distance) | t.Loose(_, distance) if distance > WIDE:
            do = f"A sentence has some 15 words: NEAR/{WIDE // 3}, or AND."
            yield Finding("wide_near", str(node), f"{distance} words reach over several sentences", do)
        case t.Term(text):
            for place in slots(text):
                token = place[0][0].token
                if place[0][0].wild and 0 < len(token.strip("#@").replace("*", "").replace("?", "")) < 3:
                    what = "a wildcard with fewer than three letters matches too many words"
                    yield Finding("open_wildcard", text, what, "Write more letters, or the words themselves.")


def _among(node: t.And | t.Or, parts: tuple[t.Query, ...]) -> Iterator[Finding]:
    both = "nothing can match both" if isinstance(node, t.And) else "everything matches one of them"
    seen: set[t.Query] = set()
    for part in parts:
        if part in seen:
            yield Finding("twice", str(part), "it stands here twice", "Take one away.")
        opposite = part.tree if isinstance(part, t.Not) else t.Not(part)
        if opposite in seen:
            kind = "contradiction" if isinstance(node, t.And) else "always_true"
            yield Finding(kind, str(node), f"it asks for {part} and for {opposite}: {both}", "Take one away.")
        if isinstance(node, t.And) and isinstance(part, t.Term) and (operator := meant(part.text)):
            do = f"Operators are written in capitals: {operator}. Inside a phrase it is a word."
            yield Finding("lower_case_operator", part.text, "it is searched for as a word", do)
        seen.add(part)
    if isinstance(node, t.And):
        yield from _times(node)


def meant(word: str) -> str | None:
    """The operator that a word may stand for."""
    return word.upper().replace("F", "f") if re.fullmatch(r"o?near/\d+f?", word) else OPERATORS.get(word)


def _times(node: t.And) -> Iterator[Finding]:
    limits: dict[str, list[float]] = {"since": [], "until": []}
    for part in node.parts:
        match part:
            case t.Field("since" | "until" as name, t.Value(text)) if at := moment(text):
                limits[name].append(at.timestamp())
    if limits["since"] and limits["until"] and max(limits["since"]) >= min(limits["until"]):
        do = "until: is the first moment that no longer counts."
        yield Finding("contradiction", str(node), "it ends before it begins", do)


def _without_context(query: t.Query) -> Iterator[t.Term]:
    """The terms that make a match on their own: no other word, and no NEAR, says which meaning is meant."""
    match query:
        case t.Term():
            yield query
        case t.Or(parts):
            for part in parts:
                yield from _without_context(part)
        case t.And(parts):
            words = [part for part in parts if not isinstance(part, t.Field)]
            if len(words) == 1:
                yield from _without_context(words[0])
        case t.Named(_, tree) | t.Scope(_, tree):
            yield from _without_context(tree)


def _ambiguous(term: t.Term) -> Finding:
    meaning, words = AMBIGUOUS[fold(term.text)]
    some = " OR ".join(words.split()[:4])
    do = f"Say which is meant, such as {term} NEAR/10 ({some}), or !{term} with exclusions."
    return Finding("ambiguous", str(term), f"it means {meaning} too", do)


def _too_much(matching: Bools, term: t.Term, corpus: Corpus) -> Iterator[Finding]:
    """A word that stands nearly everywhere, and brings nearly all of the matches."""
    mine = corpus.rows(term)
    share, brings = mine.mean(), (mine & matching).sum() / max(matching.sum(), 1)
    if share > TOO_MUCH and brings > ALONE:
        what = (
            f"it stands in {share:.0%} of {corpus.height:,} mentions and brings {brings:.0%} of the matches"
        )
        yield Finding("matches_too_much", str(term), what, "Ask for a rarer word beside it.")


def _changing_nothing(query: t.Query, corpus: Corpus) -> Iterator[Finding]:
    """Parts of an AND that take nothing away from what the others leave; fields and segments are one part."""
    todo = [query]
    while todo:
        node = todo.pop()
        todo.extend(() if isinstance(node, t.Field | t.Scope) else node.children)
        parts = node.parts if isinstance(node, t.And) else ()
        masks = [corpus.rows(part) for part in parts]
        for i, part in enumerate(parts):
            others = np.all([mask for j, mask in enumerate(masks) if j != i], axis=0)
            if others.sum() >= FEWEST and not (others & ~masks[i]).any():
                what = f"it takes away none of {others.sum():,} mentions here"
                yield Finding("changes_nothing", str(part), what, "Leave it out, if that is so elsewhere.")


def _exclusions(
    query: t.Query, matches: Bools, term: t.Term, corpus: Corpus, context: str
) -> Iterator[Finding]:
    """Words that set the mentions without context words apart from those with them."""
    known = context or AMBIGUOUS.get(fold(term.text), ("", ""))[1]
    if not known:
        return
    beside = corpus.rows(t.any_of([t.Term(word) for word in known.split()]))
    matching = matches & corpus.rows(term)
    meant, other = matching & beside, matching & ~beside
    if min(meant.sum(), other.sum()) < FEWEST:
        return
    asked = {fold(word) for node in query.walk() if isinstance(node, t.Term) for word in node.text.split()}
    words = [word for word in over_represented(corpus, other, meant) if word not in asked][:5]
    if words:
        what = f"{other.sum():,} of {matching.sum():,} matches name nothing of its trade; they speak of {', '.join(words)}"
        do = f"Read some of them; if they are not meant, add NOT ({' OR '.join(map(t.quoted_if_needed, words))})."
        yield Finding("exclusions", str(term), what, do)


def over_represented(corpus: Corpus, here: Bools, there: Bools) -> list[str]:
    """Words that more mentions `here` hold than `there`, the surest first.

    Log-odds with an informative Dirichlet prior, which is the whole corpus (Monroe, Colaresi and Quinn 2008);
    those with z above 1.96 that at least `FEWEST` mentions hold.
    """
    counts = _document_counts(corpus, {"all": np.ones_like(here), "here": here, "there": there})
    prior = pl.col("all") / pl.col("all").sum() * PRIOR
    odds = {
        side: (pl.col(side) + prior) / (pl.col(side).sum() + PRIOR - pl.col(side) - prior)
        for side in ("here", "there")
    }
    spread = (1 / (pl.col("here") + prior) + 1 / (pl.col("there") + prior)).sqrt()
    z = ((odds["here"].log() - odds["there"].log()) / spread).alias("z")
    found = counts.with_columns(z).filter(pl.col("z") > 1.96, pl.col("here") >= FEWEST)
    return found.sort("z", "word", descending=[True, False])["word"].to_list()


def _document_counts(corpus: Corpus, groups: dict[str, Bools]) -> pl.DataFrame:
    """In how many mentions of each group each word stands; words of three letters and more."""
    postings = corpus.words.postings
    folded = pl.Series("word", [fold(key) for key in postings.keys], dtype=pl.String)
    key = np.repeat(np.arange(len(folded)), np.diff(postings.offsets))
    tokens = pl.DataFrame({"word": folded.gather(key), "row": postings.numbers >> (SEGMENT + 1)}).unique()
    tokens = tokens.filter(pl.col("word").str.contains(r"^\p{L}{3,}$"))
    inside = [pl.Series(name, mask[tokens["row"].to_numpy()]) for name, mask in groups.items()]
    return tokens.with_columns(inside).group_by("word").agg(pl.col(*groups).sum())
