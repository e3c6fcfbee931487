"""The settings: what `listening.yaml` may say, and what is said when it is wrong."""

import json
import os
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError, field_validator

from listening_etl import Options
from listening_etl.config import (
    EnvRef,
    SettingsError,
    Topic,
    check_plugins,
    json_schema,
    load_settings,
    parse_settings,
    plugin_options,
)
from listening_etl.errors import ConfigError
from listening_etl.registry import Plugin, Registry
from tests.unit.config.settings_example import GOOD

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in list(os.environ):
        if name.startswith("LISTENING_"):
            monkeypatch.delenv(name)


@pytest.fixture
def read(tmp_path):
    return lambda text: parse_settings(text, tmp_path / "listening.yaml")


def test_good_settings(read, tmp_path):
    settings = read(GOOD)
    assert (settings.home, settings.path) == (tmp_path, tmp_path / "listening.yaml")
    assert settings.staging == str(tmp_path / ".listening/staging")
    assert settings.warehouse is None and settings.warehouse_url() is None
    assert settings.pseudonym_key == EnvRef(env="LISTENING_PSEUDONYM_KEY")
    assert settings.plugin_folders == (tmp_path / "plugins",)
    assert settings.allow_private_addresses is False

    topic = settings.topic("kettles")
    assert (topic.name, topic.title, topic.description) == ("kettles", "kettles", "")
    assert topic.languages == ("en", "no")  # Norwegian, not a falsehood
    assert topic.start == date(2026, 1, 1)
    assert topic.since == datetime(2025, 12, 31, 23, tzinfo=UTC)  # Paris is an hour ahead in winter
    assert (topic.schedule, topic.keep_raw_days) == ("@hourly", 365)

    acme, rival = topic.entities.values()
    assert (acme.name, acme.title, acme.handles, acme.hashtags) == ("acme", "acme", ("acme_help",), ("acme",))
    assert (rival.title, rival.role, rival.exclude) == ("The Rival", "competitor", ())

    forum = topic.sources["forum"]
    assert (forum.name, forum.plugin, forum.channel, forum.about) == ("forum", "forum", "web", ("acme",))
    assert (forum.slice, forum.options) == (timedelta(hours=6), {"board": "kettles"})
    assert [(f.name, f.plugin, f.options) for f in topic.filters.values()] == [
        ("short", "short", {"characters": 8}),
        ("bots", "bots", {}),
    ]
    assert topic.scorers["sentiment"].measure == "sentiment"
    assert topic.scorers["sentiment"].plugin == "lexicon"


def test_settings_are_frozen_hashable_and_travel(read):
    settings = read(GOOD)
    again = pickle.loads(pickle.dumps(settings))
    assert again == settings
    assert hash(again) == hash(settings)
    assert hash(again.topic("kettles")) == hash(settings.topic("kettles"))
    with pytest.raises(ValidationError):
        settings.staging = "elsewhere"


def test_a_topic_can_be_made_in_a_test_without_a_file():
    topic = Topic(
        name="tea",
        purpose="To test.",
        languages=("fr",),
        start="2026-01-01T08:00:00+01:00",
        entities={"acme": {"role": "own", "names": ["Acme"]}},
        sources={"file": {"slice": "7d"}},
    )
    assert topic.since == datetime(2026, 1, 1, 7, tzinfo=UTC)
    assert topic.entities["acme"].title == "acme"
    assert topic.sources["file"].slice == timedelta(days=7)


