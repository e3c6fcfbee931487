"""ActivityPub objects and activities, from whatever server of the fediverse, as mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from listening_etl.errors import NotAMention
from listening_etl.markup import text_of_html
from listening_etl.model import Author, Deletion, Media, Mention, moment

Document = Mapping[str, Any]

EVERYBODY = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
POSTS = frozenset({"Article", "Audio", "Document", "Event", "Image", "Note", "Page", "Question", "Video"})
CARRIERS = frozenset({"Announce", "Create", "Delete", "Undo", "Update"})
COLLECTIONS = frozenset({"Collection", "CollectionPage", "OrderedCollection", "OrderedCollectionPage"})
TEXT_MEDIA = frozenset({"", "text/html", "application/xhtml+xml"})
MEDIA = frozenset({"image", "video", "audio"})
QUOTES = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
HANDLE = re.compile(
    r"https?://([^/?#]+)/(?:[^?#]*/)?(?:(?:users|user|u|profile|author|accounts|c|video-channels)/|@)([\w.-]+)"
)
"""Where servers put a name in an actor's address; numbers there are no names."""


def activity_mentions(document: Document) -> list[Mention | Deletion]:
    """The mentions in one object, activity or collection; an edit is the mention as it is now.

    Ids are the objects' own (`id`); of a share, the activity's. Raises `NotAMention` with the reason for
    actors, likes, follows and whatever is not addressed to everybody.
    """
    kind = type_of(document)
    if kind in COLLECTIONS:
        return _of_collection(document, kind)
    if kind in ("Create", "Update"):
        return activity_mentions(_carried(document, kind))
    if kind == "Announce":
        return _shared(document)
    if kind in ("Delete", "Tombstone", "Undo"):
        return [_deleted(document, kind)]
    if kind in POSTS:
        return [_post(document, kind)]
    raise NotAMention(f"{_article(kind)}, not a post")


def type_of(document: Document) -> str:
    """The type of an object; of several the first that is known, `Object` when it states none."""
    kinds = [kind for kind in _several(document.get("type")) if isinstance(kind, str)]
    known = POSTS | CARRIERS | COLLECTIONS
    return next((kind for kind in kinds if kind in known), kinds[0] if kinds else "Object")


def _of_collection(document: Document, kind: str) -> list[Mention | Deletion]:
    found: list[Mention | Deletion] = []
    first = document.get("first")
    parts = [document, first] if isinstance(first, Mapping) else [document]
    members = [
        one for part in parts for name in ("orderedItems", "items") for one in _several(part.get(name))
    ]
    reasons = []
    for member in members:
        try:
            found += activity_mentions(member) if isinstance(member, Mapping) else []
        except NotAMention as reason:  # the others of the collection still count
            reasons.append(str(reason))
    if not found:
        why = f"; the first is {reasons[0]}" if reasons else ""
        raise NotAMention(f"{_article(kind)} without posts in it{why}")
    return found


def _carried(activity: Document, kind: str) -> Document:
    """The object of an activity, with what only the activity says: to whom, and who the author is."""
    inner = activity.get("object")
    if not isinstance(inner, Mapping):
        raise NotAMention(f"{_article(kind)} that names its object without showing it")
    carried = dict(inner)
    if not {"to", "cc"} & carried.keys():
        carried |= {name: activity[name] for name in ("to", "cc") if name in activity}
    actor = activity.get("actor")
    if actor and _id_of(inner.get("attributedTo") or actor) == _id_of(actor):
        carried["attributedTo"] = actor
    return carried


def _shared(activity: Document) -> list[Mention | Deletion]:
    """Who passes a post on. A group passes on what its members did: that is no share, but what they did."""
    inner = activity.get("object")
    if isinstance(inner, Mapping) and type_of(inner) in CARRIERS:
        return activity_mentions(inner)
    _check_public(activity, "a share")
    if not activity.get("published"):
        raise NotAMention("a share that does not say when")
    share = Mention(
        native_id=_id_of(activity) or "",
        published_at=activity["published"],
        author=_author(activity),
        reshared_id=_id_of(inner),
        kind="post",
        channel="social",
        url=_id_of(activity),
    )
    try:
        return [share, *(activity_mentions(inner) if isinstance(inner, Mapping) else [])]
    except NotAMention:  # what is shared is not for everybody; that it was shared is
        return [share]


