"""A platform of two places, held in memory, on which people copy one another; and what became of it."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline.run import run
from listening_etl.warehouse.engine import transaction
from tests.integration.wall import TOPIC

PLUGIN = '''
from listening_etl import Author, Capabilities, Deletion, Item, Mention, Options, hookimpl

HELD: list = []

class PlaceOptions(Options):
    at: str

class Place:
    """Posts of a place, from a list held in memory. Made for tests."""
    name = "place"
    options_type = PlaceOptions
    capabilities = Capabilities(history=None, order="any", deletions="streamed")

    def fetch(self, options, slice, http):
        for fetched_at, post in HELD:
            if post["place"] == options.at:
                yield Item(post, fetched_at=fetched_at)

    def parse(self, item, options):
        if "deleted" in item:
            return Deletion(item["id"], item["deleted"])
        known = {k: v for k, v in item.items() if k not in ("id", "by", "place")}
        return Mention(native_id=item["id"], author=item["by"] and Author(handle=item["by"]), **known)

@hookimpl
def listening_sources():
    return [Place()]
'''
SETTINGS = (
    TOPIC
    + """\
      acme: {role: own, names: [Acme], handles: [acme_aide]}
      brio: {role: competitor, names: [Brio]}
    sources:
      oiseau: {plugin: place, channel: social, options: {at: oiseau}}
      presse: {plugin: place, channel: web, options: {at: presse}}
"""
)
DAY = datetime(2026, 10, 2, tzinfo=UTC)
WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC))
HEARD = datetime(2026, 10, 21, tzinfo=UTC)


def post(id, text, hour=0.0, by=None, place="oiseau", **more):
    """A post, so many hours into DAY."""
    at = (DAY + timedelta(hours=hour)).isoformat()
    return {"id": id, "text": text, "published_at": at, "by": by or f"auteur_{id}", "place": place, **more}


class Telling:
    """A project, what it hears, and how to ask what became of it."""

    def __init__(self, context):
        self.context, self.hour = context, 0

    def hear(self, *posts, step=run, window=WINDOW):
        """Run over what was told now, later than all that was told before."""
        self.hour += 1
        held = self.context.source("oiseau")[0].fetch.__globals__["HELD"]
        held[:] = [(HEARD + timedelta(hours=self.hour), one) for one in posts]
        return step(self.context, window)

    def rows(self, query, **given):
        """The rows of a query."""
        with transaction(self.context.url) as connection:
            return [tuple(row) for row in connection.execute(sa.text(query), given)]

    def stories(self):
        """The stories by the native id of their canonical mention: how each mention is in it."""
        found = {}
        query = """
            SELECT c.native_id, m.native_id, b.how FROM listening.bridge_mention_story b
            JOIN listening.fct_mention m USING (mention_id)
            JOIN listening.fct_mention c ON c.mention_id = b.story_id"""
        for first, copy, how in self.rows(query):
            found.setdefault(first, {})[copy] = how
        return found

    def volume(self, weighting, entity="acme"):
        """Volume by day of the month, silent days left out."""
        query = """
            SELECT extract(day FROM day)::int, n FROM kpi.volume
            WHERE entity = :entity AND source = 'all' AND weighting = :weighting AND n > 0"""
        return dict(self.rows(query, entity=entity, weighting=weighting))
