"""The registry: finding, checking and looking up plugins."""

import sys
from pathlib import Path

import pytest

from listening_etl.errors import PluginError
from listening_etl.registry import load

SOURCE = '''
from listening_etl import Capabilities, Options, hookimpl


class Posts:
    """Mentions from {name}.

    More about it.
    """

    name = "{name}"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="none")

    def fetch(self, options, slice, http):
        yield b""

    def parse(self, item, options):
        ...


@hookimpl
def listening_sources():
    return [Posts()]
'''

FILTER = """
from listening_etl import Options, hookimpl


class Short:
    name = "short"
    version = "1"
    reason = "shorter than {characters}"
    options_type = Options

    def keep(self, mentions, options):
        ...


@hookimpl
def listening_filters():
    return [Short()]
"""

SCORER = '''
from listening_etl import Options, Range, hookimpl


class Scorer:
    """Scores {measure}."""

    name = "{name}"
    measure = "{measure}"
    scale = Range(-1, 1)
    version = "1"
    languages = None
    options_type = Options

    def score(self, mentions, options):
        ...


@hookimpl
def listening_scorers():
    return [Scorer()]
'''


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "plugins"


def write(folder: Path, path: str, text: str) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def only_flaw(folder: Path) -> str:
    (plugin,) = load([folder]).plugins()
    assert plugin.instance is None
    return plugin.broken


def test_finds_every_role_by_folder(folder):
    write(folder, "sources/forum.py", SOURCE.format(name="forum"))
    write(folder, "filters/short.py", FILTER)
    write(folder, "scorers/deep/lexicon.py", SCORER.format(name="lexicon", measure="sentiment"))
    write(folder, "sources/_draft.py", "raise SystemExit")
    path = list(sys.path)

    registry = load([folder])

    assert sys.path == path
    assert [(p.role, p.name, p.origin, p.summary, p.broken) for p in registry.plugins()] == [
        ("filter", "short", "plugins/filters/short.py", None, None),
        ("scorer", "lexicon", "plugins/scorers/deep/lexicon.py", "Scores sentiment.", None),
        ("source", "forum", "plugins/sources/forum.py", "Mentions from forum.", None),
    ]
    assert registry.source("forum").name == "forum"
    assert type(registry.source("forum")).__module__ == "listening_plugins.sources.forum"
    assert registry.filter("short").version == "1"
    assert registry.scorer("sentiment", "lexicon").measure == "sentiment"
    assert registry.names("source") == ["forum"]


def test_a_folder_that_does_not_exist_holds_no_plugins(folder):
    assert load([folder]).plugins() == []
    assert load([]).plugins() == []


def test_the_extra_folder_has_module_names_of_its_own(folder, tmp_path):
    extra = tmp_path / "elsewhere"
    write(folder, "sources/forum.py", SOURCE.format(name="forum"))
    write(extra, "sources/forum.py", SOURCE.format(name="board"))

    registry = load([folder, extra, folder])

    assert type(registry.source("forum")).__module__ == "listening_plugins.sources.forum"
    assert type(registry.source("board")).__module__ == "listening_plugins_2.sources.forum"
    assert registry.plugins()[0].origin == "elsewhere/sources/forum.py"


SHARING = "from ._words import GREETING\n" + SOURCE


def test_plugins_of_a_folder_share_files_whose_names_begin_with_an_underscore(folder, tmp_path):
    for where, word in ((folder, "bonjour"), (tmp_path / "elsewhere", "hello")):
        write(where, "sources/_words.py", f"GREETING = {word!r}\n")
        for name in ("a", "z"):  # whichever is read first
            write(where, f"sources/{name}_{word}.py", SHARING.format(name=f"{name}_{word}"))
        registry = load([where])
        assert [(p.name, p.broken) for p in registry.plugins()] == [(f"a_{word}", None), (f"z_{word}", None)]
        assert registry.source(f"a_{word}").fetch.__globals__["GREETING"] == word


