"""What is said when `listening.yaml` is wrong, and what its values may be."""

import pickle

import pytest

from listening_etl.config import SettingsError
from tests.unit.config.settings_example import GOOD, problems, read

TOPIC_KEYS = (
    "Keys: title, description, purpose, timezone, languages, start, schedule, entities, sources, filters, "
    "scorers, themes, keep_raw_days."
)
WHERE = "topics.kettles"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "    purpose:",
            "    porpose:",
            [
                f"listening.yaml:3, {WHERE}: 'purpose' is missing "
                "(why these data may be collected, in one sentence). Add it.",
                f"listening.yaml:4, {WHERE}: 'porpose' is no key here. Did you mean 'purpose'? {TOPIC_KEYS}",
            ],
        ),
        (
            "version: 1\n",
            "",
            ["listening.yaml:1: 'version' is missing (version of this format; write 1). Add it."],
        ),
        ("version: 1", "version: 2", ["listening.yaml:1: version 2 is none of 1."]),
        (
            "role: own",
            "role: rival",
            [
                f"listening.yaml:10, {WHERE}.entities.acme: role 'rival' is none of own, competitor, "
                "category, best_in_class."
            ],
        ),
        (
            "role: own",
            "role: competitors",
            [
                f"listening.yaml:10, {WHERE}.entities.acme: role 'competitors' is none of own, competitor, "
                "category, best_in_class. Did you mean 'competitor'?"
            ],
        ),
        (
            "channel: web",
            "channel: webb",
            [
                f"listening.yaml:22, {WHERE}.sources.forum: channel 'webb' is none of social, web, review, "
                "email, store, call, survey, crm. Did you mean 'web'?"
            ],
        ),
        (
            "about: [acme]",
            "about: [acmee]",
            [
                f"listening.yaml:20, {WHERE}: source 'forum' is about 'acmee', which is no entity "
                "of this topic. Did you mean 'acme'? Entities: acme, rival."
            ],
        ),
        (
            "Europe/Paris",
            "Europe/Pariss",
            [
                f"listening.yaml:6, {WHERE}: timezone 'Europe/Pariss' is no IANA time zone, such as "
                "'Europe/Paris'. Did you mean 'Europe/Paris'?"
            ],
        ),
        (
            "[en, no]",
            "[en, eng]",
            [
                f"listening.yaml:5, {WHERE}: languages[1] 'eng' is no two-letter language code (ISO 639-1), "
                "such as 'en' or 'fr'."
            ],
        ),
        ("[en, no]", "[]", [f"listening.yaml:5, {WHERE}: 'languages' is empty. Give at least one."]),
        (
            "[en, no]",
            "en",
            [f"listening.yaml:5, {WHERE}: 'languages' is text, not a list. Put it in square brackets."],
        ),
        ("Hear of faults early.", '" "', [f"listening.yaml:4, {WHERE}: purpose is empty."]),
        (
            "Hear of faults early.",
            "",
            [
                f"listening.yaml:4, {WHERE}: 'purpose' is empty. "
                "Give a value; text that begins with '#' needs quotes."
            ],
        ),
        (
            "names: [Acme]",
            "names: [1664]",
            [
                f"listening.yaml:11, {WHERE}.entities.acme: names[0] 1664 is a number, not text. "
                "Put it in quotes."
            ],
        ),
        (
            '["#acme"]',
            "\n          - #acme",
            [
                f"listening.yaml:14, {WHERE}.entities.acme: 'hashtags[0]' is empty. "
                "Give a value; text that begins with '#' needs quotes."
            ],
        ),
        (
            "start: 2026-01-01",
            "start: 2026-13-01",
            [
                f"listening.yaml:7, {WHERE}.start: '2026-13-01' cannot be read: month must be in 1..12. "
                "Text goes in quotes.",
                f"listening.yaml:7, {WHERE}: start should be a date, such as 2026-01-01.",
            ],
        ),
        (
            "start: 2026-01-01",
            "start: 2026-01-01 09:30:00",
            [
                f"listening.yaml:7, {WHERE}: start 2026-01-01T09:30:00 has no time zone; "
                "write 2026-01-01T09:30:00Z for UTC."
            ],
        ),
        (
            "    start:",
            '    schedule: "61 * * * *"\n    start:',
            [f"listening.yaml:7, {WHERE}: schedule '61 * * * *': '61' is no minute (0 to 59)."],
        ),
        (
            "    start:",
            '    schedule: "@hourli"\n    start:',
            [
                f"listening.yaml:7, {WHERE}: schedule '@hourli' is none of @hourly, @daily, @weekly, "
                "@monthly. Did you mean '@hourly'?"
            ],
        ),
        (
            "slice: 6h",
            "slice: 6 hours",
            [
                f"listening.yaml:21, {WHERE}.sources.forum: slice '6 hours' is no duration, "
                "such as '7d', '6h' or '30m'."
            ],
        ),
        (
            "  kettles:",
            "  Kettles!:",
            [
                "listening.yaml:3, topics: Kettles! should be lower-case letters, digits and '_', "
                "and begin with a letter."
            ],
        ),
        (
            "version: 1",
            "version: 1\nplugins: nowhere",
            ["listening.yaml:2: plugins 'nowhere' is no folder."],
        ),
        (
            "version: 1",
            "version: 1\nwarehouse: postgresql://me:hush@db/x",
            [
                "listening.yaml:2: warehouse holds a password; put the whole URL into "
                "LISTENING_WAREHOUSE_URL and leave this key out."
            ],
        ),
        (
            "version: 1",
            "version: 1\nwarehouse: sqlite:///x",
            ["listening.yaml:2: warehouse should be postgresql://host/database or {env: NAME}."],
        ),
        (
            "version: 1",
            "version: 1\npseudonym_key: hush",
            ["listening.yaml:2: pseudonym_key should be {env: NAME}: a secret is named, not written."],
        ),
        (
            "version: 1",
            "version: 1\npseudonym_key: {evn: X}",
            [
                "listening.yaml:2, pseudonym_key: 'env' is missing (Name of an environment variable). "
                "Add it.",
                "listening.yaml:2, pseudonym_key: 'evn' is no key here. Did you mean 'env'? Keys: env.",
            ],
        ),
        (
            "      bots:",
            "      bots: 3",
            [f"listening.yaml:28, {WHERE}.filters: 'bots' is a number, not keys."],
        ),
        (
            "    filters:",
            "    keep_raw_days: -1\n    filters:",
            [f"listening.yaml:25, {WHERE}: keep_raw_days -1: input should be greater than or equal to 0."],
        ),
    ],
)
def test_a_problem_says_where_what_and_what_to_do(old, new, problem):
    told = problems(old, new)
    assert [line.replace(" Keys: name,", " Keys:") for line in told] == problem
    assert "hush" not in "\n".join(told)


