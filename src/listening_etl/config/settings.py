"""What the settings are made of: `Settings`, its topics and their parts; all frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, SecretStr, ValidationInfo, field_validator, model_validator

from listening_etl.config.values import (
    WAREHOUSE_VARIABLE,
    Aspects,
    Channel,
    Duration,
    EntityRole,
    EnvRef,
    Handle,
    Hashtag,
    Keyed,
    Language,
    Lasting,
    MatchWay,
    Name,
    Part,
    Schedule,
    Start,
    Text,
    TimeZone,
    Warehouse,
    absolute,
    keyed,
)
from listening_etl.config.yaml_file import Marks
from listening_etl.errors import ConfigError, did_you_mean
from listening_etl.model import MATCHES
from listening_etl.registry import Role

FILE = "listening.yaml"
HOME, PATH = "<home>", "<path>"
STAGING_VARIABLE = "LISTENING_STAGING"


class Entity(Part):
    """A brand, product, person or theme that a mention can be about."""

    name: Name = keyed("The key it stands under")
    title: str = Field("", description="What people read; the name unless given")
    role: EntityRole = Field(description="own, competitor, category or best_in_class")
    names: tuple[Text, ...] = Field(
        (), description="What people call it, any spelling; '*' stands for any letters"
    )
    products: tuple[Text, ...] = Field((), description="Names of its products: they count as its names do")
    query: Text | None = Field(
        None, description="What else makes a mention one of it, as a boolean query (docs/query.md)"
    )
    handles: tuple[Handle, ...] = Field((), description="Its accounts; '@' and case do not matter")
    hashtags: tuple[Hashtag, ...] = Field((), description="Its hashtags; '#' does not matter")
    context: tuple[Text, ...] = Field(
        (),
        description="Words one of which has to stand beside a name for it to count, if the name means other things",
    )
    exclude: tuple[Text, ...] = Field((), description="Phrases that make a match of a name void")
    aspects: Aspects = Field(
        {},
        description="What about it: names of lists, or by name a query or the entries of a list (docs/aspects.md)",
    )

    @field_validator("title")
    @classmethod
    def _default_title(cls, title: str, info: ValidationInfo) -> str:
        return title or str(info.data.get("name"))

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if not (self.names or self.products or self.query):
            raise ValueError("has neither names nor a query: nothing could be about it")
        return self


class PluginSettings(Part):
    """Which plugin, and its options as written; `plugin_options` checks them and fills in secrets."""

    name: Name = keyed("The key it stands under")
    plugin: str = Field("", description="Name of the plugin; the key it stands under unless given")
    options: dict[str, Any] = Field(
        {}, description="Options of the plugin; `listening plugins NAME` lists them"
    )

    @field_validator("plugin")
    @classmethod
    def _default_plugin(cls, plugin: str, info: ValidationInfo) -> str:
        return plugin or str(info.data.get("name"))

    @field_validator("options", mode="before")
    @classmethod
    def _no_options(cls, options: Any) -> Any:
        return {} if options is None else options


class Budget(Part):
    """What a source may spend a day; what is left over when it is spent is a gap, asked for again the next day."""

    requests: int | None = Field(None, description="Requests a day", gt=0)
    units: int | None = Field(None, description="Units of the platform's quota a day", gt=0)
    money: Decimal | None = Field(None, description="Money a day, in the platform's currency", gt=0)
    timezone: TimeZone | None = Field(
        None, description="Zone in which the day ends; the platform's unless given"
    )


class SourceSettings(PluginSettings):
    """One source of a topic."""

    channel: Channel | None = Field(
        None, description="Kind of place its mentions come from, if they do not say"
    )
    about: tuple[str, ...] = Field((), description="Entities that every mention of this source is about")
    same_as: Name | None = Field(
        None,
        description="Source whose mentions these are too, by the same ids, such as a stream beside a search",
    )
    match: tuple[MatchWay, ...] = Field(
        MATCHES, description="Which ways of being about an entity count: all, unless given", min_length=1
    )
    slice: Duration = Field(None, description="Longest window to fetch at once, such as 1d, 6h or 30m")
    overlap: Duration = Field(
        None,
        description="How far back a scheduled run asks again, such as 2h; what the plugin says unless given",
    )
    recheck: Lasting = Field(
        timedelta(days=30), description="How long after its publication a mention is asked after, such as 30d"
    )
    budget: Budget | None = Field(None, description="What it may spend a day; without limit unless given")

    @property
    def identity(self) -> str:
        """The source under which its mentions are kept: with the platform's id, what makes two of them one."""
        return self.same_as or self.name


class FilterSettings(PluginSettings):
    """One filter of a topic; filters run in the order of the file."""


class ScorerSettings(PluginSettings):
    """The scorer whose scores the KPIs take for a measure; it stands under the measure."""

    @property
    def measure(self) -> str:
        """What is measured: the key it stands under."""
        return self.name


class Themes(Part):
    """That themes are looked for among the mentions of a topic (docs/themes.md)."""

    index: bool = Field(
        True, description="Whether to keep an index for `listening similar`, where the server has pgvector"
    )


