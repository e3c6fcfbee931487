"""Mails of an IMAP mailbox, mbox files and newsgroup articles: what their authors wrote, without what they quote."""

import base64
import hashlib
import re
from contextlib import contextmanager
from datetime import UTC, date, timedelta
from email import message_from_bytes
from email.header import decode_header
from email.utils import parseaddr, parsedate_to_datetime
from html import escape
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import quote

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Item,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    hookimpl,
    text_of_html,
)

AT_ONCE = 10  # mails in one request
SECONDS = 30  # without a word from the server
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
PLACE, ARRIVAL = "x-imap-place", "x-imap-internaldate"  # what the server knows of a mail, put before it
WESTERN = {"iso-8859-1", "iso8859-1", "latin-1", "latin1"}  # as which Windows passes its own off
ID = re.compile(r"<([^<>\s]+)>")
IN_MBOX = re.compile(rb"(?:\A\s*|\r?\n\r?\n)(?=From \S[^\r\n]* \d\d:\d\d)")
ESCAPED = re.compile(rb"(?m)^>(>*From )")
STAMPS = {"received", "x-received", "nntp-posting-date", "injection-date", "delivery-date"}
KNOWN_ZONE = re.compile(r"[+-]\d{4}|\b(?:UTC?|GMT|[ECMP][SD]T)\b")

AUTOMATIC = re.compile(
    r"(?i)(?:réponse automatique|absence du bureau|automatic reply|auto(?:matic)?[- ]?reply|out of (?:the )?office"
    r"|automatische antwort|abwesenheit|respuesta automática|risposta automatica)\b"
)
DIGEST = re.compile(r"\bDigest, Vol \d+, Issue \d+|\bdigest for \S+@\S+", re.IGNORECASE)
WROTE = r"(?:(?<!['’])a écrit|wrote|schrieb\b[^\n:]{0,120}|escribió|ha scritto)\s?:[ \t]*$"
QUOTING = re.compile(  # Le 3 octobre 2026 à 10:12, Ana a écrit : – over up to three lines
    rf"(?m)^(?:Le|On|Am|El|Il)\b(?=[^\n]*\d\d?[:h.]\d\d)[^\n]{{0,200}}?(?:\n(?!>)[^\n]{{1,200}}?){{0,2}}{WROTE}"
    rf"|^[^\n>]{{0,150}}\b{WROTE}(?=\s*^>)"
    r"|^\d{4}-\d\d-\d\d \d\d?:\d\d [^\n]*(?:\n(?!>)[^\n]*)?>:[ \t]*$"
)
NO_LONGER_THEIRS = re.compile(  # from here on a mail that is passed on or answered above, or small print
    r"(?mi)^-{2,} ?(?:message d['’]origine|message transféré|original message|forwarded message|next part"
    r"|ursprüngliche nachricht|weitergeleitete nachricht|mensaje original|mensaje reenviado|messaggio originale"
    r"|messaggio inoltrato)\b"
    r"|^(?:début du message (?:réexpédié|transféré)|begin forwarded message|anfang der weitergeleiteten nachricht"
    r"|inicio del mensaje reenviado|inizio messaggio inoltrato)\s?:"
    r"|^[*_ ]*(?:de|from|von|da|expéditeur|absender|mittente|remitente)\s?:[^\n]+\n(?:[^\n]*\n){0,2}?"
    r"[*_ ]*(?:envoyé(?: le)?|date|sent|gesendet|enviado(?: el)?|inviato|fecha|data|datum|à|to|an|para|a)\s?:"
    r"|^-- ?$|^_{20,}[ \t]*$"
    r"|^[*_ ]*(?:avis de confidentialité|confidentiality notice)"
    r"|^[*_ ]*(?:ce (?:message|courriel|mail|e-mail)|this (?:e-?mail|message)|diese (?:e-mail|nachricht)"
    r"|este (?:mensaje|correo)|questo messaggio)\b[^\n]{0,120}(?:\n[^\n]{0,120})?"
    r"(?:confiden|destiné exclusivement|intended (?:only|solely)|vertraulich|riservat)"
)
DEVICE = re.compile(
    r"(?mi)^(?:(?:envoyé|sent|gesendet|enviado|inviato)\b.{1,25}\b(?:iphone|ipad|android|samsung|huawei|xiaomi|outlook"
    r"|yahoo|mail|gmail|gmx|web\.de|orange|sfr|mobile|móvil|smartphone|téléphone|phone|handy|telefono)\b.{0,40}"
    r"|von meinem .{1,25} gesendet|(?:obtenir|télécharger|get|obtener|scarica|laden sie|hol dir) outlook .{1,25})$"
)
ANSWERED_BELOW = {"appendonsend", "divRplyFwdMsg", "OLK_SRC_BODY_SECTION"}  # what Outlook puts above a quote
LEFT_OUT = {"blockquote", "title"}
QUOTES = {
    *("gmail_quote", "gmail_attr", "gmail_signature", "yahoo_quoted", "moz-cite-prefix", "moz-signature"),
    *("protonmail_quote", "protonmail_signature_block"),
}