def test_installed_packages_register_by_entry_point(tmp_path, monkeypatch):
    info = tmp_path / "acme_forums-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-forums\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[listening_etl]\nacme = acme_forums\nlost = acme_lost\n")
    write(tmp_path, "acme_forums.py", SOURCE.format(name="acme"))
    monkeypatch.syspath_prepend(tmp_path)

    registry = load([])

    assert registry.source("acme").name == "acme"
    lost, acme = registry.plugins()
    assert (acme.origin, lost.origin) == ("acme-forums", "acme-forums")
    assert lost.broken == (
        "entry point 'lost' of acme-forums could not be imported: "
        "ModuleNotFoundError: No module named 'acme_lost'"
    )


def test_an_unknown_name_gets_a_suggestion_and_the_known_names(folder):
    write(folder, "sources/forum.py", SOURCE.format(name="forum"))
    write(folder, "sources/feed.py", SOURCE.format(name="feed"))

    with pytest.raises(PluginError) as raised:
        load([folder]).source("forumm")

    assert str(raised.value) == (
        "there is no source 'forumm'. Did you mean 'forum'? Known sources: feed, forum. "
        "`listening plugins` lists what there is."
    )


def test_a_file_that_cannot_be_imported_stops_only_who_looks_it_up(folder):
    write(folder, "sources/forum.py", SOURCE.format(name="forum"))
    write(folder, "sources/x.py", "import listening_etl\n\nimport no_such_module\n")
    write(folder, "filters/y.py", "def broken(:\n")
    reason = (
        "plugin file plugins/sources/x.py could not be imported: "
        "ModuleNotFoundError: No module named 'no_such_module' (line 3)"
    )

    registry = load([folder])

    assert registry.source("forum").name == "forum"
    assert {p.name: p.broken for p in registry.plugins()} == {
        "forum": None,
        "x": reason,
        "y": "plugin file plugins/filters/y.py could not be imported: SyntaxError: invalid syntax (line 1)",
    }
    assert "listening_plugins.sources.x" not in sys.modules
    with pytest.raises(PluginError) as raised:
        registry.source("x")
    assert str(raised.value) == f"{reason}. `listening plugins` lists what there is."
    with pytest.raises(PluginError) as raised:
        registry.source("zzz")
    assert raised.value.what == f"there is no source 'zzz'. Known sources: forum. {reason}."


def test_a_plugin_file_that_exits_is_broken(folder):
    write(folder, "sources/x.py", "raise SystemExit(3)")
    assert only_flaw(folder).endswith("could not be imported: SystemExit: 3 (line 1)")


