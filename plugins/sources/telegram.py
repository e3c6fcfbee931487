"""Messages of Telegram groups and channels: from a bot that is a member, or from an exported chat."""

import re
from datetime import date, timedelta

import orjson
from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Gap,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
    dicts,
    epoch,
    hookimpl,
    json_answer,
    part,
)

A_PAGE = 100  # updates that Telegram gives at once
MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")
PUBLIC = {"group", "supergroup", "channel"}
EXPORTED = {  # kind of chat in an export: the kind as a bot sees it, and what a bot sees before the chat's number
    "private_group": ("group", "-"),
    "private_supergroup": ("supergroup", "-100"),
    "public_supergroup": ("supergroup", "-100"),
    "private_channel": ("channel", "-100"),
    "public_channel": ("channel", "-100"),
}
CONTENT = {
    *(
        "text",
        "caption",
        "photo",
        "sticker",
        "video",
        "animation",
        "audio",
        "voice",
        "video_note",
        "document",
    ),
    *("poll", "location", "venue", "contact", "dice", "game", "story", "paid_media", "checklist"),
}
ENVELOPE = {"message_id", "date", "chat", "from", "sender_chat", "message_thread_id", "entities", "edit_date"}


class TelegramOptions(Options):
    """Which bot, and how it reads."""

    token: SecretStr = Field(description="of the bot, as @BotFather gave it")
    confirm: bool = Field(False, description="read on past 100 updates, which makes Telegram forget these")
    private: bool = Field(False, description="also what people write to the bot itself")
    url: str = Field("https://api.telegram.org", description="of the Bot API")


