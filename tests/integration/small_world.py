"""Two topics that listen to the same two sources, held in memory; and a gate that takes no time."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Item,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    Truncated,
)
from listening_etl.config import parse_settings
from listening_etl.pipeline.context import Context, open_registry
from listening_etl.quality.results import CheckResult
from listening_etl.registry import Plugin, Registry
from listening_etl.warehouse import engine as engines

PLUGINS = Path(__file__).parents[2] / "plugins"
TOPICS = ("kettles", "pots")
SOURCES = ("forum", "reviews")
START = datetime(2026, 1, 29, tzinfo=UTC)
END = datetime(2026, 2, 4, tzinfo=UTC)
NOW = datetime(2026, 2, 5, 8, tzinfo=UTC)
KEY = "k" * 64

SETTINGS = """\
version: 1
warehouse: {warehouse}
staging: {staging}
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [en]
    timezone: Europe/Paris
    start: 2026-01-29T00:00:00Z
    entities:
      acme: {{role: own, names: [Acme], handles: [acme_help], hashtags: [acme]}}
      rival: {{role: competitor, names: [Rival]}}
    sources: &sources
      forum: {{plugin: memory, channel: social, options: {{shelf: forum}}}}
      reviews: {{plugin: memory, channel: review, options: {{shelf: reviews}}}}
    filters:
      min_length: {{options: {{characters: 8}}}}
    scorers:
      influence: {{}}
  pots:
    purpose: Hear of faults early.
    languages: [en]
    start: 2026-01-29T00:00:00Z
    entities:
      rival: {{role: own, names: [Rival], handles: [rival_hq]}}
      brio: {{role: competitor, names: [Brio]}}
    sources: *sources
    scorers:
      influence: {{}}
"""


class Shelf:
    """What the platforms hold: `most` items a window; `down` names the sources that do not answer, `shown` the
    times of fetching whose copies are shown (None: all)."""

    def __init__(self):
        self.fill({})

    def fill(self, items, most=10**9, seed=0):
        """Hold these items by source: dicts with `published_at` and `fetched_at` as datetimes."""
        self.items, self.most, self.down, self.shown = items, most, frozenset(), None
        self.shuffle = random.Random(seed)


SHELF = Shelf()


class MemoryOptions(Options):
    """`shelf`: which items."""

    shelf: str


class Memory:
    """Items from memory, in another order each time."""

    name = "memory"
    options_type = MemoryOptions
    capabilities = Capabilities(history=None, order="any", deletions="flagged")

    def fetch(self, options, slice, http):
        """Items of the window and, at its edges, a little more; at most as many as the platform gives."""
        if options.shelf in SHELF.down:
            raise SourceUnavailable("the platform is down")
        since, until = slice.window.since, slice.window.until + timedelta(seconds=1)
        found = [
            item
            for item in SHELF.items[options.shelf]
            if since <= item["published_at"] < until
            and (SHELF.shown is None or item["fetched_at"] in SHELF.shown)
        ]
        SHELF.shuffle.shuffle(found)
        for item in found[: SHELF.most]:
            plain = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in item.items()}
            yield Item(plain, fetched_at=item["fetched_at"])
        if len(found) > SHELF.most:
            yield Truncated("no more than so many", expected=len(found))

    def parse(self, item, options):
        """The mention of an item, and its mate in the thread; text `?` is no mention, `!` cannot be read, `†` says
        that it was deleted."""
        if item["text"] == "†":
            return Deletion(item["native_id"], item["deleted_at"])
        if item["text"] == "?":
            raise NotAMention("a heading")
        if item["text"] == "!":
            raise ValueError("a dot is missing")
        given = {k: v for k, v in item.items() if k not in ("fetched_at", "author", "media", "mate")}
        media = tuple(Media(url=url, kind="image") for url in item["media"])
        mention = Mention(**given, author=item["author"] and Author(**item["author"]), media=media)
        if not item.get("mate"):
            return mention
        at = START + timedelta(days=int(item["mate"]) - 9)  # one of them before every window
        # Two threads of one instant do not show the mate as one and the same: such a tie the last run wins.
        words = f"same here {hashlib.blake2b(repr(sorted(item.items())).encode(), digest_size=4).hexdigest()}"
        mate = Mention(native_id=item["mate"], text=words, published_at=at, author=Author(handle="cleo"))
        return [mate, mention]


def registry():
    """The product's plugins and the one above."""
    memory = Plugin("source", "memory", "tests", None, Memory(), None)
    return Registry((*open_registry((PLUGINS,)).found, memory))


def contexts(url, folder):
    """A context for each topic, with a clock that stands still."""
    text = SETTINGS.format(warehouse=f'"{url}"', staging=f'"{folder}"')
    settings = parse_settings(text, folder / "listening.yaml")
    plugins = registry()
    return {name: Context(settings, plugins, settings.topic(name), lambda: NOW) for name in TOPICS}


def empty(url):
    """Make the warehouse as if nothing had ever been published."""
    with engines.transaction(url) as connection:
        named = connection.execute(
            sa.text("""
                SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname IN ('listening', 'kpi', 'ops', 'private', 'staging')
                  AND c.relkind IN ('r', 'p') AND NOT c.relispartition""")
        ).all()
        staged = [f'staging."{name}"' for schema, name in named if schema == "staging"]
        lasting = [f'{schema}."{name}"' for schema, name in named if schema != "staging"]
        filled = [t for t in lasting if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM {t})"))]
        if staged:
            connection.execute(sa.text(f"DROP TABLE {', '.join(staged)}"))
        for table in filled:  # few rows: quicker than TRUNCATE, which writes new files
            connection.execute(sa.text(f"DELETE FROM {table}"))


def pick(choices, *words):
    """One of the choices, always the same for the same words: what a platform shows at a time is one thing."""
    digest = hashlib.blake2b(repr(words).encode(), digest_size=4).digest()
    return choices[int.from_bytes(digest, "big") % len(choices)]


ROW_CHECKS = {"M-20": "rating < 0", "M-22": "rating > rating_scale", "M-25": "author_followers < 0"}


class LightGate:
    """Stands in for Great Expectations: three of the row checks, as plain SQL, and M-14."""

    def __init__(self, url):
        self.url = url

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def check(self, suite, table, schema="staging", id_column=None, where_parameters=None):
        """Results of the checks that failed."""
        rules = {check.rule for check in suite.checks}
        found = []
        with engines.transaction(self.url) as connection:
            for rule, wrong in ROW_CHECKS.items():
                if rule in rules:
                    query = f"SELECT {id_column}::text FROM {schema}.{table} WHERE {wrong}"
                    found.append(result(suite, rule, tuple(connection.scalars(sa.text(query))), "quarantine"))
            if "M-14" in rules:
                query = f"SELECT min({id_column}::text) FROM {schema}.{table} GROUP BY mention_id HAVING count(*) > 1"
                found.append(result(suite, "M-14", tuple(connection.scalars(sa.text(query))), "stop"))
        return [one for one in found if not one.success]


def result(suite, rule, ids, on_failure):
    """A result of the light gate."""
    return CheckResult(
        suite=suite.name, ordinal=int(rule[2:]), rule=rule, check=rule, type="sql", columns=[],
        severity="critical", on_failure=on_failure, success=not ids, rows=None, unexpected=len(ids),
        unexpected_ids=ids, unexpected_values=(None,) * len(ids), examples=[], result={}, message=rule,
    )  # fmt: skip
