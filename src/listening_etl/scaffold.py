"""Writes a new plugin with its contract test: both work as they are, against an invented platform."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template
from typing import get_args

from listening_etl.errors import ConfigError, did_you_mean
from listening_etl.registry import Role

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def new_plugin(role: str, name: str, folder: Path) -> list[Path]:
    """Write a plugin of that role and its contract test below `folder`; returns the files.

    Raises `ConfigError` when the name is none for a plugin, or a file is there already: then nothing is written.
    """
    if role not in get_args(Role):
        known = ", ".join(get_args(Role))
        raise ConfigError(f"no role {role!r}.{did_you_mean(role, get_args(Role))}", do=f"Roles: {known}.")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        do = "Use lower-case letters, digits and '_', beginning with a letter, as in 'kettle_club'."
        raise ConfigError(f"{name!r} is no name for a plugin", do=do)
    words = {"name": name, "Class": "".join(map(str.capitalize, name.split("_")))}
    texts = {folder / Template(path).substitute(words): text for path, text in FILES[role].items()}
    if there := [str(path) for path in texts if path.exists()]:
        raise ConfigError(
            f"there is {' and '.join(there)} already", do="Choose another name, or move it away."
        )
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(words).lstrip("\n"), "utf-8")
    return list(texts)


SOURCE = '''
"""Posts of $name."""

from datetime import date

import orjson
from pydantic import SecretStr

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Mention,
    Options,
    SourceUnreadable,
    Terms,
    Truncated,
    hookimpl,
)


class ${Class}Options(Options):
    """`url`: the platform's address. `token`: of an account that may read."""

    url: str = "https://$name.example"
    token: SecretStr


class $Class:
    """Posts of $name.

    Collects public posts; misses what only members see. Limits: none known. Terms: read them.
    """

    name = "$name"
    options_type = ${Class}Options
    capabilities = Capabilities(history=None, order="newest_first", deletions="flagged", auth="token")
    terms = Terms(read=date(2026, 1, 1), url="https://$name.example/terms")

    def fetch(self, options, slice, http):
        """The posts of the window, page by page."""
        headers = {"authorization": f"Bearer {options.token.get_secret_value()}"}
        cursor, seen = None, set()
        while cursor not in seen:
            seen.add(cursor)
            params = {"since": slice.since_text, "until": slice.until_text, "cursor": cursor}
            answer = http.get(f"{options.url}/posts", headers, params)
            page = answer.json()
            yield from self.items(answer.body, options)
            cursor = page.get("next")
            if cursor is None:
                return
        yield Truncated("the platform gave the same cursor twice")

    def items(self, answer, options):
        """The posts of one page."""
        page = orjson.loads(answer)
        if not isinstance(page, dict) or "posts" not in page:
            raise SourceUnreadable("the answer holds no posts", do="Check `url`.")
        yield from page["posts"]

    def parse(self, post, options):
        """One post."""
        if post.get("deleted"):
            return Deletion(post["id"])
        return Mention(
            native_id=post["id"],
            published_at=post["at"],
            text=post.get("text"),
            url=post.get("url"),
            author=Author(handle=post.get("by")),
        )


@hookimpl
def listening_sources():
    """Offer the source."""
    return [$Class()]
'''

SOURCE_TEST = '''
"""What the source $name promises. Run: python -m pytest tests/contract/test_$name.py"""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.$name import $Class

DAY = datetime(2026, 10, 5, tzinfo=UTC)
POSTS = [
    {"id": f"p{n}", "at": (DAY + timedelta(hours=5 * n)).isoformat(), "by": "ana", "text": f"Torréo, {n}"}
    for n in range(9)
]
PAGE = 3


class Test$Class(SourceContract):
    plugin = $Class()
    options = {"token": "s3cret"}
    window = Window(DAY, DAY + timedelta(days=2))

    def answer(self, request):
        """The platform: newest first, three posts a page."""
        since, until = (datetime.fromisoformat(request.params[name]) for name in ("since", "until"))
        found = [p for p in reversed(POSTS) if since <= datetime.fromisoformat(p["at"]) < until]
        start = int(request.params.get("cursor", 0))
        more = {"next": str(start + PAGE)} if found[start + PAGE :] else {}
        return Answer({"posts": found[start : start + PAGE], **more})
'''

SAMPLE = """
{
  "posts": [
    {"id": "p1", "at": "2026-10-05T05:00:00Z", "by": "ana", "text": "Ma Torréo fuit depuis la mise à jour."},
    {"id": "p0", "at": "2026-10-05T00:00:00Z", "by": "bo", "deleted": true}
  ]
}
"""

FILTER = '''
"""Drops mentions that hold a word."""

import polars as pl

from listening_etl import Options, hookimpl


class ${Class}Options(Options):
    """`words`: who holds one of these, in any case, is dropped."""

    words: tuple[str, ...] = ("giveaway",)


class $Class:
    """Drops mentions whose text holds one of `words`; a mention without text stays."""

    name = "$name"
    version = "1"
    reason = "holds one of {words}"
    options_type = ${Class}Options

    def keep(self, mentions, options):
        """One boolean a row; null where there is no text, which keeps."""
        found = pl.col("text").str.to_lowercase().str.contains_any(list(options.words))
        return mentions.select(keep=~found)["keep"]


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [$Class()]
'''

FILTER_TEST = '''
"""What the filter $name promises. Run: python -m pytest tests/contract/test_$name.py"""

from listening_etl.testing import FilterContract
from plugins.filters.$name import $Class


class Test$Class(FilterContract):
    plugin = $Class()
    keeps = ("Ma Torréo fuit", None)
    drops = ("GIVEAWAY: gagnez une Torréo",)
'''

SCORER = '''
"""Counts exclamation marks."""

import polars as pl

from listening_etl import Options, Range, hookimpl


class ${Class}Options(Options):
    """`enough`: marks that count as full excitement."""

    enough: int = 3


class $Class:
    """Exclamation marks, as a share of `enough`, at most 1; null when there is no text."""

    name = "$name"
    measure = "excitement"
    scale = Range(0, 1)
    version = "1"
    languages = None
    options_type = ${Class}Options

    def score(self, mentions, options):
        """One value a row."""
        marks = pl.col("text").str.count_matches("!", literal=True) / options.enough
        return mentions.select(value=marks.clip(0, 1))["value"]


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [$Class()]
'''

SCORER_TEST = '''
"""What the scorer $name promises. Run: python -m pytest tests/contract/test_$name.py"""

from listening_etl.testing import ScorerContract
from plugins.scorers.$name import $Class


class Test$Class(ScorerContract):
    plugin = $Class()
    ordered = ("Il pleut", "Elle fuit !", "Elle fuit encore !!!")
'''

TEST = "tests/contract/test_$name.py"
FILES = {
    "source": {
        "plugins/sources/$name.py": SOURCE,
        TEST: SOURCE_TEST,
        "tests/contract/samples/$name/page.json": SAMPLE,
    },
    "filter": {"plugins/filters/$name.py": FILTER, TEST: FILTER_TEST},
    "scorer": {"plugins/scorers/$name.py": SCORER, TEST: SCORER_TEST},
}
"""For each role the files and their texts; `$name` and `$Class` are filled in."""