class Telegram:
    """Messages of Telegram groups and channels in which a bot is a member.

    Collects new and edited messages, posts of channels, captions, replies with what they answer, and exports
    of Telegram Desktop (result.json). Misses what was written before the bot came, deletions, reactions, the
    addresses of pictures, and in groups, unless the bot is an administrator or its privacy mode is off, all
    but commands and replies to it. Limits: Telegram keeps updates for 24 hours and gives 100 at once; more
    only to who makes it forget these. With `confirm` off nothing is forgotten, and what lies behind the first
    100 is a gap until these grow old. With `confirm` on a run that breaks off loses the pages it had read, but
    for the last. A bot's updates are there once: let no other program, webhook or topic read the same bot.
    Terms: the people of a group have to know that a bot reads it; private chats are left out unless `private`.
    """

    name = "telegram"
    options_type = TelegramOptions
    capabilities = Capabilities(
        history=timedelta(hours=24),
        order="oldest_first",
        deletions="none",
        edits=True,
        threads=True,
        settles=timedelta(hours=24),
        pace=1.0,
        auth="token of a bot",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://telegram.org/tos/bot-developers")

    def fetch(self, options, slice, http):
        """Updates as they wait for the bot, oldest first; the window is not theirs to choose."""
        token = options.token.get_secret_value()
        if not re.fullmatch(r"\d+:[\w-]+", token):  # only of this form is it kept out of messages
            raise CredentialsRejected("the token is not of the form 123456:ABC…", do="Check the token.")
        url = f"{options.url.rstrip('/')}/bot{token}/getUpdates"
        asked = {"limit": A_PAGE, "timeout": 0, "allowed_updates": orjson.dumps(MESSAGES).decode()}
        latest = -1
        while True:
            updates = updates_of(http.get(url, params=asked, accept=(404, 409)), options.url)
            fresh = [update for update in updates if update["update_id"] > latest]
            yield from fresh
            if len(updates) < A_PAGE or not fresh:
                return
            latest = max(update["update_id"] for update in fresh)
            if not options.confirm:
                reached = max(filter(None, map(time_of, fresh)), default=slice.window.since)
                if reached < slice.window.until:
                    reason = f"more than {A_PAGE} updates wait; set confirm: true, or read them more often"
                    yield Gap(max(reached, slice.window.since), slice.window.until, reason)
                return
            asked["offset"] = latest + 1  # from now on Telegram forgets what was read so far

    def items(self, answer, options):
        """The updates of an answer, one update, or the messages of exported chats."""
        told = json_answer(answer)
        found = [
            item for page in dicts(told if isinstance(told, list) else [told]) for item in items_of(page)
        ]
        if not found:
            raise NotAMention("it holds no messages")
        return iter(found)

    def parse(self, item, options):
        """The message of an update, or one of an export; with the message that it answers."""
        if "export" in item:
            return exported_mention(item["message"], item["export"], options)
        if "message_id" in item:
            return mentions_of(item, options)
        found = next((item[kind] for kind in MESSAGES if isinstance(item.get(kind), dict)), None)
        if found is None:
            what = ", ".join([name for name in item if name != "update_id"][:5]) or "nothing"
            raise NotAMention(
                f"an update of {what}" if "update_id" in item else f"it holds no message, only {what}"
            )
        return mentions_of(found, options)


def items_of(page):
    """The updates of an answer, one of them, or the messages of exported chats."""
    if page.get("ok") is False:
        raise NotAMention(f"an error: {page.get('description')}")
    result = page.get("result", page)
    if not isinstance(result, dict):
        return dicts(result)
    lists = [part(result, name).get("list") for name in ("chats", "left_chats")]
    exported = [result] if "messages" in result else [chat for chats in lists for chat in dicts(chats)]
    return [of_export(chat, one) for chat in exported for one in dicts(chat.get("messages"))] or [result]


def updates_of(answer, where):
    """What an answer of `getUpdates` holds, or why not."""
    if answer.status == 404:
        raise CredentialsRejected("no bot has this token", where=where, do="Check the token.")
    if answer.status == 409:
        what = "somebody else reads this bot's updates, by a webhook or at the same time"
        raise SourceUnreadable(what, where=where, do="Call deleteWebhook, or stop the other reader.")
    told = answer.json()
    if not isinstance(told, dict) or not isinstance(told.get("result"), list):
        raise SourceUnreadable("it is no answer of Telegram", where=where, do="Check the url.")
    return [update for update in dicts(told["result"]) if "update_id" in update]


def time_of(update):
    """When the message of an update was sent, None when it has none."""
    dates = [part(update, kind).get("date") for kind in MESSAGES]
    return next((epoch(date) for date in dates if isinstance(date, int)), None)


def mentions_of(message, options):
    """A message, and the one that it answers, which Telegram sends along."""
    kind = part(message, "chat").get("type")
    if kind not in PUBLIC and not getattr(options, "private", False):
        raise NotAMention(f"a {kind or 'unknown'} chat: only groups and channels are listened to")
    found = [mention_of(message)]
    answered = part(message, "reply_to_message")
    if answered.get("date") and part(answered, "chat") and CONTENT & answered.keys():
        found.append(mention_of(answered))
    return found


def mention_of(message):
    """One message as the Bot API has it."""
    if not CONTENT & message.keys():
        what = ", ".join(name for name in message if name not in ENVELOPE) or "nothing"
        raise NotAMention(f"a service message: {what}")
    if part(message, "from").get("is_bot") and not message.get("sender_chat"):
        raise NotAMention("a message of a bot")
    chat, answered = part(message, "chat"), part(message, "reply_to_message")
    text = message.get("text") or message.get("caption") or part(message, "poll").get("question")
    marks = spans(text or "", dicts(message.get("entities") or message.get("caption_entities")))
    topic, public = message.get("message_thread_id"), chat.get("username")
    place = part(message, "location") or part(message, "venue", "location")
    if not CONTENT & answered.keys():  # it opened the topic, or somebody joined
        answered = {}
    return Mention(
        native_id=id_of(chat, message.get("message_id")),
        kind="message",
        channel="social",
        url=f"https://t.me/{public}/{message.get('message_id')}" if public else None,
        text=text or None,
        published_at=epoch(message.get("date")),
        updated_at=epoch(message.get("edit_date")),
        author=author_of(part(message, "sender_chat") or part(message, "from") or chat),
        in_reply_to=id_of(chat, answered.get("message_id")),
        conversation_id=id_of(chat, topic),
        quoted_id=origin_of(part(message, "external_reply")),
        reshared_id=origin_of(message),
        reply_to_author=(part(answered, "sender_chat") or part(answered, "from")).get("username"),
        tagged=tuple(word.removeprefix("@") for word in marks["mention"]),
        hashtags=tuple(word.removeprefix("#").partition("@")[0] for word in marks["hashtag"]),
        links=tuple(marks["link"]),
        lat=place.get("latitude"),
        lon=place.get("longitude"),
        place=part(message, "venue").get("title"),
    )


def id_of(chat, number):
    """A message's id: its number is unique within its chat only."""
    return None if number is None else f"{chat.get('id')}:{number}"


def origin_of(message):
    """The id of the channel's post that is passed on, None for what was passed on from a person."""
    origin = part(message, "forward_origin") or part(message, "origin")
    if origin.get("message_id"):
        return id_of(part(origin, "chat"), origin["message_id"])
    return id_of(part(message, "forward_from_chat"), message.get("forward_from_message_id"))  # before 2024


def author_of(who):
    """A person, or the chat in whose name they write."""
    name = who.get("title") or " ".join(filter(None, (who.get("first_name"), who.get("last_name"))))
    number = who.get("id")
    return Author(
        native_id=None if number is None else str(number), handle=who.get("username"), name=name or None
    )


def spans(text, entities):
    """What is marked in a text: who is named, hashtags and links; Telegram counts in UTF-16."""
    found, coded = {"mention": {}, "hashtag": {}, "link": {}}, text.encode("utf-16-le", "surrogatepass")
    for entity in entities:
        start = 2 * int(entity.get("offset") or 0)
        word = coded[start : start + 2 * int(entity.get("length") or 0)].decode("utf-16-le", "replace")
        match entity.get("type"):
            case "text_link":
                found["link"][entity.get("url")] = None
            case "url":
                found["link"][word] = None
            case "text_mention":
                user = part(entity, "user")
                found["mention"][user.get("username") or str(user.get("id"))] = None
            case "mention" | "hashtag" as kind:
                found[kind][word] = None
    return {kind: [word for word in words if word] for kind, words in found.items()}


def of_export(chat, message):
    """A message of an export, as an item that says which chat it stands in."""
    return {"export": {name: chat.get(name) for name in ("name", "type", "id")}, "message": message}


def exported_mention(message, chat, options):
    """One message as Telegram Desktop exports it, with the id that a bot would see."""
    kind, sign = EXPORTED.get(chat.get("type"), ("private", ""))
    if kind == "private" and not getattr(options, "private", False):
        raise NotAMention(f"a {chat.get('type') or 'unknown'}: only groups and channels are listened to")
    if message.get("type") != "message":
        raise NotAMention(f"a service message: {message.get('action') or message.get('type')}")
    where = {"id": f"{sign}{chat.get('id')}"}
    text = message.get("text")
    pieces = text if isinstance(text, list) else [text]
    words = [piece.get("text") if isinstance(piece, dict) else piece for piece in pieces]
    marked = dicts(message.get("text_entities")) or dicts(pieces)
    links = [one.get("href") or one.get("text") for one in marked if one.get("type") in ("link", "text_link")]
    sender = message.get("from_id")
    place = part(message, "location_information")
    return Mention(
        native_id=id_of(where, message.get("id")),
        kind="message",
        channel="social",
        text="".join(filter(None, words)) or part(message, "poll").get("question") or None,
        published_at=epoch(message.get("date_unixtime")) or message.get("date"),  # old exports have no zone
        updated_at=epoch(message.get("edited_unixtime")),
        author=Author(native_id=number_of(sender), name=message.get("from")) if sender else None,
        in_reply_to=id_of(where, message.get("reply_to_message_id")),
        tagged=tuple(str(one.get("text"))[1:] for one in marked if one.get("type") == "mention"),
        hashtags=tuple(str(one.get("text"))[1:] for one in marked if one.get("type") == "hashtag"),
        links=tuple(filter(None, links)),
        lat=place.get("latitude"),
        lon=place.get("longitude"),
    )


def number_of(sender):
    """A sender's id as a bot sees it: of `user123` the number, of `channel123` the number after -100."""
    text = str(sender)  # in exports of before 2021 a number
    return f"-100{text[7:]}" if text.startswith("channel") else text.removeprefix("user")


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Telegram()]
