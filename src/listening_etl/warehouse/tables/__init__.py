"""Every table of the warehouse, with the comments that the database and the reference carry.

Migrations are written from here, and a test proves that both agree.
"""

from listening_etl.warehouse.tables.declaration import BI_SCHEMAS, SCHEMAS, metadata
from listening_etl.warehouse.tables.figures import (
    definition,
    engagement,
    net_sentiment,
    reach,
    response_rate,
    response_time,
    share_of_voice,
    volume,
)
from listening_etl.warehouse.tables.listening import (
    bridge_mention_entity,
    bridge_mention_query,
    dim_author,
    dim_entity,
    dim_measure,
    dim_place,
    dim_source,
    dim_topic,
    fct_engagement,
    fct_label,
    fct_link,
    fct_media,
    fct_mention,
    fct_review_version,
    fct_score,
)
from listening_etl.warehouse.tables.ops import (
    coverage,
    quality_result,
    quarantine,
    reject,
    run,
    stale_day,
    watermark,
)
from listening_etl.warehouse.tables.private import opt_out, private_author, private_mention

__all__ = [
    "BI_SCHEMAS",
    "SCHEMAS",
    "bridge_mention_entity",
    "bridge_mention_query",
    "coverage",
    "definition",
    "dim_author",
    "dim_entity",
    "dim_measure",
    "dim_place",
    "dim_source",
    "dim_topic",
    "engagement",
    "fct_engagement",
    "fct_label",
    "fct_link",
    "fct_media",
    "fct_mention",
    "fct_review_version",
    "fct_score",
    "metadata",
    "net_sentiment",
    "opt_out",
    "private_author",
    "private_mention",
    "quality_result",
    "quarantine",
    "reach",
    "reject",
    "response_rate",
    "response_time",
    "run",
    "share_of_voice",
    "stale_day",
    "volume",
    "watermark",
]
