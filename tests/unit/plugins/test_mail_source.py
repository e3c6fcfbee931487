"""What is special about the e-mail source: whose words these are, when they were written, what is no letter."""

from datetime import UTC, datetime

import pytest

from listening_etl import Malformed, NotAMention
from plugins.sources.mail import Mail, folder_name, own_words

SOURCE = Mail()
HEAD = "From: Zoé <zoe@exemple.test>\nDate: Mon, 5 Oct 2026 10:00:00 +0200\nMessage-ID: <a@exemple.test>\n"


def mail(body, head=HEAD, kind="text/plain; charset=utf-8"):
    return SOURCE.parse(f"{head}Content-Type: {kind}\n\n{body}".encode(), None)


WORDS = "La mienne fuit.\n\nEt la vôtre ?"


@pytest.mark.parametrize("below", [
    "Le 3 octobre 2026 à 10:12, Ana <ana@exemple.test> a écrit :\n\n> Bonjour\n>> Encore",
    "Le lun. 3 oct. 2026 à 10:12, Service après-vente de la maison Torréo\n<sav@torreo.test> a écrit :\n> Bonjour",
    "On Sat, Oct 3, 2026 at 10:12 AM Ana <ana@exemple.test> wrote:\n\n> Hello",
    "On 03/10/2026 10:12, Ana wrote:\n> Hello",
    "Am 03.10.2026 um 10:12 schrieb Ana Müller <ana@exemple.test>:\n> Guten Tag",
    "El 3 oct 2026, a las 10:12, Ana <ana@exemple.test> escribió:\n> Hola",
    "Il giorno lun 3 ott 2026 alle ore 10:12 Ana <ana@exemple.test> ha scritto:\n> Ciao",
    "Yesterday at 15:02, Ana wrote:\n\n> Hello",
    "2026-10-03 10:12 GMT+02:00 Ana Müller <ana at exemple.test>:\n\n> Hello",
    "-----Message d'origine-----\nDe : Ana\nObjet : Panne\n\nBonjour",
    "-----Ursprüngliche Nachricht-----\nVon: Ana\n\nGuten Tag",
    "________________________________\nDe : Ana <ana@exemple.test>\nEnvoyé : lundi 3 octobre 2026 10:12\n\nBonjour",
    "De : Ana <ana@exemple.test>\nEnvoyé : lundi 3 octobre 2026 10:12\nÀ : sav\nObjet : Panne\n\nBonjour",
    "*Von:* Ana <ana@exemple.test>\n*Gesendet:* Montag, 3. Oktober 2026 10:12\n\nGuten Tag",
    "De: Ana <ana@exemple.test>\nEnviado el: lunes, 3 de octubre de 2026 10:12\n\nHola",
    "Da: Ana <ana@exemple.test>\nInviato: lunedì 3 ottobre 2026 10:12\n\nCiao",
    "Début du message réexpédié :\n\nDe: Ana",
    "-- \nZoé Roux\n06 00 00 00 00",
    "Envoyé de mon iPhone",
    "Envoyé à partir de Outlook pour Android",
    "Obtenir Outlook pour iOS",
    "Sent from my Samsung Galaxy smartphone.",
    "Von meinem iPhone gesendet",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention de ses destinataires.",
    "This e-mail and any files transmitted with it are confidential.",
    "Diese E-Mail enthält vertrauliche Informationen.",
])  # fmt: skip
def test_what_stands_below_is_not_theirs(below):
    assert own_words(f"{WORDS}\n\n{below}\n") == WORDS
    assert own_words(below) is None


@pytest.mark.parametrize("said", [
    "Le 3 octobre à 10:12, votre conseillère m’a écrit :\nvous serez remboursée.\nDepuis, rien.",
    "Envoyé de Lyon le 3, toujours pas reçu.",
    "De la part de Max : bravo.\nÀ bientôt.",
    "On attend depuis 10:12.\nVotre service nous a dit :\nrappelez demain.",
    "Ce message restera sans réponse, comme les autres.",
    "a -- b\n--- c ---",
])  # fmt: skip
def test_what_only_looks_like_it_stays(said):
    assert own_words(said) == said


def test_answers_between_the_quotes_stay():
    text = "Bonjour,\n\nLe 3 oct. 2026 à 10:12, Ana a écrit :\n> Le joint ?\n\nChangé.\n\n> Le filtre ?\n\nPropre.\n"
    assert own_words(text) == "Bonjour,\n\nChangé.\n\nPropre."


def test_html_without_its_quotes():
    page = (
        "<html><head><title>Re</title><style>p{}</style></head><body><p>Bonjour &amp; merci,</p>"
        '<blockquote type="cite"><p>Le joint ?<blockquote>Ou</blockquote></p></blockquote><p>Changé.</p>'
        '<div class="gmail_quote"><div class="gmail_attr">Le 3 oct. 2026 à 10:12, Ana a écrit :<br></div>x</div></body>'
    )
    assert mail(page, kind="text/html; charset=utf-8").text == "Bonjour & merci,\nChangé."
    outlook = '<p>Elle fuit.</p><hr><div id="x_divRplyFwdMsg"><b>De :</b> Ana</div><div>Bonjour</div>'
    assert mail(outlook, kind="text/html").text == "Elle fuit."


