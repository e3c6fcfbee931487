"""Reads the settings' YAML with the line of every key, and tells what is wrong with it, line by line.

Plain words follow YAML 1.2: `no`, `on` and `12:30` are text, `true` and `false` are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from listening_etl.errors import ConfigError, did_you_mean

Loc = tuple[int | str, ...]
"""Where a value is: its keys and list positions, from the top."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is, what it is, and what to do. `line` is 1 for the first line, None
    when unknown; `path` is empty at the top."""

    file: str
    line: int | None
    path: str
    what: str
    do: str | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f"{where}, {self.path}" if self.path else where
        return str(ConfigError(self.what, where=where, do=self.do))


class SettingsError(ConfigError):
    """The settings are wrong; `problems` holds every one found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(map(str, self.problems)))

    def __str__(self) -> str:
        return self.what

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.problems,))


@dataclass(frozen=True)
class Marks:
    """The file's name and the line of each of its keys and list items."""

    file: str
    lines: Mapping[Loc, int]

    def problem(self, loc: Loc, path: Loc, what: str, do: str | None = None) -> Problem:
        """Describe a problem with what is at `loc`, or with the nearest thing around it."""
        line = next((self.lines[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in self.lines), None)
        if line is None and self.lines:
            line = 1
        return Problem(self.file, line, ".".join(map(str, path)), what, do)

    def written(self, loc: Loc) -> Loc:
        """Cut off what is not in the file: pydantic's names for the branches of a union."""
        while self.lines and loc and loc not in self.lines:
            loc = loc[:-1]
        return loc


@dataclass(frozen=True)
class Document:
    """What a settings file says, where, and what is wrong with it as YAML."""

    data: dict[str, Any]
    marks: Marks
    problems: tuple[Problem, ...]


def read_text(path: Path) -> str:
    """Text of a file; raises `SettingsError` when it cannot be had or is not UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = f"the settings cannot be read: {error.strerror or type(error).__name__}"
        raise SettingsError([Problem(str(path), None, "", what, "Check the path.")]) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = "the file is not UTF-8"
        raise SettingsError([Problem(path.name, line, "", what, "Save it as UTF-8.")]) from error


def parse(text: str, file: str) -> Document:
    """Data and lines of a YAML text; raises `SettingsError` when there is no mapping to be had from it."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        raise SettingsError([_syntax_problem(error, text, file)]) from error
    if root is None:
        do = "Begin with `version: 1` and a topic."
        raise SettingsError([Problem(file, 1, "", "the file is empty", do)])
    if not isinstance(root, yaml.MappingNode):
        do = "Begin with `version: 1`."
        raise SettingsError([Problem(file, _line(root), "", "the file holds no keys", do)])
    reader = _Reader(loader)
    data = reader.value(root, ())
    marks = Marks(file, reader.lines)
    problems = (Problem(file, line, ".".join(map(str, loc)), *rest) for line, loc, *rest in reader.problems)
    return Document(data, marks, tuple(problems))


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its surprises: Norway (`no`) is no falsehood, 010 is not 8 and 12:30 is not 750."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - typed so by PyYAML
        first: [(tag, shape) for tag, shape in pairs if not tag.endswith((":bool", ":int"))]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class _Reader:
    """Turns YAML nodes into plain data, noting lines, and what YAML would let pass."""

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.lines: dict[Loc, int] = {}
        self.problems: list[tuple[int, Loc, str, str]] = []
        self.open: set[int] = set()
        self.flat: set[int] = set()

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        if id(node) in self.open:
            self.problems.append((_line(node), loc, "an alias refers to itself", "Write it out."))
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, loc)
            if isinstance(node, yaml.SequenceNode):
                return [self.item(child, (*loc, n)) for n, child in enumerate(node.value)]
            return self.scalar(node, loc)
        finally:
            self.open.discard(id(node))

    def item(self, node: yaml.Node, loc: Loc) -> Any:
        self.lines[loc] = _line(node)
        return self.value(node, loc)

    def scalar(self, node: yaml.Node, loc: Loc) -> Any:
        try:
            return self.loader.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            says = getattr(error, "problem", None) or str(error)
            what = f"{node.value!r} cannot be read: {says}"
            self.problems.append((_line(node), loc, what, "Text goes in quotes."))
            return None

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        if id(node) not in self.flat:
            self.flat.add(id(node))
            self.refuse_duplicates(node, loc)
            self.merge(node, loc)
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.scalar(key_node, loc) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                given = repr(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "in brackets"
                what = f"key {given} is not text"
                self.problems.append((_line(key_node), loc, what, "Put it in quotes."))
                continue
            self.lines[(*loc, key)] = _line(key_node)
            data[key] = self.value(value_node, (*loc, key))
        return data

    def merge(self, node: yaml.MappingNode, loc: Loc) -> None:
        """Put what `<<` brings in beside the keys that are there."""
        try:
            self.loader.flatten_mapping(node)
        except yaml.YAMLError:
            what = "'<<' takes an alias of keys, such as *defaults"
            self.problems.append((_line(node), loc, what, "Write the keys out."))
            node.value = [(key, value) for key, value in node.value if not key.tag.endswith(":merge")]

    def refuse_duplicates(self, node: yaml.MappingNode, loc: Loc) -> None:
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
                continue
            if key.value in first:
                what = f"{key.value!r} is there twice, first in line {first[key.value]}"
                self.problems.append((_line(key), loc, what, "Keep one."))
            first.setdefault(key.value, _line(key))


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    says = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = None if not isinstance(position, int) else text.count("\n", 0, position) + 1
    if mark is not None:
        line = mark.line + 1
    context = getattr(error, "context_mark", None)
    if "'\\t'" in says:
        says, do = "a tab stands where YAML wants spaces", "Indent with spaces."
    elif says.endswith("cannot start any token"):
        do = "Put text that begins with such a character in quotes."
    elif says.startswith("mapping values are not allowed"):
        do = "Put text that holds ': ' in quotes, and check the indentation."
    elif "expected ',' or" in says and context is not None:
        line, says = context.line + 1, "a bracket is not closed, or a comma is missing"
        do = "Close it; text that begins with '#' needs quotes."
    else:
        do = "Check quotes, brackets and indentation here and just above."
    return Problem(file, line, "", f"the YAML cannot be read: {says}", do)


Explained = tuple[Loc, str, str | None]
"""Where, what is wrong, and what to do."""


def explain(
    error: ValidationError,
    model: type[BaseModel],
    marks: Marks,
    start: Loc = (),
    *,
    owner: str | None = None,
    hint: str | None = None,
) -> list[Explained]:
    """Say in the words of the settings what pydantic found wrong with `model` at `start`, once per place.

    For the options of a plugin, `owner` names it, and `hint` says where its options are listed.
    """
    told: dict[Loc, Explained] = {}
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_within(other["loc"], detail["loc"]) for other in details):
            continue  # pydantic does not count items that are wrong
        inner = tuple(part for part in detail["loc"] if part != "[key]")
        loc = (*start, *inner)
        if detail["type"] != "missing":
            loc = marks.written(loc)
        if owner and detail["type"] == "extra_forbidden":
            name = split(inner)[1]
            near = did_you_mean(name, _fields(model, split(inner)[0]))
            what, do = f"{owner} has no option {name!r}.{near}", hint
        else:
            what, do = _said(detail, model, inner)
            what = f"{owner}: {'option ' if inner else ''}{what.strip()}" if owner else what
        told.setdefault(loc, (loc, what, do))
    return list(told.values())