class MailOptions(Options):
    """Which mailbox, and how to get in."""

    host: str = Field(description="the mail server")
    port: int = Field(993, description="of IMAP there; 143 is usual for starttls")
    username: str = Field(description="of the mailbox, often its address")
    password: SecretStr = Field(description="best one that the server gives to programs; or an access token")
    oauth: bool = Field(False, description="password is an OAuth access token")
    folder: str = Field("INBOX", description="the one that is read, as the server names it")
    security: Literal["tls", "starttls", "none"] = Field("tls", description="none: all can read along")
    largest: int = Field(5_000_000, gt=0, description="bytes read of a mail; what lies behind is cut off")


@contextmanager
def opened(options):
    """A folder of the server, opened so that nothing in it changes: no mail is marked as read."""
    import imaplib
    import ssl

    where, server = f"{options.host}:{options.port}", None
    try:
        context = ssl.create_default_context()
        if options.security == "tls":
            server = imaplib.IMAP4_SSL(options.host, options.port, ssl_context=context, timeout=SECONDS)
        else:
            server = imaplib.IMAP4(options.host, options.port, timeout=SECONDS)
        if options.security == "starttls":
            server.starttls(context)
        log_in(server, options, where)
        if server.select(folder_name(options.folder), readonly=True)[0] != "OK":
            raise SourceUnreadable(f"it has no folder {options.folder!r}", where=where, do="Check folder.")
        yield server
    except ssl.SSLCertVerificationError as error:
        why = f"its certificate is not valid ({error.verify_message})"
        raise SourceUnreadable(why, where=where, do="Check host.") from error
    except (OSError, imaplib.IMAP4.abort) as error:
        raise SourceUnavailable(f"no answer ({error})", where=where) from error
    except imaplib.IMAP4.error as error:
        raise SourceUnreadable(f"it answers {error}", where=where, do="Check the options.") from error
    finally:
        if server is not None:
            server.shutdown()


def log_in(server, options, where):
    """Log in with the token or the password, which may hold any letter."""
    user, secret = options.username, options.password.get_secret_value()
    way, told = "PLAIN", f"\0{user}\0{secret}"
    if options.oauth:
        way, told = "XOAUTH2", f"user={user}\1auth=Bearer {secret}\1\1"
    try:
        server.authenticate(way, lambda _: told.encode())
    except server.error as error:
        if isinstance(error, server.abort) or "UNAVAILABLE" in str(error):
            raise SourceUnavailable("the server takes no logins now", where=where) from None
        raise CredentialsRejected("the login is refused", where=where, do="Check the password.") from None


def folder_name(name):
    """A folder's name as IMAP writes it: what is not ASCII in a UTF-7 of its own."""
    pieces = re.split(r"([^\x20-\x7e]+)", name.replace("&", "&-"))
    for place in range(1, len(pieces), 2):
        coded = base64.b64encode(pieces[place].encode("utf-16-be"), b"+,").decode().rstrip("=")
        pieces[place] = f"&{coded}-"
    return '"' + re.sub(r'(["\\])', r"\\\1", "".join(pieces)) + '"'


def found_by(server, window):
    """Numbers of the mails that may be of the window, by their own date or by that of arrival.

    IMAP searches by days of whatever zone, so a day more on either side is asked for.
    """
    days = [time.astimezone(UTC) + timedelta(days=n) for time, n in ((window.since, -1), (window.until, 2))]
    since, before = (f"{day.day}-{MONTHS[day.month - 1]}-{day.year}" for day in days)
    asked = f"OR (SENTSINCE {since} SENTBEFORE {before}) (SINCE {since} BEFORE {before})"
    state, told = server.uid("SEARCH", asked)
    if state != "OK":
        raise server.error(f"{state} to a search")
    return (told[0] or b"").split()


