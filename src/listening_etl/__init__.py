"""Social listening that a company owns. These names are all that a plugin needs."""

from listening_etl.csv_records import CsvRecords
from listening_etl.errors import (
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
from listening_etl.json_records import from_json, json_lines, refused, to_json
from listening_etl.mapping import RecordMapping
from listening_etl.model import (
    CHANNELS,
    KINDS,
    Author,
    Capabilities,
    Item,
    Labels,
    Media,
    Mention,
    Options,
    Range,
    Slice,
    Truncated,
    Window,
)

__all__ = [
    "CHANNELS",
    "KINDS",
    "Author",
    "Capabilities",
    "ConfigError",
    "CredentialsRejected",
    "CsvRecords",
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
    "Truncated",
    "Window",
    "did_you_mean",
    "from_json",
    "hookimpl",
    "json_lines",
    "refused",
    "to_json",
]