def _within(inner: Loc, outer: Loc) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def split(loc: Loc) -> tuple[Loc, str]:
    """Split into the path of the mapping and the name in it; a position in a list belongs to the name."""
    n = max((n for n, part in enumerate(loc) if isinstance(part, str)), default=0)
    name = "".join([str(loc[n]), *(f"[{part}]" for part in loc[n + 1 :])]) if loc else ""
    return loc[:n], name


def _said(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> tuple[str, str | None]:
    """What is wrong, beginning with the key's name, and what to do."""
    kind, given = detail["type"], detail["input"]
    parents, name = split(loc)
    fields = _fields(model, parents)
    if kind == "extra_forbidden":
        return f"{name!r} is no key here.{did_you_mean(name, fields)}", f"Keys: {', '.join(fields)}."
    if kind == "missing":
        description = fields.get(name)
        return f"{name!r} is missing" + (f" ({description})" if description else ""), "Add it."
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'|(\d+)", str(detail["ctx"]["expected"]))
        names = [text or number for text, number in known]
        return f"{name} {given!r} is none of {', '.join(names)}.{did_you_mean(str(given), names)}", None
    if kind in {"value_error", "assertion_error"}:
        return f"{name} {detail['ctx']['error']}", None
    if kind in {"too_short", "string_too_short"} and not given:
        return f"{name!r} is empty", "Give at least one." if kind == "too_short" else None
    return _wrong_kind(kind, given, name) or (f"{name} {given!r}: {_lower(detail['msg'])}", None)


def _wrong_kind(kind: str, given: object, name: str) -> tuple[str, str | None] | None:
    """What to say when a value is of another kind than the key takes. Never tells a text's content: it may
    be a secret in the wrong place."""
    wanted = {
        "string_type": "text",
        "model_type": "keys",
        "dict_type": "keys",
        "tuple_type": "a list",
        "list_type": "a list",
    }.get(kind)
    if wanted is None:
        return None
    if given is None:
        return f"{name!r} is empty", "Give a value; text that begins with '#' needs quotes."
    if wanted == "text" and isinstance(given, bool | int | float | date):
        return f"{name} {given} is {_kind(given)}, not text", "Put it in quotes."
    do = "Put it in square brackets." if wanted == "a list" and not isinstance(given, dict) else None
    return f"{name!r} is {_kind(given)}, not {wanted}", do


def _kind(given: object) -> str:
    kinds: Sequence[tuple[type | tuple[type, ...], str]] = (
        (bool, "true or false"),
        ((int, float), "a number"),
        (date, "a date"),
        (str, "text"),
        (SecretStr, "an environment variable"),
        ((list, tuple), "a list"),
        (dict, "keys"),
    )
    return next((name for kind, name in kinds if isinstance(given, kind)), type(given).__name__)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _fields(model: type[BaseModel], loc: Loc) -> dict[str, str | None]:
    """Keys that a person may write at `loc`, with their descriptions."""
    kind: Any = model
    for part in loc:
        kind = next(_inside(kind, part), None)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {
        name: field.description
        for name, field in kind.model_fields.items()
        if not str(field.validation_alias or "").startswith("<")
    }


def _inside(kind: Any, part: int | str) -> Iterator[Any]:
    """Type of the part of a value of that type: a model's field, a mapping's or a list's values."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if part in kind.model_fields:
            yield kind.model_fields[str(part)].annotation
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]
    elif get_origin(kind) in {tuple, list}:
        yield get_args(kind)[0]
    else:
        for choice in get_args(kind):
            yield from _inside(choice, part)