def _deleted(document: Document, kind: str) -> Deletion:
    gone = document if kind == "Tombstone" else document.get("object")
    native_id = _id_of(gone)
    if kind == "Undo" and not (isinstance(gone, Mapping) and type_of(gone) == "Announce"):
        raise NotAMention("an Undo of something that is no share")
    if native_id is None:
        raise NotAMention("a Delete that does not say of what")
    if native_id == _id_of(document.get("actor")):
        raise NotAMention("an account that was deleted, not a post")
    when = gone.get("deleted") if isinstance(gone, Mapping) else None
    return Deletion(
        native_id, moment(when or (kind != "Tombstone" and document.get("published")) or None, "deleted")
    )


def _post(document: Document, kind: str) -> Mention:
    replied, content = _id_of(document.get("inReplyTo")), _text(document)
    name, summary = _words(document.get("name")), text_of_html(document.get("summary"))
    if replied and name and not content and kind == "Note":
        raise NotAMention("a vote in a poll")
    _check_public(document, _article(kind))
    own_id = _id_of(document)
    page = _page(document)
    is_elsewhere = kind == "Page" and page is not None and _host(page) != _host(own_id)
    updated = document.get("updated")
    published: Any = document.get("published") or ""
    stated = document.get("location")
    place: Document = stated if isinstance(stated, Mapping) else {}
    return Mention(
        native_id=own_id or "",
        kind="reply" if replied else "article" if kind == "Article" else "post",
        channel="social",
        url=own_id if is_elsewhere or not page else page,
        title=name or (summary if kind in ("Note", "Question") else None),
        text=content,
        lang_declared=_language(document),
        published_at=published,
        updated_at=updated if updated and updated != published else None,
        author=_author(document),
        in_reply_to=replied,
        conversation_id=None if replied else own_id,
        reply_to_author=_handle(replied),
        quoted_id=next((_id_of(document[name]) for name in QUOTES if document.get(name)), None),
        tagged=tuple(_tags(document, "Mention")),
        hashtags=tuple(_tags(document, "Hashtag")),
        links=tuple(dict.fromkeys([*([page] if is_elsewhere and page else []), *_links(document)])),
        media=tuple({one.url: one for one in _media(document)}.values()),
        likes=_count(document.get("likes")),
        replies=_count(document.get("replies")),
        reshares=_count(document.get("shares")),
        views=_count(document.get("views")),
        place=_words(place.get("name")),
        lat=place.get("latitude"),
        lon=place.get("longitude"),
    )


def _page(document: Document) -> str | None:
    """Its page on the web: of several addresses the first that is no file."""
    pages = [_address(link) for link in _several(document.get("url")) if not _media_type(link)]
    return next((url for url in pages if url), None)


def _check_public(document: Document, what: str) -> None:
    """Refuse what is addressed to some only; an object that states no address was shown to everybody."""
    stated = [name for name in ("to", "cc") if name in document]
    addresses = {_id_of(address) for name in stated for address in _several(document[name])}
    if stated and not addresses & EVERYBODY:
        raise NotAMention(f"{what} that is not addressed to everybody")


def _text(document: Document) -> str | None:
    """What a reader sees: the content, else one of its translations, else its source; choices of a poll below."""
    by_language = document.get("contentMap")
    translations = list(by_language.values()) if isinstance(by_language, Mapping) else []
    content = next((text for text in (document.get("content"), *translations) if _words(text)), None)
    source = document.get("source")
    if content is None:
        text = _words(source.get("content")) if isinstance(source, Mapping) else None
    else:
        is_html = str(document.get("mediaType") or "").partition(";")[0].strip() in TEXT_MEDIA
        text = text_of_html(content) if is_html else _words(content)
    choices = [*_several(document.get("oneOf")), *_several(document.get("anyOf"))]
    lines = [text, *(_words(choice.get("name")) for choice in choices if isinstance(choice, Mapping))]
    return "\n".join(line for line in lines if line) or None


