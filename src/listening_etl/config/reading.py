"""Read the settings, check them against the plugins, and describe them to editors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from listening_etl.config.needs import unmet
from listening_etl.config.settings import (
    FILE,
    HOME,
    PATH,
    Entity,
    PluginSettings,
    Settings,
    Topic,
)
from listening_etl.config.values import EnvRef
from listening_etl.config.yaml_file import (
    Document,
    Explained,
    Loc,
    Problem,
    SettingsError,
    explain,
    parse,
    read_text,
    split,
)
from listening_etl.errors import ConfigError, PluginError, did_you_mean
from listening_etl.model import Options
from listening_etl.registry import Plugin, Registry, Role


def load_settings(path: Path | str | None = None) -> Settings:
    """Read the settings: the file given, else the one that LISTENING_CONFIG names, else `listening.yaml` in
    the current folder or above it. Raises `SettingsError` with every problem found."""
    found = Path(path or os.environ.get("LISTENING_CONFIG") or _search())
    return parse_settings(read_text(found), found)


def parse_settings(text: str, path: Path) -> Settings:
    """Settings from the text of a file at `path`; raises `SettingsError` with every problem found."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the link of a mounted ConfigMap
    document = parse(text, path.name)
    problems = [*document.problems, *_unknown_entities(document), *_unknown_twins(document)]
    problems += _unknown_aspects(document)
    given = {HOME: path.parent, PATH: path, **document.data}
    try:
        settings = Settings.model_validate(given, by_alias=True, by_name=False)
    except ValidationError as error:
        told = explain(error, Settings, document.marks)
        problems += [document.marks.problem(loc, split(loc)[0], what, do) for loc, what, do in told]
    if problems:
        raise SettingsError(problems) from None  # pydantic's own text would repeat what was written
    return settings.marked(document.marks)


def check_plugins(settings: Settings, registry: Registry) -> None:
    """Check every plugin and option that the settings name; raises `SettingsError` with every problem."""
    problems: list[Problem] = []
    for topic in settings.topics.values():
        for role in get_args(Role):
            for name in topic.chosen(role):
                problems += _resolve(settings, registry, topic, role, name)[2]
        problems += unmet(settings, registry, topic)
    if problems:
        raise SettingsError(problems)


def plugin_options(
    settings: Settings, registry: Registry, topic: str, role: Role, name: str
) -> tuple[Any, Options]:
    """Return the plugin that stands under `name` (for a scorer: its measure) in a topic, and its options
    with secrets filled in and paths made absolute. Raises `SettingsError`."""
    instance, options, problems = _resolve(settings, registry, settings.topic(topic), role, name)
    if options is None or problems:
        raise SettingsError(problems)
    return instance, options


def _search() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    do = "Write one there, or name it in LISTENING_CONFIG."
    raise SettingsError([Problem(FILE, None, "", f"there is none in {here} or above it", do)])


def _unknown_entities(document: Document) -> Iterator[Problem]:
    """Entities that a source is said to be about and that its topic does not have."""
    for topic_name, topic in _items(document.data.get("topics")):
        entities = [name for name, _ in _items(_get(topic, "entities"))]
        for source_name, source in _items(_get(topic, "sources")):
            about = _get(source, "about")
            for n, entity in enumerate(about if isinstance(about, list) else []):
                if isinstance(entity, str) and entity not in entities:
                    what = f"source {source_name!r} is about {entity!r}, which is no entity of this topic."
                    yield document.marks.problem(
                        ("topics", topic_name, "sources", source_name, "about", n),
                        ("topics", topic_name),
                        what + did_you_mean(entity, entities),
                        f"Entities: {', '.join(entities)}.",
                    )


def _unknown_aspects(document: Document) -> Iterator[Problem]:
    """Aspects named without words of their own, for which there is neither a list of `terms` nor a shipped one."""
    from listening_etl.aspects.vocabulary import SHIPPED

    known = [*dict(_items(document.data.get("terms"))), *SHIPPED]
    for topic_name, topic in _items(document.data.get("topics")):
        for entity_name, entity in _items(_get(topic, "entities")):
            place: Loc = ("topics", topic_name, "entities", entity_name)
            given = _get(entity, "aspects")
            bare: list[tuple[int | str, Any]] = [
                (name, name) for name, words in _items(given) if words is None
            ]
            for key, name in enumerate(given) if isinstance(given, list) else bare:
                if isinstance(name, str) and name not in known:
                    what = f"aspect {name!r} has no words, and there is no list of that name."
                    do = f"Give it words, or name one of these: {', '.join(known)}."
                    loc = (*place, "aspects", key)
                    yield document.marks.problem(loc, place, what + did_you_mean(name, known), do)