class Topic(Part):
    """What we listen for, where, why and how."""

    name: Name = keyed("The key it stands under")
    title: str = Field("", description="What people read; the name unless given")
    description: str = Field("", description="What it is about, in Markdown")
    purpose: Text = Field(description="why these data may be collected, in one sentence")
    timezone: TimeZone = Field("UTC", description="IANA time zone in which days begin, such as Europe/Paris")
    languages: tuple[Language, ...] = Field(
        description="languages to listen in, such as [fr, en]", min_length=1
    )
    start: Start = Field(description="first day to listen to, such as 2026-01-01, or a time with its zone")
    schedule: Schedule = Field("@hourly", description="Cron with five fields, or @hourly, @daily, …, in UTC")
    entities: Annotated[dict[Name, Entity], Keyed] = Field(
        description="brands, products, people and themes", min_length=1
    )
    sources: Annotated[dict[Name, SourceSettings], Keyed] = Field(
        description="where mentions come from", min_length=1
    )
    filters: Annotated[dict[Name, FilterSettings], Keyed] = Field(
        {}, description="What is dropped, in this order"
    )
    scorers: Annotated[dict[Name, ScorerSettings], Keyed] = Field(
        {}, description="Who measures what: one scorer for each measure"
    )
    themes: Themes | None = Field(
        None,
        description="Look for themes, that is for what mentions are about; write {}. Not looked for unless given",
    )
    keep_raw_days: int = Field(365, description="Days for which raw items are kept", ge=0)

    @field_validator("title")
    @classmethod
    def _default_title(cls, title: str, info: ValidationInfo) -> str:
        return title or str(info.data.get("name"))

    @property
    def since(self) -> datetime:
        """Start, in UTC; a day begins at midnight in the topic's time zone."""
        start = self.start
        if not isinstance(start, datetime):
            start = datetime.combine(start, time(), ZoneInfo(self.timezone))
        return start.astimezone(UTC)

    def chosen(self, role: Role) -> Mapping[str, PluginSettings]:
        """Plugins that the topic names for a role, by the key they stand under."""
        by_role: dict[Role, Mapping[str, PluginSettings]] = {
            "source": self.sources,
            "filter": self.filters,
            "scorer": self.scorers,
        }
        return by_role[role]


class Settings(Part):
    """All that `listening.yaml` and the environment say; `home` is the folder of the file."""

    home: Path = Field(validation_alias=HOME, description="Folder of the settings file")
    path: Path = Field(validation_alias=PATH, description="The settings file")
    version: Literal[1] = Field(description="version of this format; write 1")
    terms: dict[Name, tuple[Text, ...]] = Field(
        {}, description="Named lists of words and phrases; a query refers to one as $name"
    )
    topics: Annotated[dict[Name, Topic], Keyed] = Field(description="what to listen for", min_length=1)
    warehouse: Warehouse = Field(
        None,
        description=f"URL of a PostgreSQL server; unless given {WAREHOUSE_VARIABLE}, else the embedded one",
    )
    staging: str = Field(
        ".listening/staging",
        description=f"Folder or URL for the files between steps; {STAGING_VARIABLE} overrides it",
    )
    plugins: Path | None = Field(None, description="A folder of plugins besides `plugins/`")
    pseudonym_key: EnvRef = Field(
        EnvRef(env="LISTENING_PSEUDONYM_KEY"), description="Key for the pseudonyms of authors, as {env: NAME}"
    )
    allow_private_addresses: bool = Field(
        False, description="Whether sources may reach addresses of the local network"
    )

    _marks: Marks = PrivateAttr(default=Marks(FILE, {}))

    @property
    def marks(self) -> Marks:
        """Lines of the file that this was read from."""
        return self._marks

    def marked(self, marks: Marks) -> Settings:
        """Return the same, knowing the lines of its file."""
        settings = self.model_copy()
        settings._marks = marks
        return settings

    @field_validator("staging")
    @classmethod
    def _place_staging(cls, staging: str, info: ValidationInfo) -> str:
        return absolute(os.environ.get(STAGING_VARIABLE) or staging, info.data["home"])

    @field_validator("plugins")
    @classmethod
    def _place_plugins(cls, plugins: Path | None, info: ValidationInfo) -> Path | None:
        if plugins is None:
            return None
        folder = Path(absolute(str(plugins), info.data["home"]))
        if not folder.is_dir():
            raise ValueError(f"{str(plugins)!r} is no folder")
        return folder

    @property
    def plugin_folders(self) -> tuple[Path, ...]:
        """Where the plugin files are: what `registry.load` takes."""
        return (self.home / "plugins", *([self.plugins] if self.plugins else []))

    def topic(self, name: str) -> Topic:
        """Return the topic of that name; raises `ConfigError` when there is none."""
        if name not in self.topics:
            what = f"there is no topic {name!r}.{did_you_mean(name, self.topics)}"
            raise ConfigError(what, where=self._marks.file, do=f"Topics: {', '.join(self.topics)}.")
        return self.topics[name]

    def warehouse_url(self) -> SecretStr | None:
        """URL of the warehouse, None if embedded; raises `ConfigError` if its variable is not set."""
        if isinstance(self.warehouse, EnvRef):
            return self.warehouse.secret()
        return None if self.warehouse is None else SecretStr(self.warehouse)
