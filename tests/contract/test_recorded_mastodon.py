"""The Mastodon source on real answers, where they are at hand."""

import os
from pathlib import Path

import pytest

from listening_etl import Deletion, Malformed, Mention, NotAMention
from plugins.sources.mastodon import Mastodon, MastodonOptions

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = Mastodon()

# By file: public statuses whose author does not ask to be left out of indexes, and of these the ones whose author
# agreed to be found by search (`jq '[.[]|select(.visibility=="public" and .account.noindex!=true)]|length'`,
# the same with `and .account.indexable`). The thread counts ancestors and descendants; of the stream's three
# public posts one is told twice (edited) and one is a notification's.
MENTIONS = {
    "account_statuses.json": (13, 0), "error_401.json": (0, 0), "search_accounts.json": (0, 0),
    "search_v2.json": (2, 2), "status_context_long_thread.json": (59, 9), "status_reblogged_by.json": (0, 0),
    "status_single.json": (1, 0), "status_with_quote.json": (1, 1), "streaming_user_sse.txt": (2, 0),
    "timeline_public_local.json": (4, 3), "timeline_public_mastodon_social.json": (19, 6),
    "timeline_tag_ichbinhanna_p1.json": (40, 26), "timeline_tag_ichbinhanna_p2.json": (39, 34),
    "timeline_tag_ichbinhanna_p3.json": (40, 25), "timeline_tag_ichbinhanna_p4.json": (39, 20),
    "timeline_tag_rstats_fosstodon.json": (5, 2), "trends_links.json": (0, 0),
}  # fmt: skip


def read(path, options):
    """Mentions and deletions of a recorded answer by id, and why anything in it is none."""
    found, reasons = {}, []
    try:
        for item in SOURCE.items(path.read_bytes(), options):
            try:
                made = SOURCE.parse(item, options)
            except (NotAMention, Malformed) as reason:
                reasons.append(str(reason))
            else:
                made = made if isinstance(made, list) else [made]
                found |= {(m.native_id, type(m)): m for m in made if isinstance(m, Mention | Deletion)}
                reasons += [str(m) for m in made if isinstance(m, NotAMention | Malformed)]
    except NotAMention as reason:
        reasons.append(str(reason))
    return found, reasons


@pytest.fixture(scope="module")
def paths():
    found = [p for p in (DATA / "payloads" / "mastodon").glob("*") if "headers" not in p.name]
    if not found:
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return {path.name: path for path in found}


@pytest.mark.parametrize(("searchable_only", "column"), [(False, 0), (True, 1)])
def test_every_recorded_answer_gives_its_mentions(paths, searchable_only, column):
    options = MastodonOptions(searchable_only=searchable_only)
    found = {name: read(path, options)[0] for name, path in paths.items()}
    counts = {name: sum(kind is Mention for _, kind in given) for name, given in found.items()}
    assert counts == {name: both[column] for name, both in MENTIONS.items()}
    assert Deletion("117024236332527350") in found["streaming_user_sse.txt"].values()


def test_what_is_no_mention_says_why(paths):
    for name, word in {
        "error_401.json": "an error",
        "search_accounts.json": "an account",
        "status_reblogged_by.json": "an account",
        "trends_links.json": "trends",
    }.items():
        found, reasons = read(paths[name], None)
        assert not found
        assert all(word in reason for reason in reasons)
        assert reasons


def test_the_answers_of_a_long_thread_find_what_they_answer(paths):
    found, _ = read(paths["status_context_long_thread.json"], None)
    mentions = {m.native_id: m for m in found.values()}
    (root,) = {m.conversation_id for m in mentions.values()}
    assert all(m.in_reply_to in {*mentions, root} for m in mentions.values() if m.native_id != root)
    assert sum(m.reply_to_author is None for m in mentions.values() if m.in_reply_to in mentions) == 0


def test_a_quote_names_what_it_quotes_and_does_not_repeat_it(paths):
    found, _ = read(paths["status_with_quote.json"], None)
    (mention,) = found.values()
    assert mention.quoted_id == "115044070560414080"
    assert "RE:" not in mention.text