def _language(document: Document) -> str | None:
    """The language stated, by the content, the object or its context; None for `und`, undetermined."""
    by_language, stated = document.get("contentMap"), document.get("language")
    found = list(by_language) if isinstance(by_language, Mapping) else []
    if isinstance(by_language, Mapping) and len(found) > 1:
        found = [language for language, text in by_language.items() if text == document.get("content")]
    found += [stated.get("identifier") if isinstance(stated, Mapping) else stated, document.get("inLanguage")]
    found += [
        part.get("@language") for part in _several(document.get("@context")) if isinstance(part, Mapping)
    ]
    return next((language for language in found if _words(language) and language != "und"), None)


def _author(document: Document) -> Author | None:
    """Who wrote it: of several the person, not the group or channel beside them."""
    people = _several(document.get("attributedTo")) or _several(document.get("actor"))
    persons = [one for one in people if isinstance(one, Mapping) and one.get("type") == "Person"]
    chosen = next(iter([*persons, *people]), None)
    address = _id_of(chosen)
    if address is None:
        return None
    stated = chosen if isinstance(chosen, Mapping) else {}
    name, host = _words(stated.get("preferredUsername")), _host(address)
    handle = f"{name}@{host}" if name and host else _handle(address)
    return Author(native_id=address, handle=handle, name=_words(stated.get("name")))


def _handle(address: str | None) -> str | None:
    """`ana@server.example` from the address of an actor or of one of their posts, if it shows a name."""
    found = HANDLE.match(address or "")
    return f"{found[2]}@{found[1]}" if found and not found[2].isdecimal() else None


def _tags(document: Document, kind: str) -> Iterator[str]:
    for tag in _several(document.get("tag")):
        if isinstance(tag, Mapping) and tag.get("type") == kind:
            name = _words(tag.get("name")) or (
                _handle(_words(tag.get("href"))) if kind == "Mention" else None
            )
            if name:
                yield name.lstrip("@#")


def _links(document: Document) -> Iterator[str]:
    for part in _several(document.get("attachment")):
        if isinstance(part, Mapping) and part.get("type") == "Link" and (url := _address(part)):
            yield url


def _media(document: Document) -> Iterator[Media]:
    for part in [*_several(document.get("attachment")), *_several(document.get("image"))]:
        kind = (
            (_media_type(part) or str(part.get("type") or "").lower())
            if isinstance(part, Mapping)
            else "link"
        )
        if kind != "link" and (url := _address(part)):
            known = kind if kind in MEDIA else "other"
            yield Media(url=url, kind=known, alt_text=_words(part.get("name")))  # type: ignore[arg-type]
    for link in _several(document.get("url")):
        if (kind := _media_type(link)) in MEDIA and (url := _address(link)):
            yield Media(url=url, kind=kind)  # type: ignore[arg-type]


def _media_type(part: object) -> str:
    """`image`, `video`, … of a link or attachment that says what it is; empty for a page or when it does not."""
    of = part if isinstance(part, Mapping) else {}
    stated = of.get("mediaType") or of.get("mimeType")  # the latter before 2019
    return "" if stated in (None, *TEXT_MEDIA) else str(stated).partition("/")[0]


def _address(part: object) -> str | None:
    """The address of a link, an attachment or a plain URL."""
    if isinstance(part, Mapping):
        return _words(part.get("href")) or next(map(_address, _several(part.get("url"))), None)
    return _words(part)


def _count(value: object) -> int | None:
    number = value.get("totalItems") if isinstance(value, Mapping) else value
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _id_of(value: object) -> str | None:
    """The id of an object that is embedded or named; of several the first."""
    if isinstance(value, Mapping):
        return _words(value.get("id")) or _words(value.get("href"))
    if isinstance(value, list):
        return next((found for found in map(_id_of, value) if found), None)
    return _words(value)


def _several(value: object) -> list[Any]:
    """ActivityPub writes one thing alone and several as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"
