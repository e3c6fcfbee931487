"""`listening.yaml` and the environment, as one frozen `Settings`.

Reading them imports no plugin; `check_plugins` and `plugin_options` take the registry that did.
"""

from listening_etl.config.needs import check_needs, in_order, measures_needed
from listening_etl.config.reading import (
    check_plugins,
    check_queries,
    json_schema,
    load_settings,
    parse_settings,
    plugin_options,
)
from listening_etl.config.settings import (
    Entity,
    FilterSettings,
    PluginSettings,
    ScorerSettings,
    Settings,
    SourceSettings,
    Topic,
)
from listening_etl.config.values import EnvRef
from listening_etl.config.yaml_file import Problem, SettingsError

__all__ = [
    "Entity",
    "EnvRef",
    "FilterSettings",
    "PluginSettings",
    "Problem",
    "ScorerSettings",
    "Settings",
    "SettingsError",
    "SourceSettings",
    "Topic",
    "check_needs",
    "check_plugins",
    "check_queries",
    "in_order",
    "json_schema",
    "load_settings",
    "measures_needed",
    "parse_settings",
    "plugin_options",
]
