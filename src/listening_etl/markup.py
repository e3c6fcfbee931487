"""What a reader sees of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
UNSEEN = frozenset({"script", "style"})

CUT_TAG = re.compile(r"</?[a-zA-Z][^<>]*$")
"""A tag that an excerpt was cut in the middle of."""


def text_of_html(markup: str | None) -> str | None:
    """Readable text, a line per block and entities as the characters they stand for; None when there is none."""
    if not isinstance(markup, str):
        return None
    reader = _Reader()
    try:
        reader.feed(CUT_TAG.sub("", markup))
        reader.close()
        seen = "".join(reader.pieces)
    except AssertionError:  # the standard parser's answer to broken declarations such as `<![x`
        seen = re.sub(r"<[^>]*>", " ", markup)
    lines = (re.sub(r" {2,}", " ", line).strip() for line in seen.split("\n"))
    return "\n".join(line for line in lines if line) or None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(self.unseen - (tag in UNSEEN), 0)
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))
