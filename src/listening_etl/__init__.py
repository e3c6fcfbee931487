"""Social listening that a company owns. These names are all that a plugin needs."""

from listening_etl.errors import (
    ConfigError,
    CredentialsRejected,
    Malformed,
    NotAMention,
    PluginError,
    SourceUnavailable,
    SourceUnreadable,
)
from listening_etl.hookspecs import hookimpl
from listening_etl.model import (
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
    "Author",
    "Capabilities",
    "ConfigError",
    "CredentialsRejected",
    "Item",
    "Labels",
    "Malformed",
    "Media",
    "Mention",
    "NotAMention",
    "Options",
    "PluginError",
    "Range",
    "Slice",
    "SourceUnavailable",
    "SourceUnreadable",
    "Truncated",
    "Window",
    "hookimpl",
]