def test_the_environment_gives_what_the_file_leaves_out(read, monkeypatch, tmp_path):
    monkeypatch.setenv("LISTENING_WAREHOUSE_URL", "postgresql://me:hush@db/listening")
    monkeypatch.setenv("LISTENING_STAGING", "s3://bucket/staging")
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 32)
    settings = read(GOOD)
    assert settings.warehouse == EnvRef(env="LISTENING_WAREHOUSE_URL")
    assert settings.warehouse_url().get_secret_value() == "postgresql://me:hush@db/listening"
    assert settings.staging == "s3://bucket/staging"
    assert settings.pseudonym_key.secret().get_secret_value() == "k" * 32
    assert "hush" not in repr(settings) + repr(settings.warehouse_url())

    monkeypatch.setenv("LISTENING_STAGING", "work")
    settings = read("warehouse: postgresql://db/other\n" + GOOD)
    assert settings.warehouse_url().get_secret_value() == "postgresql://db/other"
    assert settings.staging == str(tmp_path / "work")


def test_a_secret_that_is_not_set_is_named(read):
    with pytest.raises(ConfigError) as raised:
        read(GOOD).pseudonym_key.secret()
    assert (
        str(raised.value)
        == "environment variable 'LISTENING_PSEUDONYM_KEY' is not set. Set it, and run again."
    )


def test_the_file_is_looked_for_upwards_then_named_by_argument_or_environment(tmp_path, monkeypatch):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "listening.yaml").write_text(GOOD)
    (tmp_path / "other.yaml").write_text(GOOD.replace("kettles:", "toasters:"))
    monkeypatch.chdir(below)
    assert list(load_settings().topics) == ["kettles"]
    assert load_settings().home == tmp_path
    monkeypatch.setenv("LISTENING_CONFIG", str(tmp_path / "other.yaml"))
    assert list(load_settings().topics) == ["toasters"]
    assert list(load_settings(tmp_path / "listening.yaml").topics) == ["kettles"]