def _unknown_twins(document: Document) -> Iterator[Problem]:
    """Sources whose mentions are said to be those of a source that does not keep any."""
    topics = [(name, _items(_get(topic, "sources"))) for name, topic in _items(document.data.get("topics"))]
    keeping = {n: None for _, sources in topics for n, source in sources if not _get(source, "same_as")}
    for topic_name, sources in topics:
        for name, source in sources:
            twin = _get(source, "same_as")
            if isinstance(twin, str) and twin not in keeping:
                yield document.marks.problem(
                    ("topics", topic_name, "sources", name, "same_as"),
                    ("topics", topic_name),
                    f"source {name!r} is the same as {twin!r}, which keeps no mentions."
                    + did_you_mean(twin, keeping),
                    f"Name one of these: {', '.join(keeping)}." if keeping else "Take it out.",
                )


def check_queries(settings: Settings) -> None:
    """Check that every named list and query can be read; raises `SettingsError` with every problem.

    Apart from reading the settings, since it costs a grammar that a scheduler which parses DAGs does not need.
    """
    problems = list(_unreadable_queries(settings))
    if problems:
        raise SettingsError(problems)


def _unreadable_queries(settings: Settings) -> Iterator[Problem]:
    """Named lists and queries that cannot be read."""
    from listening_etl.aspects.vocabulary import SHIPPED
    from listening_etl.query import QueryError, parse
    from listening_etl.query.tree import quoted

    written: list[tuple[Loc, Loc, str]] = [
        (("terms", name, number), ("terms", name), entry)
        for name, entries in settings.terms.items()
        for number, entry in enumerate(entries)
    ]
    for topic in settings.topics.values():
        for entity in topic.entities.values():
            place: Loc = ("topics", topic.name, "entities", entity.name)
            if entity.query:
                written.append(((*place, "query"), place, entity.query))
            written += _aspects(entity, place)
            for part in ("names", "products", "context", "exclude"):
                words = enumerate(getattr(entity, part))
                written += [((*place, part, number), place, quoted(word)) for number, word in words]
    wrong = False
    for loc, place, query in written:
        try:
            parse(query, lists={**(SHIPPED if "aspects" in loc else {}), **settings.terms})
        except QueryError as error:
            if not (wrong and "$" in query):  # what is wrong with a list is said once, where it stands
                yield settings.marks.problem(loc, place, error.what, f"{error.do}\n{error.picture}")
            wrong = True


def _aspects(entity: Entity, place: Loc) -> list[tuple[Loc, Loc, str]]:
    """The queries of an entity's aspects, with their places."""
    found: list[tuple[Loc, Loc, str]] = []
    for name, words in entity.aspects.items():
        at: Loc = (*place, "aspects", name)
        entries = [(at, words)] if isinstance(words, str) else [((*at, n), w) for n, w in enumerate(words)]
        found += [(loc, place, entry) for loc, entry in entries]
    return found


def _items(given: Any) -> list[tuple[str, Any]]:
    return list(given.items()) if isinstance(given, dict) else []


def _get(given: Any, key: str) -> Any:
    return given.get(key) if isinstance(given, dict) else None


Resolved = tuple[Any, Options | None, list[Problem]]
"""A plugin's instance, its options, and what is wrong with them."""


def _resolve(settings: Settings, registry: Registry, topic: Topic, role: Role, name: str) -> Resolved:
    chosen, path = topic.chosen(role).get(name), ("topics", topic.name)
    marks = settings.marks
    if chosen is None:
        what = f"there is no {role} {name!r} here.{did_you_mean(name, topic.chosen(role))}"
        return None, None, [marks.problem(path, path, what)]
    start: Loc = (*path, f"{role}s", name)
    try:
        instance = _look_up(registry, role, name, chosen.plugin)
    except PluginError as error:
        what = f"{role} {name!r}: {error.what}"
        return None, None, [marks.problem((*start, "plugin"), path, what, error.do)]
    options, told = _read_options(settings, instance.options_type, chosen, role, (*start, "options"))
    return instance, options, [marks.problem(loc, path, what, do) for loc, what, do in told]


def _look_up(registry: Registry, role: Role, name: str, plugin: str) -> Any:
    if role == "scorer":
        return registry.scorer(name, plugin)
    return registry.source(plugin) if role == "source" else registry.filter(plugin)