def test_nobody_writes_what_comes_from_the_key():
    assert problems("        role: own", "        name: acme\n        role: own") == [
        "listening.yaml:10, topics.kettles.entities.acme: 'name' is no key here. Did you mean 'names'? "
        "Keys: title, role, names, products, query, handles, hashtags, context, exclude, aspects."
    ]


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    text = GOOD.replace("role: own", "role: rival").replace("[en, no]", "[xx]").replace("[acme]", "[nobody]")
    assert [line.split(",")[0] for line in problems(text=text)] == [
        "listening.yaml:5",
        "listening.yaml:10",
        "listening.yaml:20",
    ]


def test_problems_travel_between_processes():
    with pytest.raises(SettingsError) as raised:
        read("version: 3")
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.problems) == (str(raised.value), raised.value.problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "listening.yaml:1: the file is empty. Begin with `version: 1` and a topic."),
        ("# nothing\n", "listening.yaml:1: the file is empty. Begin with `version: 1` and a topic."),
        ("\n- a\n", "listening.yaml:2: the file holds no keys. Begin with `version: 1`."),
        (
            "version: 1\ntopics:\n\tkettles: {}\n",
            "listening.yaml:3: the YAML cannot be read: a tab stands where YAML wants spaces. "
            "Indent with spaces.",
        ),
        (
            "version: 1\nschedule: @hourly\n",
            "listening.yaml:2: the YAML cannot be read: found character '@' that cannot start any token. "
            "Put text that begins with such a character in quotes.",
        ),
        (
            "version: 1\nnames: [a, #b]\nx: 1\n",
            "listening.yaml:2: the YAML cannot be read: a bracket is not closed, or a comma is missing. "
            "Close it; text that begins with '#' needs quotes.",
        ),
        (
            "version: 1\ntitle: a: b\n",
            "listening.yaml:2: the YAML cannot be read: mapping values are not allowed here. "
            "Put text that holds ': ' in quotes, and check the indentation.",
        ),
        (
            "version: 1\nx: \0\n",
            "listening.yaml:2: the YAML cannot be read: special characters are not allowed. "
            "Check quotes, brackets and indentation here and just above.",
        ),
    ],
)
def test_a_file_that_is_no_yaml(text, problem):
    assert problems(text=text) == [problem]


