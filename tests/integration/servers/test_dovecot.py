"""The e-mail source on a real IMAP server: letters that are delivered, old ones, answers, a folder with accents."""

import imaplib
import os
import shutil
import smtplib
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest

from listening_etl import CredentialsRejected, NotAMention, Slice, SourceUnreadable, Window
from listening_etl.http import Http
from plugins.sources.mail import Mail, MailOptions
from tests.integration.servers.starting import free_port, listens, program, running

SOURCE = Mail()
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/box/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/box/%u
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""
OUR_OWN = """
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""


@pytest.fixture(scope="module")
def dovecot():
    command, openssl = (
        program("dovecot", install="apt-get install dovecot-imapd dovecot-lmtpd"),
        program("openssl"),
    )
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))  # a path short enough for its sockets
    ports = {name: free_port() for name in ("imap", "imaps", "lmtp")}
    as_root = os.getuid() == 0
    user, group = ("mail", "mail") if as_root else (os.getuid(), os.getgid())
    try:
        folder.chmod(0o755)
        (folder / "box").mkdir()
        if as_root:
            shutil.chown(folder / "box", user, group)
        made = [
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-days",
            "2",
        ]
        named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        subprocess.run([openssl, "req", *made, *named], cwd=folder, check=True, capture_output=True)
        (folder / "users").write_text("sav:motdepasse\n", "utf-8")
        config = CONFIG + ("" if as_root else OUR_OWN)
        written = config.format(folder=folder, user=user, group=group, **ports)
        (folder / "dovecot.conf").write_text(written, "utf-8")
        started = [command, "-F", "-c", folder / "dovecot.conf"]
        with running(started, lambda: all(map(listens, ports.values())), folder):
            yield SimpleNamespace(folder=folder, **ports)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mailbox(dovecot, request):
    """A folder of this test alone, and a way to put letters into it."""
    folder = f"{request.node.name[:40]} - réclamé & lu"
    name = '"' + f"{request.node.name[:40]} - r&AOk-clam&AOk- &- lu" + '"'
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as imap:
        imap.login("sav", "motdepasse")
        imap.create(name)

        def put(letter, arrived):
            moment = imaplib.Time2Internaldate(arrived)
            assert imap.append(name, None, moment, letter.as_bytes())[0] == "OK"

        yield SimpleNamespace(folder=folder, name=name, put=put, imap=imap)


def letter(number, written=None, **headers):
    """A letter about a brand; names of headers with _ for -."""
    message = EmailMessage()
    message["From"] = "Zoé Roux <zoe@exemple.test>"
    message["To"] = "sav@torreo.test"
    message["Subject"] = f"Ma Torréo fuit ({number})"
    message["Message-ID"] = f"<{number}@exemple.test>"
    if written:
        message["Date"] = written
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"Elle fuit depuis hier, déçue ({number}).\n")
    return message


def options_for(dovecot, **given):
    known = {"host": "localhost", "port": dovecot.imap, "security": "none", "username": "sav"}
    return MailOptions(**{**known, "password": "motdepasse", **given})


def heard(options, since, until):
    """Mentions by id, as the source brings them from the server."""
    found = {}
    for item in SOURCE.fetch(options, Slice("café", "email", Window(since, until)), Http(allow_private=True)):
        try:
            mention = SOURCE.parse(item.data, options)
        except NotAMention:
            continue
        found[mention.native_id] = mention
    return found


def test_a_delivered_letter_is_heard_and_stays_unread(dovecot):
    now = datetime.now(UTC).replace(microsecond=0)
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp) as server:
        server.send_message(letter("delivered", now - timedelta(minutes=3)), "zoe@exemple.test", ["sav"])
    for _ in range(2):
        (mention,) = heard(
            options_for(dovecot), now - timedelta(hours=1), now + timedelta(minutes=5)
        ).values()
    assert (mention.title, mention.text) == (
        "Ma Torréo fuit (delivered)",
        "Elle fuit depuis hier, déçue (delivered).",
    )
    assert mention.published_at == now - timedelta(minutes=3)
    assert mention.author.handle == "zoe@exemple.test"
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as imap:
        imap.login("sav", "motdepasse")
        imap.select(readonly=True)
        assert imap.search(None, "UNSEEN")[1] == [b"1"]


def test_a_window_holds_what_was_written_in_it_wherever_it_lies_in_the_mailbox(dovecot, mailbox):
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    mailbox.put(
        letter("tard", noon), noon + timedelta(days=40)
    )  # written in the window, moved here much later
    mailbox.put(letter("futur", noon + timedelta(days=900)), noon)  # the sender's clock is years ahead
    mailbox.put(letter("sans-date"), noon + timedelta(minutes=1))
    mailbox.put(letter("veille", noon - timedelta(days=1)), noon - timedelta(days=1))
    mailbox.put(letter("absence", noon, Auto_Submitted="auto-replied"), noon)
    for number in range(25):  # more than one request brings
        mailbox.put(letter(number, noon + timedelta(minutes=number)), noon + timedelta(minutes=number))
    options = options_for(dovecot, folder=mailbox.folder)
    found = heard(options, noon, noon + timedelta(hours=1))
    others = {f"{name}@exemple.test" for name in range(25)}
    assert {*found} - others == {f"{name}@exemple.test" for name in ("tard", "futur", "sans-date")}
    assert others < {*found}
    assert found["futur@exemple.test"].published_at == noon


def test_two_windows_bring_what_one_brings(dovecot, mailbox):
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    for number in range(20):
        mailbox.put(
            letter(number, noon + timedelta(hours=3 * number)), noon + timedelta(hours=3 * number, seconds=9)
        )
    options = options_for(dovecot, folder=mailbox.folder)
    middle, end = noon + timedelta(hours=30), noon + timedelta(hours=60)
    first, second = heard(options, noon, middle), heard(options, middle, end)
    assert (len(first), len(second)) == (10, 10)  # one each three hours
    assert {**first, **second} == heard(options, noon, end)


def test_a_letter_without_an_id_is_known_by_its_place(dovecot, mailbox):
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    message = letter("x", noon)
    del message["Message-ID"]
    mailbox.put(message, noon)
    validity = (
        mailbox.imap.status(mailbox.name, "(UIDVALIDITY)")[1][0].decode().rpartition(" ")[2].rstrip(")")
    )
    (native_id,) = heard(options_for(dovecot, folder=mailbox.folder), noon, noon + timedelta(hours=1))
    assert native_id.endswith(f":{validity}:1")


def test_a_letter_longer_than_allowed_is_read_in_part(dovecot, mailbox):
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    message = letter("lourde", noon)
    message.add_attachment(b"\xff" * 200_000, maintype="image", subtype="jpeg", filename="fuite.jpg")
    mailbox.put(message, noon)
    options = options_for(dovecot, folder=mailbox.folder, largest=10_000)
    (item,) = SOURCE.fetch(
        options, Slice("café", "email", Window(noon, noon + timedelta(hours=1))), Http(allow_private=True)
    )
    assert len(item.data) < 10_200
    mention = SOURCE.parse(item.data, options)
    assert mention.text == "Elle fuit depuis hier, déçue (lourde)."
    assert [media.alt_text for media in mention.media] == ["fuite.jpg"]


def test_over_tls_the_certificate_counts(dovecot, monkeypatch):
    options = options_for(dovecot, port=dovecot.imaps, security="tls")
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)
    with pytest.raises(SourceUnreadable, match="certificate is not valid"):
        heard(options, since, until)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.folder / "cert.pem"))
    assert heard(options, since, until) == {}
    assert heard(options_for(dovecot, security="starttls"), since, until) == {}


def test_a_wrong_password_is_refused(dovecot):
    with pytest.raises(CredentialsRejected, match="the login is refused"):
        heard(
            options_for(dovecot, password="autre chose"), datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC)
        )
