"""The grammar, and what a query's tokens say when they stand where they cannot."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from listening_etl.query.tree import BARE
from listening_etl.query.trouble import QueryError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

GRAMMAR = r"""
start: or
?or: and (_OR and)*
?and: not (_AND? not)*
?not: NOT not -> negated | near
?near: atom (NEAR atom)*
?atom: LPAR or RPAR -> group
     | MINUS atom -> negated
     | FIELD atom -> field
     | AWARIO atom (COMMA atom)+ -> awario
     | TERM | PHRASE | BRACED | LIST
     | NEAR_WITHOUT_NUMBER | COMMENT_OPEN | QUOTE_OPEN | BRACE // refused by the lexer

AWARIO.9: /(?i:o?near\/\d+:)/
NEAR.9: /O?NEAR\/\d+f?(?=[\s("“„«{]|$)/
NEAR_WITHOUT_NUMBER.8: /O?NEAR(?:\/[^\s()]*)?(?=[\s()]|$)/
_AND.8: /AND(?=[\s()"“„«{]|$)/
_OR.8: /OR(?=[\s()"“„«{]|$)/
NOT.8: /NOT(?=[\s()"“„«{]|$)/
LINE.7: /\/\/[^\n]*/
COMMENT.7: /\/\*[\s\S]*?\*\//
COMMENT_OPEN.6: /\/\*[\s\S]*/
PHRASE.7: /[=!]{0,2}(?:"(?:[^"\\]|\\[\s\S])*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»)(?:~\d+)?/
QUOTE_OPEN.6: /[=!]{0,2}["“”„«»][\s\S]*/
BRACED.7: /\{[^{}]*\}/
BRACE.6: /[{}]/
LIST.7: /\$[\w-]+/
FIELD.6: /[A-Za-z_]+:(?!\/\/)(?=\S)/
MINUS.6: /-(?=[^\s-])/
TERM.1: /BARE/
COMMA: ","
LPAR: "("
RPAR: ")"
SPACE: /\s+/
%ignore SPACE
%ignore LINE
%ignore COMMENT
""".replace("BARE", BARE.pattern.replace("/", r"\/"))

OPERATORS = {"_AND", "_OR", "NEAR"}
ENDS = {"TERM", "PHRASE", "BRACED", "LIST", "RPAR"}


@cache
def _lark() -> Lark:
    from lark import Lark

    refused = dict.fromkeys(("NEAR_WITHOUT_NUMBER", "COMMENT_OPEN", "QUOTE_OPEN", "BRACE"), refuse)
    return Lark(GRAMMAR, parser="lalr", lexer="basic", lexer_callbacks=refused, maybe_placeholders=False)


class Refused(Exception):
    """A token that no query may hold."""

    def __init__(self, token: Token) -> None:
        self.token = token


def refuse(token: Token) -> NoReturn:
    """What the lexer calls for such a token."""
    raise Refused(token)


def read(query: str, where: str | None = None) -> Tree[Token]:
    """The tokens of a query as a tree; raises `QueryError`."""
    from lark.exceptions import UnexpectedInput

    try:
        return _lark().parse(query)
    except Refused as error:
        raise _refused(query, error.token, where) from None
    except UnexpectedInput as error:
        raise _misplaced(query, error.pos_in_stream, where) from None


def _refused(query: str, token: Token, where: str | None) -> QueryError:
    at = token.start_pos or 0
    what, do = {
        "NEAR_WITHOUT_NUMBER": (
            f"'{token}' does not say how near",
            "Write how many words apart at most, such as NEAR/5. To search for the word, put it in quotation marks.",
        ),
        "COMMENT_OPEN": ("a comment is not closed", "Write */ where it ends."),
        "QUOTE_OPEN": (
            "a quotation mark is not closed",
            "Write the closing quotation mark where the phrase ends.",
        ),
        "BRACE": ("a brace has no partner", "Write {Exact Case}, or take the brace away."),
    }[token.type]
    if token.type == "QUOTE_OPEN" and token.startswith(("”", "»")):
        what, do = "a quotation mark closes what none opened", "Write the opening one, or take it away."
    return QueryError(what, query=query, at=at, where=where, do=do)


def _misplaced(query: str, position: int | None, where: str | None) -> QueryError:
    """What is wrong with the order of the tokens, the first thing first."""
    try:
        tokens = list(_lark().lex(query))
    except Refused as error:
        return _refused(query, error.token, where)
    end = len(query.rstrip())
    if not tokens:
        return QueryError(
            "the query is empty", query=query, at=0, where=where, do="Write what to search for."
        )
    at, what, do = (
        _operator_alone(tokens, end) or _parenthesis(tokens) or (position or 0, "this cannot stand here", "")
    )
    return QueryError(what, query=query, at=at, where=where, do=do or "See docs/query.md for the language.")


Mistake = tuple[int, str, str]


class Place(NamedTuple):
    """A token, or an end of the query."""

    type: str
    text: str
    at: int


def _operator_alone(tokens: list[Token], end: int) -> Mistake | None:
    places = [Place(token.type, str(token), token.start_pos or 0) for token in tokens]
    neighbours = pairwise([Place("START", "", 0), *places, Place("END", "", end)])
    mistakes = (_between(left, right) for left, right in neighbours)
    return next((mistake for mistake in mistakes if mistake), None)


def _between(left: Place, right: Place) -> Mistake | None:
    """What is wrong with two tokens side by side, if anything."""
    joins, closes = right.type in OPERATORS, right.type in {"RPAR", "END"}
    if right.type == "COMMA":
        return right.at, "a comma says neither AND nor OR", "Write OR for any of them, AND for all."
    if left.type == "NEAR" and right.type == "NOT":
        return near_not(right.at)
    if left.type == "FIELD" and (joins or closes or right.type == "NOT"):
        return left.at, f"{left.text} is compared with nothing", "Write a value after the colon."
    if joins and left.type not in ENDS:
        return right.at, f"{right.text} has nothing before it", "Write what it should join on both sides."
    if closes and left.type in {*OPERATORS, "NOT"}:
        do = f"Write a word or a phrase after {left.text}."
        return right.at, f"{left.text} has nothing after it", do
    return None


def _parenthesis(tokens: list[Token]) -> Mistake | None:
    opened: list[int] = []
    for left, right in pairwise([*tokens, tokens[-1]]):
        at = left.start_pos or 0
        if left.type == "LPAR":
            opened.append(at)
            if right.type == "RPAR":
                return at, "these parentheses are empty", "Write something between them."
        elif left.type == "RPAR":
            if not opened:
                return at, "a parenthesis closes what none opened", "Write '(' before, or take ')' away."
            opened.pop()
    return (opened[-1], "a parenthesis is not closed", "Write ')' where it should end.") if opened else None


def near_not(at: int) -> Mistake:
    """NEAR measures between words; it has no place for what is not there."""
    do = "Write it outside: (a NEAR/5 b) NOT c."
    return at, "NOT cannot stand beside NEAR, which measures between words that are there", do
