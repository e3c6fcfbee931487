"""The e-mail source on real mails of lists and newsgroups, where they are at hand."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugins.sources.mail import Mail

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = Mail()

# Mails by file: `grep -c '^From '`; a newsgroup article is one.
MAILS = {
    "groupsio_messages.mbox": 49,
    "mbox_complex.mbox": 2,
    "mbox_iso8859_encoding.mbox": 1,
    "mbox_multipart.mbox": 2,
    "mbox_no_fields.mbox": 6,
    "mbox_single.mbox": 1,
    "nntp_1.txt": 1,
    "nntp_parsing_error.txt": 1,
    "pipermail_2015_november.mbox": 4,
}


@pytest.fixture(scope="module")
def mails():
    found = {
        path.name: [SOURCE.parse(item, None) for item in SOURCE.items(path.read_bytes(), None)]
        for path in sorted((DATA / "payloads" / "email").glob("*"))
    }
    if not found:
        pytest.skip("the recorded mails are absent: LISTENING_TEST_DATA names no folder that has them")
    return found


def test_every_recorded_mail_is_heard(mails):
    assert {name: len(found) for name, found in mails.items()} == MAILS
    assert all(mail.text for found in mails.values() for mail in found)


def test_a_mail_without_all_its_fields_is_still_one(mails):
    """The third has no date, the fifth an empty one: the line before them counts, 08:26:40. The fourth has no id."""
    found = mails["mbox_no_fields.mbox"]
    sent, before_it = (
        datetime(2010, 12, 1, 13, 26, 40, tzinfo=UTC),
        datetime(2010, 12, 1, 8, 26, 40, tzinfo=UTC),
    )
    odd = datetime(2016, 9, 21, 19, 42, 7, tzinfo=UTC)  # RANDOM_Wed, 21 Sep 2016 22:42:07 +0300
    assert [mail.published_at for mail in found] == [sent, sent, before_it, sent, before_it, odd]
    assert len(found[3].native_id) == 32
    assert {mail.native_id for mail in found[:3]} == {"4CF64D10.9020206@domain.com"}


def test_a_date_in_unreadable_letters_gives_way_to_the_first_server_on_the_way(mails):
    (mail,) = mails["nntp_1.txt"]
    assert mail.published_at == datetime(2016, 3, 15, 11, 6, 8, tzinfo=UTC)  # 04:06:08 -0700


def test_what_is_quoted_is_left_out(mails):
    words = {mail.native_id: mail.text for found in mails.values() for mail in found}
    first = words["BAY12-DAV6Dhd2stb2e0000c0ce@hotmail.com"]
    assert first.startswith("No matter what is really to blame")
    inline = words["87iqzlofqu.fsf@avet.kvota.net"]
    assert "They wouldn't be." in inline and "Technically, I've opposed" in inline
    assert "wrote:" not in inline and "\n>" not in inline
    list_mails = [mail.text for mail in mails["pipermail_2015_november.mbox"]]
    assert list_mails[1].endswith("Which rights do you need?\n\n\tJesus")  # no signature
    assert list_mails[3].endswith("/sortinghat/pull/40")  # no quotes, no "HTML attachment was scrubbed"
    assert [len(text.splitlines()) for text in list_mails] == [16, 5, 6, 3]


def test_charsets_and_threads(mails):
    (mail,) = mails["nntp_parsing_error.txt"]
    assert mail.text.startswith("السلام عليكم")  # windows-1256, below what it answers
    assert (
        mail.in_reply_to
        == mail.conversation_id
        == "CABmD4sb6gd1k-QXnXq=8U-M7UPYrhq-nMwmVYahxXyrn8P=wUg@mail.gmail.com"
    )
    answers = mails["pipermail_2015_november.mbox"]
    assert len({mail.conversation_id for mail in answers[1:]}) == 1
    assert answers[2].in_reply_to == answers[1].native_id