def test_a_key_that_is_there_twice_is_refused_with_both_lines():
    assert problems("    timezone:", "    languages: [fr]\n    timezone:") == [
        "listening.yaml:6, topics.kettles: 'languages' is there twice, first in line 5. Keep one."
    ]


def test_keys_that_are_no_text_and_unknown_tags():
    told = problems("      bots:", "      2026: {}\n      bots: !python/name:os.system x")
    assert told[0] == "listening.yaml:28, topics.kettles.filters: key '2026' is not text. Put it in quotes."
    assert told[1].startswith("listening.yaml:29, topics.kettles.filters.bots: 'x' cannot be read: could not")


def test_anchors_work_and_an_alias_to_itself_does_not_hang():
    text = GOOD.replace("options: {characters: 8}", "options: &short {characters: 8}").replace(
        "      bots:", "      bots:\n        options:\n          <<: *short\n          more: 1"
    )
    assert read(text).topic("kettles").filters["bots"].options == {"characters": 8, "more": 1}
    told = problems("options: {characters: 8}", "options: &x {characters: *x}")
    assert "an alias refers to itself" in told[0]


def test_a_merge_of_what_has_no_keys():
    assert problems("      bots:", "      bots:\n        <<: 3") == [
        "listening.yaml:29, topics.kettles.filters.bots: '<<' takes an alias of keys, such as *defaults. "
        "Write the keys out."
    ]


def test_a_section_with_all_of_its_keys_commented_out_is_empty():
    text = GOOD.replace("      sentiment:", "      # sentiment:")
    assert read(text).topic("kettles").scorers == {}
    assert problems(text=GOOD.replace("      forum:", "      # forum:").split("        about")[0]) == [
        "listening.yaml:18, topics.kettles: 'sources' is empty. Give at least one."
    ]


def test_numbers_that_look_like_other_things_stay_what_they_are():
    text = GOOD.replace("{characters: 8}", "{a: 010, b: 12:30, c: on, d: true, e: 7, f: 0.5, g: yes}")
    assert read(text).topic("kettles").filters["short"].options == {
        "a": "010",
        "b": "12:30",
        "c": "on",
        "d": True,
        "e": 7,
        "f": 0.5,
        "g": "yes",
    }


@pytest.mark.parametrize("schedule", ["0 6 * * *", "*/15 0-6,12 1 jan-mar mon", "@daily", "0 0 * * 7"])
def test_schedules_that_are_right(schedule):
    text = GOOD.replace("    start:", f'    schedule: "{schedule}"\n    start:')
    assert read(text).topic("kettles").schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    ["* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * foo *", "5-1 * * * *", "*/0 * * * *", ""],
)
def test_schedules_that_are_wrong(schedule):
    assert "schedule" in problems("    start:", f'    schedule: "{schedule}"\n    start:')[0]
