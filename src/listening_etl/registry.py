"""Finds, checks and looks up plugins: in the project's folders and in installed packages.

A plugin that cannot be used stays in the list, broken, with its reason; it stops only who looks it up.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import sys
import traceback
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal

import pluggy

from listening_etl.errors import PluginError, did_you_mean
from listening_etl.hookspecs import GROUP, Filter, Hooks, Scorer, Source
from listening_etl.model import Capabilities, Labels, Options, Range

Role = Literal["source", "filter", "scorer"]

PREFIX = "listening_plugins"
"""Top of the module names of plugin files; the second folder's begin with `listening_plugins_2`."""

_ROLES: dict[str, tuple[Role, type]] = {
    "listening_sources": ("source", Source),
    "listening_filters": ("filter", Filter),
    "listening_scorers": ("scorer", Scorer),
}
_FOLDERS: dict[str, Role] = {"sources": "source", "filters": "filter", "scorers": "scorer"}
_TYPES: dict[str, Any] = {
    "name": str,
    "measure": str,
    "version": str,
    "reason": str,
    "capabilities": Capabilities,
    "scale": (Range, Labels),
    "languages": (frozenset, NoneType),
}


@dataclass(frozen=True)
class Plugin:
    """One registered plugin, or one that is broken: then `broken` says why.

    `origin` is a file, or the name of an installed distribution. `role` is None when a file broke before it
    could say; `measure` is None unless it is a scorer; `instance` is None when broken.
    """

    role: Role | None
    name: str
    origin: str
    summary: str | None
    instance: Any
    broken: str | None
    measure: str | None = None


@dataclass(frozen=True)
class Registry:
    """The plugins that `load` found; nothing is added later."""

    found: tuple[Plugin, ...]

    def plugins(self) -> list[Plugin]:
        """All of them, broken ones too, by role and name."""
        return list(self.found)

    def source(self, name: str) -> Source:
        """Return the source of that name, or raise `PluginError`."""
        source: Source = self._find("source", name, None)
        return source

    def filter(self, name: str) -> Filter:
        """Return the filter of that name, or raise `PluginError`."""
        found: Filter = self._find("filter", name, None)
        return found

    def scorer(self, measure: str, name: str) -> Scorer:
        """Return the scorer of that name for that measure, or raise `PluginError`."""
        scorer: Scorer = self._find("scorer", name, measure)
        return scorer

    def names(self, role: Role, measure: str | None = None) -> list[str]:
        """Names of the working plugins of a role; for scorers, of one measure unless None."""
        return [p.name for p in self._working(role) if measure is None or p.measure == measure]

    def _working(self, role: Role) -> Iterator[Plugin]:
        return (p for p in self.found if p.role == role and p.broken is None)

    def _find(self, role: Role, name: str, measure: str | None) -> Any:
        for plugin in self._working(role):
            if plugin.name == name and plugin.measure == measure:
                return plugin.instance
        raise PluginError(self._absence(role, name, measure), do="`listening plugins` lists what there is.")

    def _absence(self, role: Role, name: str, measure: str | None) -> str:
        broken = [p for p in self.found if p.broken and p.role in {role, None}]
        for plugin in broken:
            if plugin.name == name and plugin.measure in {measure, None}:
                return str(plugin.broken)
        known = self.names(role, measure)
        kind = role if measure is None else f"{measure} {role}"
        says = [f"there is no {kind} {name!r}.{did_you_mean(name, known)}"]
        others = [p.measure for p in self._working(role) if p.name == name and p.measure]
        if others:
            says.append(f"{name!r} measures {' and '.join(map(repr, others))}.")
        elif measure is not None and not known:
            measures = sorted({p.measure for p in self._working(role) if p.measure})
            says[0] += did_you_mean(measure, measures)
            says.append(f"Known measures: {', '.join(measures) or 'none'}.")
        says.append(f"Known {kind}s: {', '.join(known) or 'none'}.")
        says += [reason if reason.endswith("?") else f"{reason}." for p in broken if (reason := p.broken)]
        return " ".join(says)


