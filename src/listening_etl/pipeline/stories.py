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
    changed = stories.forget(connection, topic)
    torn = stories.torn(connection, topic)
    kept = stories.likenesses(connection, topic)
    fallen = _fallen(torn, kept)
    asked = changed or len(fallen) > 0
    known = stories.known(connection, topic) if asked else pl.DataFrame(schema=stories.WORDS)
    said = _sketch(connection, topic)
    new = said.join(known, on="words_hash", how="anti")
    forest = _compared(connection, topic, new, known, fallen, kept)
    stories.keep_likenesses(connection, topic, kept, forest)
    stories.regroup(connection, topic, _clusters(pl.concat([said["words_hash"], torn["words_hash"]]), forest))


def _sketch(connection: Connection, topic: str) -> pl.DataFrame:
    """Sketch the mentions that came or changed; answers the different words that they say."""
    from listening_etl.duplicates import sketches

    said = [pl.DataFrame(schema=stories.WORDS)]
    for mentions in stories.fresh(connection):
        sketched = mentions.drop("text").hstack(sketches(mentions["text"]))
        stories.keep(connection, topic, sketched)
        said.append(sketched.select(stories.WORDS.keys()).drop_nulls())
    return pl.concat(said).unique("words_hash")


def _fallen(torn: pl.DataFrame, forest: pl.DataFrame) -> pl.Series:
    """The words of stories that hang together no more: weaker likenesses than those kept may still hold them."""
    from listening_etl.duplicates import components

    words = torn["words_hash"].unique()
    pieces = pl.DataFrame({"words_hash": words, "cluster": components(words, forest)})
    whole = pl.col("cluster").n_unique().over("story_id") == 1
    return torn.join(pieces, on="words_hash").filter(~whole)["words_hash"].unique()


def _compared(
    connection: Connection,
    topic: str,
    new: pl.DataFrame,
    known: pl.DataFrame,
    fallen: pl.Series,
    forest: pl.DataFrame,
) -> pl.DataFrame:
    """The forest with what is like new words, or like those of fallen stories, among all that is known.

    Texts are read where signatures say that two may be alike, and only there.
    """
    from listening_etl.duplicates import forest as strongest
    from listening_etl.duplicates import new_pairs

    def texts(words: pl.Series) -> pl.DataFrame:
        return stories.texts(connection, topic, words).rename({"words_hash": "id"})

    again = pl.col("words_hash").is_in(fallen.implode())
    anew = pl.concat([new, known.filter(again)])
    if anew.is_empty():
        return forest
    anew, rest = (words.with_columns(id="words_hash") for words in (anew, known.filter(~again)))
    return strongest(pl.concat([forest, new_pairs(anew, rest, texts).select(forest.columns)]))


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