class Mail:
    """Mails that people wrote to a mailbox.

    Collects the author's own words, in plain text or HTML, without what they quote, signatures and small
    print, as far as the habits of French, English, German, Spanish and Italian mail programs tell; subject,
    answers, names of attachments. Reads mbox files and newsgroup articles too, where the line before a mail
    counts as UTC if the mail has no date of its own. Misses what is inside attachments, encrypted mails, mails
    that were moved or deleted before they were read; leaves out automatic replies, bounces and digests.
    Limits: the server's. Terms: these are private letters: keep them as long as their purpose needs.
    """

    name = "email"
    options_type = MailOptions
    capabilities = Capabilities(None, "any", "none", settles=timedelta(1), auth="password", tested="server")
    terms = Terms(read=date(2026, 11, 22), url="https://eur-lex.europa.eu/eli/reg/2016/679/oj")

    def fetch(self, options, slice, http):
        """Mails of the window as they are stored, behind two lines with what the server knows of each."""
        http.check(f"imaps://{options.host}:{options.port}")
        wanted, window = f"(UID INTERNALDATE BODY.PEEK[]<0.{options.largest}>)", slice.window
        with opened(options) as server:
            validity = (server.response("UIDVALIDITY")[1] or [b"0"])[0].decode()
            numbers = found_by(server, window)
            for start in range(0, len(numbers), AT_ONCE):
                some = b",".join(numbers[start : start + AT_ONCE]).decode()
                for number, arrived, body in mails_of(server.uid("FETCH", some, wanted)[1]):
                    place = f"{options.folder}:{validity}:{number}"
                    about = f"{PLACE}: {quote(place, safe=':/')}\r\n{ARRIVAL}: {arrived}\r\n"
                    written = written_at(message_from_bytes(about.encode() + body.partition(b"\r\n\r\n")[0]))
                    if written is None or window.since <= written < window.until:
                        yield Item(about.encode() + body, place)

    def items(self, answer, options):
        """The mails of an mbox file, or one mail."""
        answer = answer.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
        starts = [found.end() for found in IN_MBOX.finditer(answer)]
        if not answer.lstrip().startswith(b"From ") or not starts:
            return iter([answer])
        ends = [*starts[1:], len(answer)]
        return (ESCAPED.sub(rb"\1", answer[start:end]) for start, end in zip(starts, ends, strict=True))

    def parse(self, item, options):
        """One mail."""
        message = message_from_bytes(item if isinstance(item, bytes) else item.encode("utf-8", "replace"))
        if not any(header(message, name) for name in ("from", "subject", "date", "message-id")):
            raise NotAMention("no mail: it has no headers")
        refuse(message)
        sender, address = sender_of(message)
        own_id = id_of(message)
        above = ID.findall(header(message, "references"))
        answered = ID.findall(header(message, "in-reply-to"))[:1] or above[-1:]
        return Mention(
            native_id=own_id,
            kind="message",
            channel="email",
            title=header(message, "subject") or None,
            text=own_words(body_of(message) or ""),
            lang_declared=header(message, "content-language").partition(",")[0].strip() or None,
            published_at=written_at(message),
            author=Author(native_id=address, handle=address, name=sender) if address or sender else None,
            in_reply_to=next(iter(answered), None),
            conversation_id=next(iter([*above, *answered]), own_id),
            media=attachments(message, own_id),
        )


def mails_of(told):
    """Number, time of arrival and bytes of each mail in an answer; servers may put the number behind the mail."""
    for place, piece in enumerate(told):
        if isinstance(piece, tuple):
            after = told[place + 1] if place + 1 < len(told) and isinstance(told[place + 1], bytes) else b""
            about = (piece[0] + after).decode("ascii", "replace")
            number, arrived = re.search(r"\bUID (\d+)", about), re.search(r'INTERNALDATE "([^"]+)"', about)
            if number:
                yield number[1], arrived[1] if arrived else "", piece[1]


def raw(message, name):
    """A header as it was sent, on one line; empty when there is none."""
    found = next((value for key, value in message.raw_items() if key.lower() == name), "")
    return re.sub(r"\s*\r?\n\s*", " ", decoded(str(found).encode("utf-8", "surrogateescape"))).strip()


def words(coded):
    """What is coded in a header as people read it."""
    pieces = decode_header(coded)
    text = "".join(piece if isinstance(piece, str) else decoded(piece, charset) for piece, charset in pieces)
    return text.replace("\x00", "").strip()


def header(message, name):
    """A header as people read it; empty when there is none."""
    return words(raw(message, name))


def decoded(text, charset=None):
    """Bytes as text: in the charset they claim, else in UTF-8, else in the one of western Windows."""
    for name in (charset or "utf-8", "utf-8"):
        try:
            return text.decode("cp1252" if name.lower() in WESTERN else name)
        except (LookupError, ValueError):
            continue
    return text.decode("cp1252", "replace")


def sender_of(message):
    """Name and address of who wrote it; archives of lists hide it as `ana at forum.test (Ana)`."""
    name, address = parseaddr(re.sub(r"^([^\s<>@\"]+) at ([^\s<>@]+)", r"\1@\2", raw(message, "from")))
    return words(name) or None, address.lower() if "@" in address else None


