"""How fast texts are judged by every shipped head: `python -m benchmarks.scoring`, by default 3,000 texts.

Texts are invented, 29 to 31 word pieces each. New ones are read by the encoder; repeated ones are those whose
encoding the warehouse (embedded) has. Beside them Flair's own `predict` of the sentiment head, and a Transformers
pipeline of an encoder of the same shape in single precision, both on a sample. Ratios are what to read.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.query import mentions
from listening_etl.encoding import MODELS, Encoder, encoder_folder, said
from listening_etl.frame import digests
from listening_etl.pipeline import judging
from listening_etl.pipeline.context import open_registry
from listening_etl.pipeline.encodings import as_column, encode
from listening_etl.registry import product_folders

PIECES = 30
HEADS = ("sentiment", "emotion", "irony", "offensive", "toxicity", "intent")


def texts(count: int) -> pl.DataFrame:
    """So many different texts of about 30 pieces, French and English, as mentions."""
    words = mentions(count * 8)["text"].str.split(" ").list.head(13).list.join(" ")
    some = words.unique(maintain_order=True)
    tokenizer = Encoder.load(encoder_folder()).tokenizer
    pieces = pl.Series([len(found.ids) for found in tokenizer.encode_batch_fast(some.to_list())])
    chosen = some.filter(pieces.is_between(PIECES - 1, PIECES + 1)).head(count)
    language = pl.Series("lang", ["fr"] * len(chosen))
    return pl.DataFrame(
        {"title": pl.Series([None] * len(chosen), dtype=pl.String), "text": chosen, "lang": language}
    )


def seconds(work: Callable[[], Any]) -> float:
    """How long it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def judged(frame: pl.DataFrame, measures: list[str]) -> None:
    """Every measure of a batch that has its encodings."""
    registry = open_registry(product_folders())
    for measure in measures:
        scorer = registry.scorer(measure, measure)
        judging.judged(scorer, scorer.options_type(), frame)


def repeated(frame: pl.DataFrame, measures: list[str]) -> float:
    """Texts a second whose encodings are in the warehouse: look-up and all heads."""
    from listening_etl.warehouse import encodings
    from listening_etl.warehouse.engine import socket_url, start_embedded, stop_embedded, transaction
    from listening_etl.warehouse.loading import copy
    from listening_etl.warehouse.migration import migrate

    encoder = Encoder.load(encoder_folder())
    hashes = digests(said(frame))
    vectors = [row.tobytes() for row in encoder.encode(said(frame).to_list()).astype("<f2")]
    rows = pl.DataFrame(
        {"mention_id": hashes, "content_hash": hashes, "text_hash": hashes, "vector": vectors}
    )
    with tempfile.TemporaryDirectory() as folder:
        start_embedded(Path(folder))
        try:
            url = socket_url(Path(folder))
            migrate(url)
            with transaction(url) as connection:
                copy(
                    connection,
                    "private.encoding",
                    rows.unique("text_hash").with_columns(version=pl.lit(encoder.version)),
                )

            def work() -> None:
                asked = digests(said(frame))
                with transaction(url) as connection:
                    known = encodings.known(connection, encoder.version, asked.to_list())
                found = pl.Series([known[one] for one in asked.to_list()], dtype=pl.Binary)
                judged(frame.with_columns(as_column(found, encoder.width)), measures)

            work()
            return len(frame) / min(seconds(work) for _ in range(3))
        finally:
            stop_embedded(Path(folder))


def by_flair(frame: pl.DataFrame) -> float:
    """Texts a second by Flair's own predict of one head, which reads each text itself."""
    scorer = open_registry(product_folders()).scorer("sentiment", "flair")
    options = scorer.options_type(model=str(MODELS / "sentiment"))
    judging.judged(scorer, options, frame.head(8))
    return len(frame) / seconds(lambda: judging.judged(scorer, options, frame))


def by_transformers(frame: pl.DataFrame) -> float:
    """Texts a second by a Transformers pipeline of the same shape, weights drawn at random: time does not mind."""
    import gzip

    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

    packed = gzip.decompress((encoder_folder() / "tokenizer.json.gz").read_bytes()).decode()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(packed), pad_token="<pad>", cls_token="<s>", sep_token="</s>"
    )
    shape = BertConfig(vocab_size=48_000, hidden_size=384, num_hidden_layers=12, num_attention_heads=12,
                       intermediate_size=1536, num_labels=3)  # fmt: skip
    model = BertForSequenceClassification(shape).eval()
    judge = pipeline("text-classification", model=model, tokenizer=tokenizer, batch_size=32)
    judge(frame["text"].head(8).to_list())
    return len(frame) / seconds(lambda: judge(frame["text"].to_list()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=3_000)
    parser.add_argument("--sample", type=int, default=300, help="texts that the slow ones judge")
    given = parser.parse_args()
    frame = texts(given.texts)
    measures = [measure for measure in HEADS if (MODELS / measure / "card.json").is_file()]
    encoder = Encoder.load(encoder_folder())
    pieces = [len(found.ids) for found in encoder.tokenizer.encode_batch(frame["text"].to_list())]
    judged(encode(frame.head(8)), measures)
    new = len(frame) / seconds(lambda: judged(encode(frame), measures))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sample = frame.head(given.sample)
    print(json.dumps({
        "texts": len(frame), "pieces": round(sum(pieces) / len(pieces), 1), "heads": measures,
        "new_per_second": round(new), "memory_mb": round(memory),
        "repeated_per_second": round(repeated(frame, measures)),
        "flair_one_head_per_second": round(by_flair(sample)),
        "transformers_one_head_per_second": round(by_transformers(sample)),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
