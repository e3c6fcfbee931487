"""What every source promises, for the e-mail source, on a small IMAP server of our own."""

import socketserver
import threading
from datetime import UTC, datetime, timedelta

import pytest

from listening_etl import CredentialsRejected, Slice, SourceUnavailable, SourceUnreadable
from listening_etl.http import Http
from listening_etl.testing import SourceContract, Window
from plugins.sources.mail import Mail

START = datetime(2026, 10, 5, tzinfo=UTC)
LOGIN = {"username": "sav", "password": "s3cret é"}
LETTER = (
    "From: Lectrice {number} <lectrice{number}@exemple.test>\r\nSubject: Avis {number}\r\n"
    "Date: {written:%a, %d %b %Y %H:%M:%S +0000}\r\nMessage-ID: <{number}@exemple.test>\r\n\r\nTorréo, avis {number}.\r\n"
)


class Imap(socketserver.StreamRequestHandler):
    """Speaks as much IMAP as one folder of forty letters needs: one an hour, from ten hours before the window."""

    disable_nagle_algorithm = True

    def handle(self):
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, verb, *words = line.split(" ")
            answered = self.answer(" ".join([verb, *words[:1]]) if verb == "UID" else verb, words)
            self.say(f"{tag} {answered or 'OK done'}")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def answer(self, verb, words):
        match verb:
            case "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN")
            case "AUTHENTICATE":
                self.say("+ ")
                if self.rfile.readline().strip() != b"AHNhdgBzM2NyZXQgw6k=":  # \0sav\0s3cret é
                    return "NO [AUTHENTICATIONFAILED] Authentication failed."
            case "EXAMINE":
                if words[0] != '"R&AOk-clamations"':
                    return "NO [NONEXISTENT] Unknown folder"
                self.say("* OK [UIDVALIDITY 1700]")
            case "UID SEARCH":
                self.say("* SEARCH " + " ".join(str(number) for number in range(1, 41)))
            case "UID FETCH":
                for number in map(int, words[1].split(",")):
                    self.send(number)
            case "SELECT" | "UID STORE":
                return "BAD that would change the mailbox"

    def send(self, number):
        written = START + timedelta(hours=number - 11)
        letter = LETTER.format(number=number, written=written).encode()
        arrived = f"{written + timedelta(seconds=20):%d-%b-%Y %H:%M:%S +0000}"
        self.say(f'* {number} FETCH (UID {number} INTERNALDATE "{arrived}" BODY[]<0> {{{len(letter)}}}')
        self.wfile.write(letter)
        self.say(")")


@pytest.fixture(scope="module", autouse=True)
def server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as imap:
        imap.daemon_threads = True
        threading.Thread(target=imap.serve_forever, daemon=True).start()
        TestMail.options = {**TestMail.options, "port": imap.server_address[1]}
        yield
        imap.shutdown()


class TestMail(SourceContract):
    plugin = Mail()
    options = {"host": "127.0.0.1", "security": "none", "folder": "Réclamations"} | LOGIN
    window = Window(START, START + timedelta(days=1))
    expected = tuple(
        f"{number}@exemple.test" for number in range(11, 35)
    )  # the 11th at midnight, then 23 more

    def fetch(self, **other):
        options = Mail.options_type(**{**self.options, **other})
        return list(Mail().fetch(options, Slice("café", "email", self.window), Http(allow_private=True)))

    def test_a_wrong_password_is_told_from_a_server_that_is_down(self):
        with pytest.raises(CredentialsRejected, match="the login is refused") as refused:
            self.fetch(password="wr0ng")
        assert "wr0ng" not in str(refused.value)
        with pytest.raises(SourceUnavailable, match="no answer"):
            self.fetch(port=1)
        with pytest.raises(SourceUnreadable, match="no folder 'Ailleurs'"):
            self.fetch(folder="Ailleurs")


def test_a_mail_server_in_the_own_network_is_refused_unless_the_settings_allow_it():
    options = Mail.options_type(host="127.0.0.1", username="u", password="p")
    window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC))
    with pytest.raises(SourceUnreadable, match="is a private address"):
        list(Mail().fetch(options, Slice("café", "email", window), Http()))