def _read_options(
    settings: Settings, model: type[Options], chosen: PluginSettings, role: Role, start: Loc
) -> tuple[Options | None, list[Explained]]:
    """Options with secrets and paths, or what is wrong with them."""
    subject = f"{role} {chosen.name!r}"
    unset: list[Explained] = []
    secrets: list[str] = []
    told: list[Explained] = [
        ((*start, name), f"{subject}: option {name!r} is a secret, written out", "Write {env: NAME} instead.")
        for name, field in model.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
        and isinstance(chosen.options.get(name), str)
    ]
    given = _reveal(chosen.options, start, unset, secrets)
    if "lists" in model.model_fields:  # a plugin that reads queries: it knows the named lists of the settings
        given = {**given, "lists": {**settings.terms, **given.get("lists", {})}}
    options = None
    try:
        options = at_home(model.model_validate(given), settings.home)
    except ValidationError as error:
        hint = f"`listening plugins {chosen.plugin}` lists them."
        found = explain(error, model, settings.marks, start, owner=subject, hint=hint)
        told += [(loc, _masked(what, secrets), do) for loc, what, do in found]
    missing = [loc for loc, _, _ in unset]
    told = [one for one in told if not any(one[0][: len(loc)] == loc for loc in missing)]
    return options, [*((loc, f"{subject}: {what}", do) for loc, what, do in unset), *told]


def _reveal(given: Any, loc: Loc, unset: list[Explained], secrets: list[str]) -> Any:
    """Put the values of environment variables in the place of `{env: NAME}`, as secrets."""
    if isinstance(given, list):
        return [_reveal(item, (*loc, n), unset, secrets) for n, item in enumerate(given)]
    if not isinstance(given, dict):
        return given
    if set(given) != {"env"} or not isinstance(given["env"], str):
        return {key: _reveal(value, (*loc, key), unset, secrets) for key, value in given.items()}
    try:
        secret = EnvRef.model_construct(env=given["env"]).secret()
    except ConfigError as error:
        unset.append((loc, error.what, error.do))
        return SecretStr("unset")
    secrets.append(secret.get_secret_value())
    return secret


def _masked(what: str, secrets: list[str]) -> str:
    """Take out secrets that a plugin's own check may have repeated."""
    for secret in secrets:
        what = what.replace(secret, "**********")
    return what


def at_home(options: Options, home: Path) -> Options:
    """Make relative paths absolute from the folder of the settings.

    These are: every `Path`, also in a list, a mapping or nested options; and a text called `path` or `model`
    when there is such a file or folder, since a model may also be a name.
    """

    def moved(value: Any, name: str = "") -> Any:
        if isinstance(value, Path):
            return home / value.expanduser()
        if isinstance(value, str) and name in {"path", "model"}:
            return str(home / value) if value and _exists(home / value) else value
        if isinstance(value, BaseModel):
            changed = {key: new for key, old in value if (new := moved(old, key)) != old}
            return value.model_copy(update=changed)
        if type(value) in {list, tuple, set, frozenset}:
            return type(value)(moved(item) for item in value)
        return {key: moved(item) for key, item in value.items()} if type(value) is dict else value

    anchored: Options = moved(options)
    return anchored


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long or holding a NUL: a name, then, and no file
        return False


def json_schema(registry: Registry | None = None) -> dict[str, Any]:
    """JSON Schema of `listening.yaml` for editors; with a registry, also names and options of its plugins."""
    schema = Settings.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    for part in (schema, *definitions.values()):
        hidden = [name for name in part.get("properties", {}) if name.startswith("<")]
        for name in hidden:
            del part["properties"][name]
        part["required"] = [name for name in part.get("required", ()) if name not in hidden]
    for role in get_args(Role) if registry else ():
        properties = definitions[f"{role.capitalize()}Settings"]["properties"]
        working = [p for p in registry.plugins() if p.role == role and not p.broken] if registry else []
        if working:
            properties["plugin"]["anyOf"] = [{"enum": sorted({p.name for p in working})}, {"type": "string"}]
            choices = [_option_schema(plugin, definitions) for plugin in working]
            properties["options"] = {**properties["options"], "anyOf": choices}
    return schema


def _option_schema(plugin: Plugin, definitions: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{plugin.role}_{plugin.measure or ''}_{plugin.name}_"
    own = plugin.instance.options_type.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    for name, definition in own.pop("$defs", {}).items():
        definitions[prefix + name] = _with_references(definition)
    described = {**own, "title": plugin.name, "description": plugin.summary or plugin.name}
    schema: dict[str, Any] = _with_references(described)
    return schema


def _with_references(schema: Any) -> Any:
    """Let a secret be written as `{env: NAME}`."""
    if isinstance(schema, list):
        return [_with_references(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "password":
        return {"$ref": "#/$defs/EnvRef"}
    return {key: _with_references(value) for key, value in schema.items()}
