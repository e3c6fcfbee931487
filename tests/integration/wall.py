"""A topic that listens to a wall, as most tests with a plugin of their own need one; and how to ask its warehouse."""

import sqlalchemy as sa

from listening_etl.warehouse.engine import transaction

TOPIC = """\
version: 1
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-10-01
    entities:
"""
"""How the settings of a test begin: its entities and sources come below."""
SETTINGS = (
    TOPIC
    + """\
      acme: {role: own, names: [Acme]}
    sources:
      wall: {channel: social}
"""
)


def told(context, query):
    """The rows of a query, as tuples."""
    with transaction(context.url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]