@pytest.mark.parametrize(
    ("old", "new", "flaw"),
    [
        (
            "def listening_sources",
            "def listening_source",
            "has a function 'listening_source', which is no hook. Did you mean 'listening_sources'?",
        ),
        (
            "@hookimpl\ndef listening_sources",
            "def listening_sorces",
            "has a function 'listening_sorces', which is no hook. Did you mean 'listening_sources'?",
        ),
        (
            "def listening_sources",
            "def sources",
            "has a function 'sources', which is no hook.",
        ),
        (
            "@hookimpl\ndef listening_sources",
            "def listening_sources",
            "has a hook 'listening_sources' that is not marked with @hookimpl",
        ),
        (
            "@hookimpl\ndef listening_sources",
            "def register",
            "has no hook: none of listening_sources, listening_filters, listening_scorers",
        ),
        (
            "def listening_sources()",
            "def listening_sources(config)",
            "could not be registered: Argument(s) {'config'} are declared in the hookimpl but can not be "
            "found in the hookspec",
        ),
        (
            "    return [Posts()]",
            "    raise ValueError('no luck')",
            "failed in listening_sources(): ValueError: no luck (line 24)",
        ),
        (
            "return [Posts()]",
            "return Posts()",
            "returns Posts from listening_sources(), not a list of instances",
        ),
        (
            "[Posts()]",
            "[Posts]",
            "has a source 'forum' that is a class, not an instance: return [Posts()]",
        ),
        ("    name =", "    nom =", "has a source 'forum' that lacks 'name'"),
        (
            "capabilities =",
            "abilities =",
            "has a source 'forum' that lacks 'capabilities'",
        ),
        ("def parse", "def parze", "has a source 'forum' that lacks 'parse'"),
        (
            "options_type = Options",
            "options_type = dict",
            "has a source 'forum' that has dict as 'options_type', not type[Options]",
        ),
        ('name = "forum"', 'name = ""', "has a source 'forum' that has an empty 'name'"),
        (
            "fetch(self, options, slice, http)",
            "fetch(self, options, slice)",
            "has a source 'forum' that has fetch(options, slice), "
            "which should be fetch(options, slice, http)",
        ),
        (
            "def parse(self, item, options):\n        ...",
            "parse = None",
            "has a source 'forum' that has 'parse' that is no method",
        ),
    ],
)
def test_a_wrong_plugin_is_broken_and_says_why(folder, old, new, flaw):
    text = SOURCE.format(name="forum")
    assert old in text
    write(folder, "sources/forum.py", text.replace(old, new))
    assert only_flaw(folder).startswith(f"plugin file plugins/sources/forum.py {flaw}")


def test_a_plugin_that_raises_when_looked_at_is_broken(folder):
    text = FILTER.replace('version = "1"', "version = property(lambda self: 1 / 0)")
    write(folder, "filters/short.py", text)
    assert only_flaw(folder) == (
        "plugin file plugins/filters/short.py has a filter 'short' that failed when looked at: "
        "ZeroDivisionError: division by zero (line 7)"
    )


def test_one_broken_instance_leaves_the_others_of_its_file(folder):
    text = SOURCE.format(name="forum").replace("return [Posts()]", "return [Posts(), object()]")
    write(folder, "sources/forum.py", text)
    registry = load([folder])
    assert registry.source("forum").name == "forum"
    assert sorted(bool(p.broken) for p in registry.plugins()) == [False, True]


def test_two_plugins_of_one_name_are_refused_naming_both(folder):
    write(folder, "sources/a.py", SOURCE.format(name="forum"))
    write(folder, "sources/b.py", SOURCE.format(name="forum"))
    with pytest.raises(PluginError) as raised:
        load([folder])
    assert str(raised.value) == (
        "two sources are called 'forum': one in plugins/sources/a.py, one in plugins/sources/b.py. "
        "Rename or remove one."
    )


def test_scorers_share_a_name_unless_they_share_the_measure(folder):
    write(folder, "scorers/a.py", SCORER.format(name="llm", measure="sentiment"))
    write(folder, "scorers/b.py", SCORER.format(name="llm", measure="intent"))
    registry = load([folder])
    assert registry.scorer("sentiment", "llm").measure == "sentiment"
    assert registry.scorer("intent", "llm").measure == "intent"
    with pytest.raises(PluginError, match="'llm' measures 'intent' and 'sentiment'"):
        registry.scorer("relevance", "llm")
    with pytest.raises(
        PluginError, match=r"no sentimant scorer 'x'\. Did you mean 'sentiment'\? Known measures"
    ):
        registry.scorer("sentimant", "x")

    write(folder, "scorers/c.py", SCORER.format(name="llm", measure="intent"))
    with pytest.raises(PluginError, match="two intent scorers are called 'llm'"):
        load([folder])


def test_the_registry_is_frozen(folder):
    registry = load([folder])
    with pytest.raises(AttributeError):
        registry.found = ()
    registry.plugins().append(None)
    assert registry.plugins() == []


def test_the_shipped_plugins_all_work():
    plugins = Path(__file__).parents[2] / "plugins"
    assert [p.broken for p in load([plugins]).plugins() if p.broken] == []