def test_no_file_an_unreadable_one_and_one_that_is_no_utf8(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as raised:
        load_settings()
    assert str(raised.value) == (
        f"listening.yaml: there is none in {tmp_path} or above it. "
        "Write one there, or name it in LISTENING_CONFIG."
    )
    with pytest.raises(ConfigError) as raised:
        load_settings("nowhere.yaml")
    assert str(raised.value) == (
        "nowhere.yaml: the settings cannot be read: No such file or directory. Check the path."
    )
    Path("latin.yaml").write_bytes("version: 1\ntitle: Torréo\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"^latin\.yaml:2: the file is not UTF-8\. Save it as UTF-8\.$"):
        load_settings("latin.yaml")


def test_an_unknown_topic_gets_a_suggestion(read):
    with pytest.raises(ConfigError) as raised:
        read(GOOD).topic("kettle")
    assert str(raised.value) == (
        "listening.yaml: there is no topic 'kettle'. Did you mean 'kettles'? Topics: kettles."
    )


class Login(Options):
    token: SecretStr | None = None
    certificate: Path | None = None


class ForumOptions(Options):
    board: str
    depth: int = 3
    token: SecretStr | None = Field(None, description="From the forum's page")
    file: Path | None = None
    files: tuple[Path, ...] = ()
    path: str = ""
    login: Login = Login()

    @field_validator("token")
    @classmethod
    def _talkative(cls, token):
        if token and token.get_secret_value() == "hush-hush":
            raise ValueError(f"{token.get_secret_value()} is refused")
        return token


class ModelOptions(Options):
    model: str = "large"


class Forum:
    name = "forum"
    options_type = ForumOptions


class Anything:
    name = "short"
    options_type = type("AnyOptions", (Options,), {"__annotations__": {"characters": int}, "characters": 1})


class Lexicon:
    name, measure = "lexicon", "sentiment"
    options_type = ModelOptions


REGISTRY = Registry(
    (
        Plugin("source", "forum", "plugins/sources/forum.py", "A forum.", Forum(), None),
        Plugin("filter", "short", "plugins/filters/short.py", None, Anything(), None),
        Plugin("filter", "bots", "plugins/filters/bots.py", None, Anything(), None),
        Plugin("scorer", "lexicon", "plugins/scorers/lexicon.py", None, Lexicon(), None, "sentiment"),
    )
)


@pytest.fixture
def plugin_problems(read):
    def tell(old, new):
        assert old in GOOD
        settings = read(GOOD.replace(old, new, 1))
        with pytest.raises(SettingsError) as raised:
            check_plugins(settings, REGISTRY)
        return [str(problem) for problem in raised.value.problems]

    return tell


def test_plugins_that_are_right(read):
    settings = read(GOOD)
    check_plugins(settings, REGISTRY)
    instance, options = plugin_options(settings, REGISTRY, "kettles", "source", "forum")
    assert isinstance(instance, Forum)
    assert options == ForumOptions(board="kettles")
    instance, options = plugin_options(settings, REGISTRY, "kettles", "scorer", "sentiment")
    assert isinstance(instance, Lexicon)
    assert options.model == "large"


def test_a_misspelt_option(plugin_problems):
    assert plugin_problems("board: kettles", "bord: kettles") == [
        "listening.yaml:23, topics.kettles: source 'forum': option 'board' is missing. Add it.",
        "listening.yaml:24, topics.kettles: source 'forum' has no option 'bord'. Did you mean 'board'? "
        "`listening plugins forum` lists them.",
    ]


def test_an_option_of_the_wrong_kind_and_a_nested_one(plugin_problems):
    assert plugin_problems(
        "board: kettles", "board: 7\n          depth: deep\n          login: {tokn: x}"
    ) == [
        "listening.yaml:24, topics.kettles: source 'forum': option board 7 is a number, not text. "
        "Put it in quotes.",
        "listening.yaml:25, topics.kettles: source 'forum': option depth 'deep': input should be a valid "
        "integer, unable to parse string as an integer.",
        "listening.yaml:26, topics.kettles: source 'forum' has no option 'tokn'. Did you mean 'token'? "
        "`listening plugins forum` lists them.",
    ]


def test_an_unknown_plugin(plugin_problems):
    assert plugin_problems("about: [acme]", "plugin: forumm") == [
        "listening.yaml:20, topics.kettles: source 'forum': there is no source 'forumm'. "
        "Did you mean 'forum'? Known sources: forum. `listening plugins` lists what there is."
    ]
    assert plugin_problems("plugin: lexicon", "plugin: lexikon") == [
        "listening.yaml:30, topics.kettles: scorer 'sentiment': there is no sentiment scorer 'lexikon'. "
        "Did you mean 'lexicon'? Known sentiment scorers: lexicon. `listening plugins` lists what there is."
    ]


def test_problems_of_all_plugins_at_once(plugin_problems):
    told = plugin_problems("      bots:", "      bats:")
    assert len(told) == 1 and "Did you mean 'bots'?" in told[0]


def test_a_plugin_that_the_topic_does_not_name(read):
    with pytest.raises(SettingsError) as raised:
        plugin_options(read(GOOD), REGISTRY, "kettles", "source", "forums")
    assert str(raised.value) == (
        "listening.yaml:3, topics.kettles: there is no source 'forums' here. Did you mean 'forum'?"
    )


def test_secrets_come_from_the_environment_and_are_never_printed(read, plugin_problems, monkeypatch):
    written = (
        "board: kettles\n          token: {env: FORUM_TOKEN}\n          login: {token: {env: FORUM_TOKEN}}"
    )
    assert plugin_problems("board: kettles", written) == [
        f"listening.yaml:{line}, topics.kettles: source 'forum': environment variable 'FORUM_TOKEN' is "
        "not set. Set it, and run again."
        for line in (25, 26)
    ]
    monkeypatch.setenv("FORUM_TOKEN", "quiet")
    settings = read(GOOD.replace("board: kettles", written))
    _, options = plugin_options(settings, REGISTRY, "kettles", "source", "forum")
    assert options.token.get_secret_value() == options.login.token.get_secret_value() == "quiet"
    assert "quiet" not in repr(options) + repr(settings)

    monkeypatch.setenv("FORUM_TOKEN", "hush-hush")
    told = plugin_problems("board: kettles", written)
    assert told == ["listening.yaml:25, topics.kettles: source 'forum': option token ********** is refused."]

    assert plugin_problems("board: kettles", "board: {env: FORUM_TOKEN}") == [
        "listening.yaml:24, topics.kettles: source 'forum': option 'board' is an environment variable, "
        "not text."
    ]


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(plugin_problems):
    assert plugin_problems("board: kettles", "board: kettles\n          token: abc123") == [
        "listening.yaml:25, topics.kettles: source 'forum': option 'token' is a secret, written out. "
        "Write {env: NAME} instead."
    ]


def test_paths_of_options_begin_at_the_settings_file(read, tmp_path):
    (tmp_path / "models" / "sentiment").mkdir(parents=True)
    (tmp_path / "posts").mkdir()
    text = GOOD.replace(
        "board: kettles",
        "board: posts\n          file: a.csv\n          files: [b.csv, /c.csv]\n          path: posts\n"
        "          login: {certificate: d.pem}",
    ).replace("{plugin: lexicon}", "{plugin: lexicon, options: {model: models/sentiment}}")
    settings = read(text)
    _, forum = plugin_options(settings, REGISTRY, "kettles", "source", "forum")
    assert forum.file == tmp_path / "a.csv"
    assert forum.files == (tmp_path / "b.csv", Path("/c.csv"))
    assert forum.path == str(tmp_path / "posts")
    assert forum.login.certificate == tmp_path / "d.pem"
    assert forum.board == "posts"  # only a text called path or model is looked for on the disk
    _, scorer = plugin_options(settings, REGISTRY, "kettles", "scorer", "sentiment")
    assert scorer.model == str(tmp_path / "models" / "sentiment")


def test_the_schema_for_editors_describes_every_key():
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["required"]) == {"version", "topics"}
    for part in (schema, *schema["$defs"].values()):
        assert all("description" in field for field in part["properties"].values()), part
    assert "name" not in schema["$defs"]["Topic"]["properties"]
    assert not any(key.startswith("<") for key in schema["properties"])
    assert schema["$defs"]["Entity"]["properties"]["role"]["enum"][0] == "own"


def test_the_schema_knows_the_plugins_of_a_registry():
    definitions = json_schema(REGISTRY)["$defs"]
    source = definitions["SourceSettings"]["properties"]
    assert source["plugin"]["anyOf"][0] == {"enum": ["forum"]}
    (forum,) = source["options"]["anyOf"]
    assert (forum["title"], forum["description"]) == ("forum", "A forum.")
    assert forum["properties"]["token"]["anyOf"][0] == {"$ref": "#/$defs/EnvRef"}
    assert forum["properties"]["login"]["$ref"] == "#/$defs/source__forum_Login"
    assert "source__forum_Login" in definitions


def test_importing_the_settings_is_cheap():
    code = (
        "import sys, listening_etl.config\n"
        "print([m for m in ('polars', 'airflow', 'torch', 'sqlalchemy', 'pandas') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_shipped_settings_load():
    settings = load_settings(ROOT / "listening.yaml")
    assert settings.topics


def test_a_source_is_the_same_as_one_that_keeps_its_mentions(read):
    old = "      forum:"
    stream = "      stream: {plugin: forum, same_as: NAME}\n      other: {plugin: forum, same_as: forum}\n"
    read(GOOD.replace(old, stream.replace("NAME", "forum") + old))
    for wrong in ("forums", "other", "stream"):
        with pytest.raises(SettingsError) as raised:
            read(GOOD.replace(old, stream.replace("NAME", wrong) + old))
        (told,) = map(str, raised.value.problems)
        assert f"source 'stream' is the same as '{wrong}', which keeps no mentions." in told
        assert "Name one of these: forum." in told