@pytest.mark.parametrize(("body", "kind"), [
    ("Élan réparé à 10 € – déçue".encode("cp1252"), "text/plain; charset=iso-8859-1"),
    ("Élan réparé à 10 € – déçue".encode("cp1252"), "text/plain; charset=us-ascii"),
    ("Élan réparé à 10 € – déçue".encode(), "text/plain; charset=x-unheard-of"),
    ("Élan réparé à 10 € – déçue".encode(), "text/plain"),
    ("Élan réparé à 10 € – déçue".encode("utf-16"), "text/plain; charset=utf-16"),
    (b"=C9lan r=E9par=E9 =E0 10 =80 =96 d=E9=E7ue", "text/plain; charset=cp1252\nContent-Transfer-Encoding: quoted-printable"),
])  # fmt: skip
def test_a_wrong_charset_does_not_cost_the_words(body, kind):
    found = SOURCE.parse(f"{HEAD}Content-Type: {kind}\n\n".encode() + body, None)
    assert found.text == "Élan réparé à 10 € – déçue"


def test_broken_parts_cost_no_letter():
    broken = mail("no boundary here", kind='multipart/mixed; boundary="x"')
    assert (broken.native_id, broken.text) == ("a@exemple.test", None)
    assert mail("a\x00b").text == "ab"
    torn = mail(
        "--x\nContent-Type: text/plain\n\nUn mot\n--x\nContent-Type: image/png\n",
        kind='multipart/mixed; boundary="x"',
    )
    assert torn.text == "Un mot"


def test_the_plain_text_is_taken_and_a_mail_passed_on_is_not():
    page = (
        '--x\nContent-Type: multipart/alternative; boundary="y"\n\n--y\nContent-Type: text/html\n\n<p>HTML</p>\n'
        "--y\nContent-Type: text/plain\n\nSimple\n--y--\n--x\nContent-Type: message/rfc822\n\nSubject: x\n\nPassed on\n"
        "--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename*=utf-8''re%C3%A7u.txt\n\nAttached\n--x--\n"
    )
    found = mail(page, kind='multipart/mixed; boundary="x"')
    assert found.text == "Simple"
    assert [media.alt_text for media in found.media] == ["reçu.txt"]


@pytest.mark.parametrize(("head", "expected"), [
    ("Date: Mon, 5 Oct 2026 10:00:00 +0200", datetime(2026, 10, 5, 8, tzinfo=UTC)),
    ("Date: Mon, 5 Oct 2026 10:00:00 -0000", datetime(2026, 10, 5, 10, tzinfo=UTC)),
    ("Date: Mon, 5 Oct 2026 10:00:00 CEST", datetime(2026, 10, 5, 10, tzinfo=UTC)),  # no zone of RFC 5322
    ("Date: Mon, 5 Oct 2026 10:00:00 CEST\nReceived: by mx; Mon, 5 Oct 2026 10:00:09 +0200",
     datetime(2026, 10, 5, 8, 0, 9, tzinfo=UTC)),
    ("X-Imap-Internaldate: 05-Oct-2026 07:00:00 +0000\nDate: Mon, 5 Oct 2036 10:00:00 +0200",
     datetime(2026, 10, 5, 7, tzinfo=UTC)),
])  # fmt: skip
def test_when_it_was_written(head, expected):
    assert mail("x", head=f"From: a@b.test\n{head}\n").published_at == expected


def test_without_any_time_it_is_malformed():
    with pytest.raises(Malformed, match="no publication time"):
        mail("x", head="From: a@b.test\nDate: lundi\n")


@pytest.mark.parametrize(("head", "kind", "reason"), [
    ("Auto-Submitted: auto-replied", "text/plain", "automatic"),
    ("Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_panne?=", "text/plain", "automatic"),
    ("Subject: Abwesenheit: ich bin im Urlaub", "text/plain", "automatic"),
    ("Return-Path: <>", "text/plain", "automatic"),
    ("From: MAILER-DAEMON@mx.test", "text/plain", "bounce"),
    ("Subject: x", 'multipart/report; report-type=delivery-status; boundary="x"', "bounce"),
    ("Subject: mordus Digest, Vol 12, Issue 3", "text/plain", "digest"),
    ("Subject: x", 'multipart/digest; boundary="x"', "digest"),
    ("Subject: x", 'multipart/encrypted; boundary="x"', "encrypted"),
])  # fmt: skip
def test_what_no_person_wrote_is_no_mention(head, kind, reason):
    with pytest.raises(NotAMention, match=reason):
        mail("x", head=f"{head}\n{HEAD}", kind=kind)


def test_what_is_no_mail_is_no_mention():
    for answer in (b'{"error": 1}', b"<html></html>", b""):
        with pytest.raises(NotAMention, match="no headers"):
            [SOURCE.parse(item, None) for item in SOURCE.items(answer, None)]


def test_a_folder_is_named_as_imap_wants_it():
    assert folder_name("INBOX") == '"INBOX"'
    assert folder_name("Réclamations & co") == '"R&AOk-clamations &- co"'  # é is 00 E9, in base 64 AOk
    assert folder_name('a "b" \\') == '"a \\"b\\" \\\\"'


@pytest.mark.parametrize("before", [b"", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_what_stands_before_a_mail_does_not_cost_its_headers(before):
    for mail in (b"", b"From ana@mail.test Mon Oct  5 10:00:00 2026\r\n"):
        (item,) = Mail().items(
            before + mail + b"From: ana@mail.test\r\nSubject: Panne\r\n\r\nElle fuit.", None
        )
        assert item.endswith(b"Elle fuit.") and b"Subject: Panne" in item.splitlines()
