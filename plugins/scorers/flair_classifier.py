"""Sentiment by any Flair TextClassifier: the shipped one, your own, or one that Flair knows by name.

Flair's files are pickles, and a pickle can run code when it is loaded: load only models that you trust.
"""

import contextlib
import functools
import hashlib
import logging
from collections import defaultdict
from pathlib import Path
from pickle import PickleError

import orjson
import polars as pl
from pydantic import Field

from listening_etl import Labels, Options, PluginError, hookimpl

WHERE = "scorer 'flair', option 'model'"
NOT_OURS = {"<unk>", "O"}  # entries of Flair's dictionaries that are no labels
ANSWER = {"label": pl.String, "value": pl.Float64, "confidence": pl.Float64}
NO_MODEL = (OSError, EOFError, RuntimeError, LookupError, TypeError, AttributeError, ImportError, PickleError)


class FlairOptions(Options):
    """Which model judges, and what."""

    model: str = Field(description="folder with model.pt and perhaps card.json, a file, or a Flair name")
    labels: dict[str, str] | None = Field(
        None, description="the model's label: ours; else the card's, and without a card as they are"
    )
    languages: frozenset[str] | None = Field(
        None, description="ISO 639-1 codes judged; else the card's, and without a card any"
    )
    batch_size: int = Field(64, description="texts judged at once")
    threshold: float = Field(0.0, description="least confidence with which a text counts as judged")


class FlairSentiment:
    """Sentiment by a Flair text classifier; null where the text is missing or blank, its language is unknown
    or none of the model's, or the model is not sure enough. A Flair name is downloaded on first use."""

    name = "flair"
    measure = "sentiment"
    scale = Labels("negative", "neutral", "positive")
    version = "1"
    languages = None  # the model's card decides
    options_type = FlairOptions

    def model_version(self, options):
        """First 12 hexadecimal digits of the file's SHA-256; for a Flair name, the name."""
        file, _ = locate(options.model)
        return digest(file) if file else options.model

    def score(self, mentions, options):
        """`label`, `value` = p(positive) - p(negative), `confidence` = p(label); all null: not judged."""
        file, card = locate(options.model)
        languages = options.languages or card.get("languages")
        text, lang = pl.col("text").cast(pl.String), pl.col("lang").cast(pl.String)
        spoken = lang.is_in(sorted(languages)) if languages else lang.is_not_null()
        asked = mentions.select(text=pl.when(spoken, text.str.contains(r"\S")).then(text))
        texts = asked["text"].drop_nulls().unique(maintain_order=True)
        rows = self.predict(texts.to_list(), file, card, options) if len(texts) else []
        answers = pl.DataFrame(rows, schema=ANSWER, orient="row").insert_column(0, texts)
        return asked.join(answers, on="text", how="left", maintain_order="left").select(*ANSWER)

    def predict(self, texts, file, card, options):
        """One (label, value, confidence) a text; Nones where the model has no answer or is not sure."""
        from flair.data import Sentence
        from flair.embeddings import DocumentTFIDFEmbeddings

        model = load(file or options.model)
        ours = self.translate(model, options.labels or card.get("labels") or {})
        # TF-IDF reads the text as it is: cutting it into tokens would only cost time.
        whole = isinstance(model.embeddings, DocumentTFIDFEmbeddings)
        sentences = [Sentence([text] if whole else text) for text in texts]
        with torch_threads(1 if whole else None):
            size = options.batch_size
            model.predict(sentences, mini_batch_size=size, return_probabilities_for_all_classes=True)
        rows = []
        for sentence in sentences:  # Flair answers with objects, not with columns
            p = defaultdict(float)
            for found in sentence.get_labels(model.label_type):
                if found.value in ours:
                    p[ours[found.value]] += found.score
            label = max(p, key=p.get, default=None)
            sure = label is not None and p[label] >= options.threshold
            answer = (label, p["positive"] - p["negative"], p[label])
            rows.append(answer if sure else (None, None, None))
        return rows

    def translate(self, model, given):
        """The model's labels, each with ours; several of the model's may be one of ours."""
        names = (name for name in model.label_dictionary.get_items() if name not in NOT_OURS)
        ours = {name: given.get(name, name) for name in names}
        wrong = [f"{name!r} -> {label!r}" for name, label in ours.items() if label not in self.scale.names]
        if wrong:
            raise PluginError(
                f"labels of the model that are none of {', '.join(self.scale.names)}: {', '.join(wrong)}",
                where="scorer 'flair', option 'labels'",
                do="Map each of them, for example 'labels: {POS: positive}'.",
            )
        return ours


def locate(model):
    """The model's file (None: a Flair name) and its card (empty: it has none)."""
    path = Path(model)
    file = path / "model.pt" if path.is_dir() else path
    if file.is_file():
        card = file.with_name("card.json")
        return file.resolve(), orjson.loads(card.read_bytes()) if card.is_file() else {}
    if path.is_dir() or path.suffix or len(path.parts) > 1:
        do = "Give a folder with a model.pt, a file, or a name that Flair knows."
        raise PluginError(f"there is no file {str(file)!r}", where=WHERE, do=do)
    return None, {}


@functools.cache
def digest(file):
    """Twelve hexadecimal digits that name the weights."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:12]


@contextlib.contextmanager
def torch_threads(count):
    """Torch with that many threads (None: as it is). On so little work they wait for each other: on a busy
    machine several threads were five to ten times slower than one."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@functools.cache
def load(model):
    """The model, kept in memory."""
    from flair.models import TextClassifier

    logging.getLogger("flair").setLevel(logging.ERROR)
    try:
        return TextClassifier.load(model)
    except NO_MODEL as error:
        what = f"{str(model)!r} cannot be loaded as a Flair TextClassifier: {error}"
        raise PluginError(what, where=WHERE, do="Give a file that `TextClassifier.save` wrote.") from error


@hookimpl
def listening_scorers():
    """Sentiment by Flair."""
    return [FlairSentiment()]
