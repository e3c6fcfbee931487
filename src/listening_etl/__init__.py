"""Social listening that a company owns. These names are all that a plugin needs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from listening_etl.errors import (
    BudgetSpent,
    ConfigError,
    CredentialsRejected,
    Malformed,
    NotAMention,
    PluginError,
    SourceUnavailable,
    SourceUnreadable,
    did_you_mean,
)
from listening_etl.hookspecs import hookimpl
from listening_etl.markup import text_of_html
from listening_etl.model import (
    CHANNELS,
    KINDS,
    NOW_ONLY,
    Author,
    Capabilities,
    Deletion,
    Gap,
    Item,
    Labels,
    Media,
    Mention,
    Options,
    Range,
    Slice,
    Terms,
    Truncated,
    Window,
    epoch,
)
from listening_etl.records import (
    CsvRecords,
    RecordMapping,
    activity_mentions,
    dicts,
    from_json,
    json_answer,
    json_lines,
    part,
    refused,
    to_json,
)

if TYPE_CHECKING:
    from listening_etl.query.corpus import Corpus
    from listening_etl.query.parsing import parse as parse_query
    from listening_etl.query.push_down import Dialect, pushed_down

__all__ = [
    "CHANNELS",
    "KINDS",
    "NOW_ONLY",
    "Author",
    "BudgetSpent",
    "Capabilities",
    "ConfigError",
    "Corpus",
    "CredentialsRejected",
    "CsvRecords",
    "Deletion",
    "Dialect",
    "Gap",
    "Item",
    "Labels",
    "Malformed",
    "Media",
    "Mention",
    "NotAMention",
    "Options",
    "PluginError",
    "Range",
    "RecordMapping",
    "Slice",
    "SourceUnavailable",
    "SourceUnreadable",
    "Terms",
    "Truncated",
    "Window",
    "activity_mentions",
    "dicts",
    "did_you_mean",
    "epoch",
    "from_json",
    "hookimpl",
    "json_answer",
    "json_lines",
    "parse_query",
    "part",
    "pushed_down",
    "refused",
    "text_of_html",
    "to_json",
]

LATER = {
    "Corpus": ("corpus", "Corpus"),
    "Dialect": ("push_down", "Dialect"),
    "parse_query": ("parsing", "parse"),
    "pushed_down": ("push_down", "pushed_down"),
}
"""What is loaded when it is first used: the query language needs columns, and importing costs nothing."""


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, inside = LATER[name]
    return getattr(import_module(f"{__name__}.query.{module}"), inside)
