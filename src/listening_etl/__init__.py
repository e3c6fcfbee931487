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
    from listening_etl.encoding.encoder import Encoder
    from listening_etl.encoding.folders import encoder_folder, models_folder
    from listening_etl.encoding.heads import Head, flair_model, read_card
    from listening_etl.encoding.text import readable, said
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
    "Encoder",
    "Gap",
    "Head",
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
    "encoder_folder",
    "epoch",
    "flair_model",
    "from_json",
    "hookimpl",
    "json_answer",
    "json_lines",
    "models_folder",
    "parse_query",
    "part",
    "pushed_down",
    "read_card",
    "readable",
    "refused",
    "said",
    "text_of_html",
    "to_json",
]

LATER = {
    "Corpus": ("query.corpus", "Corpus"),
    "Dialect": ("query.push_down", "Dialect"),
    "Encoder": ("encoding.encoder", "Encoder"),
    "Head": ("encoding.heads", "Head"),
    "encoder_folder": ("encoding.folders", "encoder_folder"),
    "flair_model": ("encoding.heads", "flair_model"),
    "models_folder": ("encoding.folders", "models_folder"),
    "parse_query": ("query.parsing", "parse"),
    "pushed_down": ("query.push_down", "pushed_down"),
    "read_card": ("encoding.heads", "read_card"),
    "readable": ("encoding.text", "readable"),
    "said": ("encoding.text", "said"),
}
"""What is loaded when it is first used: queries and encodings need columns, and importing costs nothing."""


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, inside = LATER[name]
    return getattr(import_module(f"{__name__}.{module}"), inside)