def written_at(message):
    """When it was written: no mail is written after it arrived, whatever the sender's clock said.

    Without a readable date and arrival, when it was first passed on; at last the line before it in an mbox
    file, which RFC 4155 puts in UTC, or a date whose zone nobody knows, which RFC 5322 puts there too.
    """
    stated, arrived = header(message, "date"), time_of(header(message, ARRIVAL))
    written = time_of(stated) if KNOWN_ZONE.search(stated) else None
    if written and arrived:
        return min(written, arrived)
    stamps = [str(value).rpartition(";")[2] for key, value in message.raw_items() if key.lower() in STAMPS]
    passed_on = min(filter(None, map(time_of, stamps)), default=None)
    before_it = time_of((message.get_unixfrom() or "").partition("  ")[2])
    return written or arrived or passed_on or before_it or time_of(stated)


def time_of(text):
    """A date as mails write it, None when it is none; -0000 and zones without meaning are UTC."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def id_of(message):
    """The mail's own id, else its place in the mailbox, else one made of what it holds."""
    own = ID.search(header(message, "message-id"))
    if own or header(message, PLACE):
        return own[1] if own else header(message, PLACE)
    held = [*(raw(message, name) for name in ("from", "date", "subject")), body_of(message) or ""]
    return hashlib.blake2b("\x1f".join(held).encode("utf-8", "replace"), digest_size=16).hexdigest()


def refuse(message):
    """Raise for what no person wrote."""
    subject, sender = header(message, "subject"), sender_of(message)[1] or ""
    kind, bounced = message.get_content_type(), header(message, "return-path") == "<>"
    if kind == "multipart/report" or sender.startswith(("mailer-daemon@", "postmaster@")):
        raise NotAMention("a bounce or a receipt")
    automatic = header(message, "auto-submitted").lower() not in ("", "no") or message.get("x-autoreply")
    if automatic or bounced or AUTOMATIC.match(subject):
        raise NotAMention("an automatic reply or notice")
    if kind == "multipart/digest" or DIGEST.search(subject):
        raise NotAMention("a digest of a mailing list")
    if kind in ("multipart/encrypted", "application/pkcs7-mime"):
        raise NotAMention("encrypted")


def body_of(part):
    """The text of a mail or a part of it, plain rather than HTML; None for attachments."""
    if part.get_content_maintype() == "message" or part.get_content_disposition() == "attachment":
        return None
    if part.is_multipart():
        bodies = [(child.get_content_type() == "text/plain", body_of(child)) for child in part.get_payload()]
        bodies = [body for body in bodies if body[1] and body[1].strip()]
        if bodies and part.get_content_subtype() == "alternative":
            return max(bodies, key=lambda body: body[0])[1]
        return "\n\n".join(body for _, body in bodies) or None
    if part.get_content_maintype() != "text" or part.get_filename():
        return None
    text = decoded(part.get_payload(decode=True) or b"", part.get_content_charset())
    text = text.replace("\r\n", "\n").replace("\x00", "")
    return text_of_html(Unquoted(text).own) if part.get_content_subtype() == "html" else text


class Unquoted(HTMLParser):
    """HTML of a mail without what it quotes; a line that begins with > stands in its place."""

    def __init__(self, markup):
        super().__init__()
        self.own, self.quote, self.depth = "", None, 0
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep the tag unless it opens a quote or stands in one."""
        found = {name: value or "" for name, value in attrs}
        ends = found.get("id", "").removeprefix("x_") in ANSWERED_BELOW
        if self.depth:
            self.depth += tag == self.quote
        elif ends or tag in LEFT_OUT or QUOTES & set(found.get("class", "").split()):
            self.quote, self.depth, self.own = None if ends else tag, 1, f"{self.own}<p>&gt;</p>"
        else:
            self.own += self.get_starttag_text()

    def handle_endtag(self, tag):
        """Close the quote where it ends."""
        if self.depth:
            self.depth -= tag == self.quote
        else:
            self.own += f"</{tag}>"

    def handle_data(self, data):
        """Words."""
        self.own += "" if self.depth else escape(data)


def own_words(text):
    """What the author of a mail wrote, without quotes, signature and small print; None when that is nothing."""
    end = NO_LONGER_THEIRS.search(text)
    text = text[: end.start()] if end else text
    kept, place = "", 0
    for found in QUOTING.finditer(text):
        kept, place = kept + text[place : found.start()], found.end()
        below = text[place:].lstrip()
        if below and not below.startswith(">"):  # quoted as it is, without a sign before each line
            place = len(text)
            break
    lines = (kept + text[place:]).splitlines()
    own = "\n".join(line.rstrip() for line in lines if not line.lstrip().startswith(">"))
    return re.sub(r"\n{3,}", "\n\n", DEVICE.sub("", own)).strip() or None


def attachments(message, own_id):
    """What is attached, by the mail's id and the file's name."""
    found = [part.get_filename() for part in message.walk() if part.get_content_disposition() == "attachment"]
    names = [words(name) for name in found if name]
    return tuple(Media(url=f"mid:{quote(own_id)}/{quote(name)}", alt_text=name) for name in names)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Mail()]