def load(folders: Sequence[Path]) -> Registry:
    """Register the plugins of `folders`, the project's first, and of the installed packages.

    Imports every plugin, so call it once per run. A folder that does not exist holds no plugins. Raises
    `PluginError` when two plugins of one role (scorers: of one measure) share a name.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    found: list[Plugin] = []
    candidates: dict[str, _Candidate] = {}
    for candidate in (*_files(folders), *_entry_points()):
        flaw = _register(manager, candidate)
        candidates[candidate.id] = candidate
        if flaw:
            found.append(candidate.as_broken(flaw))
    for hook in _ROLES:
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            found += _called(hook, implementation.function, candidates[implementation.plugin_name])
    found.sort(key=lambda p: (p.role or "", p.measure or "", p.name, p.origin))
    _refuse_duplicates(found)
    return Registry(tuple(found))


@dataclass(frozen=True)
class _Candidate:
    """A file or entry point that may hold plugins; `read` imports it."""

    id: str
    label: str
    origin: str
    name: str
    role: Role | None
    file: str | None
    read: Callable[[], object]

    def as_broken(self, flaw: str, role: Role | None = None) -> Plugin:
        return Plugin(role or self.role, self.name, self.origin, None, None, f"{self.label} {flaw}")


def _files(folders: Sequence[Path]) -> Iterator[_Candidate]:
    root = folders[0].absolute().parent if folders else Path()
    seen: set[Path] = set()
    for number, folder in enumerate(folders, 1):
        top = PREFIX if number == 1 else f"{PREFIX}_{number}"
        for path in sorted(folder.absolute().rglob("*.py")):
            inside = path.relative_to(folder.absolute())
            if path.resolve() in seen or any(part.startswith(("_", ".")) for part in inside.parts):
                continue
            seen.add(path.resolve())
            origin = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
            module = ".".join((top, *(part.replace(".", "_") for part in inside.with_suffix("").parts)))
            role = _FOLDERS.get(inside.parts[0])
            yield _Candidate(
                module, f"plugin file {origin}", origin, path.stem, role, str(path), _importer(module, path)
            )


def _package(name: str, folder: Path) -> None:
    """Make `from ._shared import …` find the files of the folder whose names begin with an underscore.

    These are no plugins: they hold what several plugins of a folder share.
    """
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    for known in [known for known in sys.modules if known.startswith(f"{name}._")]:
        if Path(getattr(sys.modules[known], "__file__", None) or "").parent != folder:
            del sys.modules[known]


def _importer(module_name: str, path: Path) -> Callable[[], object]:
    def read() -> object:
        _package(module_name.rpartition(".")[0], path.parent)
        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path.name} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module  # dataclasses, pydantic and pickle look classes up there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[module_name]
            raise
        return module

    return read


def _entry_points() -> Iterator[_Candidate]:
    for point in importlib.metadata.entry_points(group=GROUP):
        origin = point.dist.name if point.dist else point.value
        label = f"entry point {point.name!r} of {origin}"
        yield _Candidate(
            f"{origin}:{point.name}:{point.value}", label, origin, point.name, None, None, point.load
        )


def _register(manager: pluggy.PluginManager, candidate: _Candidate) -> str | None:
    """Import and register; what is wrong with it, or None."""
    try:
        plugin = candidate.read()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is kept as the reason
        return f"could not be imported: {_reason(error, candidate.file)}"
    flaw = _misspelt(plugin)
    if flaw:
        return flaw
    try:
        manager.register(plugin, name=candidate.id)
    except (pluggy.PluginValidationError, ValueError) as error:
        return f"could not be registered: {str(error).splitlines()[-1]}"
    return None


def _reason(error: BaseException, file: str | None) -> str:
    """Type, message and, when the file is known, the line in it that led to the error."""
    says = error.msg if isinstance(error, SyntaxError) else str(error)
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if file and at.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines = [error.lineno]
    at = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {says}{at}" if says else f"{type(error).__name__}{at}"


def _misspelt(plugin: object) -> str | None:
    """Name the first function that looks like a hook and is none; or say that there is no hook at all."""
    home = getattr(plugin, "__name__", type(plugin).__module__)
    hooks = 0
    for name in dir(plugin):
        function = getattr(plugin, name, None)
        if not inspect.isroutine(function):
            continue
        mark = getattr(function, f"{GROUP}_impl", None)
        own = getattr(function, "__module__", None) == home
        if not isinstance(mark, dict) and not (own and name.startswith("listening_")):
            continue
        hook = (mark or {}).get("specname") or name
        if hook not in _ROLES:
            return f"has a function {hook!r}, which is no hook.{did_you_mean(hook, _ROLES)}"
        if mark is None:
            return f"has a hook {hook!r} that is not marked with @hookimpl"
        hooks += 1
    return None if hooks else f"has no hook: none of {', '.join(_ROLES)}"


def _called(hook: str, function: Callable[[], object], candidate: _Candidate) -> Iterator[Plugin]:
    """Plugins that one implementation of a hook returns."""
    role = _ROLES[hook][0]
    try:
        instances = function()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is kept as the reason
        yield candidate.as_broken(f"failed in {hook}(): {_reason(error, candidate.file)}", role)
        return
    if not isinstance(instances, (list, tuple)):
        kind = type(instances).__name__
        yield candidate.as_broken(f"returns {kind} from {hook}(), not a list of instances", role)
        return
    for instance in instances:
        yield _examined(instance, hook, candidate)


def _examined(instance: object, hook: str, candidate: _Candidate) -> Plugin:
    role, protocol = _ROLES[hook]
    name = measure = summary = None
    try:
        name = getattr(instance, "name", None)
        measure = getattr(instance, "measure", None) if role == "scorer" else None
        summary = inspect.getdoc(instance if isinstance(instance, type) else type(instance))
        flaw = _flaw(instance, protocol)
    except Exception as error:  # noqa: BLE001 - a property of the plugin may raise anything
        flaw = f"failed when looked at: {_reason(error, candidate.file)}"
    name = name if isinstance(name, str) and name else candidate.name
    return Plugin(
        role=role,
        name=name,
        origin=candidate.origin,
        summary=(summary or "").strip().split("\n", 1)[0] or None,
        instance=None if flaw else instance,
        broken=f"{candidate.label} has a {role} {name!r} that {flaw}" if flaw else None,
        measure=measure if isinstance(measure, str) else None,
    )


def _flaw(instance: object, protocol: type) -> str | None:
    """What keeps an instance from playing the role, or None."""
    if isinstance(instance, type):
        return f"is a class, not an instance: return [{instance.__name__}()]"
    attributes = protocol.__annotations__
    methods = [name for name, value in vars(protocol).items() if inspect.isfunction(value) and name[0] != "_"]
    lacking = [repr(name) for name in (*attributes, *methods) if not hasattr(instance, name)]
    if lacking:
        return f"lacks {' and '.join(lacking)}"
    for name, annotation in attributes.items():
        value = getattr(instance, name)
        fits = _is_options(value) if name == "options_type" else isinstance(value, _TYPES[name])
        if not fits:
            kind = value.__name__ if isinstance(value, type) else type(value).__name__
            return f"has {kind} as {name!r}, not {annotation}"
        if value == "" and name != "reason":
            return f"has an empty {name!r}"
    needs = getattr(instance, "needs", ())
    if not (isinstance(needs, tuple) and all(isinstance(need, str) for need in needs)):
        return f"has {needs!r} as 'needs', not a tuple of names: write needs = (\"sentiment\",)"
    return next((flaw for name in methods if (flaw := _wrong_signature(instance, protocol, name))), None)


def _is_options(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Options)


def _wrong_signature(instance: object, protocol: type, name: str) -> str | None:
    method = getattr(instance, name)
    if not callable(method):
        return f"has {name!r} that is no method"
    wanted = list(inspect.signature(getattr(protocol, name)).parameters)[1:]
    signature = inspect.signature(method)
    try:
        signature.bind(*wanted)
    except TypeError:
        given = ", ".join(signature.parameters)
        return f"has {name}({given}), which should be {name}({', '.join(wanted)})"
    return None


def _refuse_duplicates(found: list[Plugin]) -> None:
    first: dict[tuple[Role | None, str | None, str], Plugin] = {}
    for plugin in found:
        if plugin.broken:
            continue
        other = first.setdefault((plugin.role, plugin.measure, plugin.name), plugin)
        if other is not plugin:
            kind = f"{plugin.measure} {plugin.role}" if plugin.measure else plugin.role
            raise PluginError(
                f"two {kind}s are called {plugin.name!r}: one in {other.origin}, one in {plugin.origin}",
                do="Rename or remove one.",
            )


def product_folders() -> tuple[Path, ...]:
    """Where plugins are for calls that need no topic: `plugins/` beside the settings or here, and the product's."""
    product = Path(__file__).parents[2] / "plugins"
    here = Path.cwd() / "plugins"
    return tuple(dict.fromkeys(folder for folder in (here, product) if folder.is_dir()))
