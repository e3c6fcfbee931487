"""Sources with one bug each in how they take bad news, keep a secret, or say what they are."""

from __future__ import annotations

import logging
from dataclasses import replace

import orjson
from pydantic import SecretStr

from listening_etl import CredentialsRejected, Options, SourceUnavailable, SourceUnreadable
from tests.contract.seeded.sound import ForumOptions, Sound

REFUSED = {"refused_credentials_are_an_error_of_their_own"}


class SwallowsTheRefusal(Sound):
    """Takes a refused token for an empty forum."""

    caught_by = REFUSED

    def fetch(self, options, slice, http):
        try:
            yield from super().fetch(options, slice, http)
        except CredentialsRejected:
            return


class CallsTheRefusalAnOutage(Sound):
    """Makes of a refused token an error that is retried for ever."""

    caught_by = REFUSED

    def fetch(self, options, slice, http):
        try:
            yield from super().fetch(options, slice, http)
        except CredentialsRejected as error:
            raise SourceUnavailable("the forum does not answer") from error


class SwallowsTheOutage(Sound):
    """Takes a forum that is down for an empty one."""

    caught_by = {"a_platform_that_is_down_is_worth_another_try", "an_outage_in_the_middle_is_not_the_end"}

    def fetch(self, options, slice, http):
        try:
            yield from super().fetch(options, slice, http)
        except SourceUnavailable:
            return


class GivesUpHalfway(Sound):
    """Is content with what came before the forum went down."""

    caught_by = {"an_outage_in_the_middle_is_not_the_end"}

    def fetch(self, options, slice, http):
        got = 0
        try:
            for post in super().fetch(options, slice, http):
                got += 1
                yield post
        except SourceUnavailable:
            if not got:
                raise


class TripsOverGarbage(Sound):
    """Takes the answer for what it should be."""

    caught_by = {"garbage_is_named_as_such"}

    def items(self, answer, options):
        yield from orjson.loads(answer)["posts"]


class SwallowsGarbage(Sound):
    """Takes a page of HTML for an empty forum."""

    caught_by = {"garbage_is_named_as_such"}

    def fetch(self, options, slice, http):
        try:
            yield from super().fetch(options, slice, http)
        except SourceUnreadable:
            return


class QuotesTheToken(Sound):
    """Says in an error which token was refused."""

    caught_by = {"secrets_are_nowhere"}

    def fetch(self, options, slice, http):
        try:
            yield from super().fetch(options, slice, http)
        except CredentialsRejected as error:
            raise CredentialsRejected(f"no such token: {options.token.get_secret_value()}") from error


class KeepsTheToken(Sound):
    """Keeps the address with the token in it."""

    caught_by = {"secrets_are_nowhere"}

    def fetch(self, options, slice, http):
        for post in super().fetch(options, slice, http):
            yield {**post, "asked": f"{options.url}/posts?token={options.token.get_secret_value()}"}


class LogsTheToken(Sound):
    """Tells the log what it sends."""

    caught_by = {"secrets_are_nowhere"}

    def ask(self, options, http, path, params=None, accept=()):
        logging.getLogger("forum").warning("asking with %s", options.token.get_secret_value())
        return super().ask(options, http, path, params, accept)


class BareOptions(Options):
    """The token as plain text."""

    url: str = "https://forum.test"
    token: str = ""


class ShowsTheToken(Sound):
    """Has an option that prints its secret."""

    caught_by = {"secrets_are_nowhere"}
    options_type = BareOptions

    def ask(self, options, http, path, params=None, accept=()):
        return super().ask(ForumOptions(token=SecretStr(options.token)), http, path, params, accept)


class ForgetsTheGone(Sound):
    """Says nothing of what is no longer there."""

    caught_by = {"a_recheck_tells_what_became_of_a_mention"}

    def recheck(self, options, native_ids, http):
        yield from (item for item in super().recheck(options, native_ids, http) if "gone" not in item)


class TakesAllForGone(Sound):
    """Says of what is there that it is not."""

    caught_by = {"a_recheck_tells_what_became_of_a_mention"}

    def recheck(self, options, native_ids, http):
        yield from ({"gone": id} for id in native_ids)


class AsksForNothing(Sound):
    """Pushes an empty query down."""

    caught_by = {"queries_that_are_pushed_down_are_text"}

    def push_down(self, options, entities):
        return [" ".join(entity.exclude) for entity in entities]


class SaysLittle(Sound):
    """Posts of an invented forum. Collects all of them."""

    caught_by = {"the_docstring_is_a_page_of_the_catalogue"}


class StatesNoTerms(Sound):
    """Gives an address where the terms should be."""

    caught_by = {"capabilities_and_terms_are_stated"}
    terms = "https://forum.test/terms"


class PromisesToRecheck(Sound):
    """Says that it tells of deletions by `recheck`, and has none."""

    caught_by = {"capabilities_and_terms_are_stated"}
    recheck = property()  # it is not there


class KnowsAnotherOrder(Sound):
    """Describes its order in words of its own."""

    caught_by = {"capabilities_and_terms_are_stated"}
    capabilities = replace(Sound.capabilities, order="by relevance")
