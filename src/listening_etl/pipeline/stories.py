"""Stories: gather mentions that tell the same in nearly the same words, so that each story can count one.

The stories of a topic follow from its mentions alone, whenever and in whatever order they came: likeness is a
matter of two texts, a story is what hangs together by likeness, and its canonical mention is the first published.
"""

from __future__ import annotations

import polars as pl

from listening_etl.pipeline.context import Context
from listening_etl.warehouse import stories
from listening_etl.warehouse.engine import Connection


def gather(context: Context, connection: Connection) -> None:
    """Bring the topic's stories up to date, and mark the days on which a mention changed its story.

    What is known is not compared again with what is known, but in stories that lost a mention and fell apart.
    """
    topic = context.topic.name
    stories.forget(connection, topic)
    torn = stories.torn(connection, topic)
    kept = stories.likenesses(connection, topic)
    fresh = _sketched(stories.fresh(connection))
    said = fresh.drop_nulls("words_hash").unique("words_hash")
    fallen = _fallen(torn, kept)
    forest = _compared(connection, topic, said, fallen, kept) if len(said) or len(fallen) else kept
    stories.keep(connection, topic, fresh.drop("text"))
    stories.keep_likenesses(connection, topic, kept, forest)
    touched = pl.concat([said["words_hash"], torn["words_hash"]])
    stories.regroup(connection, topic, _clusters(touched, forest))


def _sketched(fresh: pl.DataFrame) -> pl.DataFrame:
    """Mentions with their sketches."""
    from listening_etl.duplicates import sketches

    return fresh.hstack(sketches(fresh["text"]))


def _fallen(torn: pl.DataFrame, forest: pl.DataFrame) -> pl.Series:
    """The words of stories that hang together no more: weaker likenesses than those kept may still hold them."""
    from listening_etl.duplicates import components

    words = torn["words_hash"].unique()
    pieces = pl.DataFrame({"words_hash": words, "cluster": components(words, forest)})
    whole = pl.col("cluster").n_unique().over("story_id") == 1
    return torn.join(pieces, on="words_hash").filter(~whole)["words_hash"].unique()


def _compared(
    connection: Connection, topic: str, said: pl.DataFrame, fallen: pl.Series, forest: pl.DataFrame
) -> pl.DataFrame:
    """The forest with what is like the words said now, or those of fallen stories, among all that is known."""
    from listening_etl.duplicates import forest as strongest
    from listening_etl.duplicates import new_pairs

    def texts(words: pl.Series) -> pl.DataFrame:
        return stories.texts(connection, topic, words).rename({"words_hash": "id"})

    known = stories.known(connection, topic)
    again = pl.col("words_hash").is_in(fallen.implode())
    new = said.join(known, on="words_hash", how="anti").select("words_hash", "signature", "text")
    anew = pl.concat([new, known.filter(again)], how="diagonal").with_columns(id="words_hash")
    if anew.is_empty():
        return forest
    pairs = new_pairs(anew, known.filter(~again).with_columns(id="words_hash"), texts)
    return strongest(pl.concat([forest, pairs.select(forest.columns)]))


def _clusters(words: pl.Series, forest: pl.DataFrame) -> pl.DataFrame:
    """All clusters that these words are in, whole, with each one's greatest likeness to another."""
    from listening_etl.duplicates import components

    ends = pl.concat(
        [forest.select(pl.col(end).alias("words_hash"), "similarity") for end in ("left", "right")]
    )
    nodes = pl.concat([words, ends["words_hash"]]).unique()
    clusters = pl.DataFrame({"words_hash": nodes, "cluster": components(nodes, forest)})
    touched = clusters.filter(pl.col("words_hash").is_in(words.implode()))["cluster"].unique()
    nearest = ends.group_by("words_hash").agg(pl.col("similarity").max())
    return clusters.filter(pl.col("cluster").is_in(touched.implode())).join(
        nearest, on="words_hash", how="left"
    )
