"""Any measure by any Flair TextClassifier: your own, or one that Flair knows by name.

Flair's files are pickles, and a pickle can run code when it is loaded: load only models that you trust.
"""

import contextlib
import functools
import hashlib
from pathlib import Path
from pickle import PickleError

import numpy as np
import orjson

from listening_etl import PluginError, flair_model, hookimpl

from ._classifier import Classifier
from ._judgement import SCALES

WHERE = "scorer 'flair', option 'model'"
NOT_OURS = {"<unk>", "O"}  # entries of Flair's dictionaries that are no labels
NO_MODEL = (OSError, EOFError, RuntimeError, LookupError, TypeError, AttributeError, ImportError, PickleError)


class FlairScorer(Classifier):
    """Judges by a Flair text classifier: a folder with model.pt and perhaps card.json, a file, or a name.

    Null where there is nothing to read, where the language is unknown or none of the model's, and where the model
    is not sure enough. A Flair name is downloaded on first use. For our own heads, the scorers named like their
    measure read each text once for all of them; this one reads it for itself.
    """

    name = "flair"

    def model_version(self, options):
        """First 12 hexadecimal digits of the file's SHA-256; for a Flair name, the name."""
        file, _ = locate(options.model)
        return digest(file) if file else options.model

    def card(self, options):
        """The card beside the file."""
        return locate(options.model)[1]

    def probabilities(self, texts, options):
        """The model's labels, and the probability of each, [texts, labels]."""
        from flair.data import Sentence
        from flair.embeddings import DocumentTFIDFEmbeddings

        model = load(locate(options.model)[0] or options.model)
        # TF-IDF reads the text as it is: cutting it into tokens would only cost time.
        whole = isinstance(model.embeddings, DocumentTFIDFEmbeddings)
        sentences = [Sentence([text] if whole else text) for text in texts]
        with torch_threads(1 if whole else None):
            model.predict(
                sentences, mini_batch_size=options.batch_size, return_probabilities_for_all_classes=True
            )
        labels = [name for name in model.label_dictionary.get_items() if name not in NOT_OURS]
        shares = np.zeros((len(texts), len(labels)))
        for row, sentence in enumerate(sentences):  # Flair answers with objects, not with columns
            for found in sentence.get_labels(model.label_type):
                if found.value in labels:
                    shares[row, labels.index(found.value)] = found.score
        return labels, shares


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
    try:
        found = flair_model(model)
    except NO_MODEL as error:
        what = f"{str(model)!r} cannot be loaded as a Flair TextClassifier: {error}"
        raise PluginError(what, where=WHERE, do="Give a file that `TextClassifier.save` wrote.") from error
    card = locate(str(model))[1]
    encoder = getattr(found.embeddings, "encoder", None)  # our own, if it rests on that
    if encoder is not None and card.get("encoder", encoder.version) != encoder.version:
        what = f"{str(model)!r} was trained on encoder {card['encoder']}, and this one is {encoder.version}"
        raise PluginError(what, where=WHERE, do="Train the head again: models/recipe/README.md says how.")
    if found.multi_label:
        what = f"{str(model)!r} gives several labels to a text"
        raise PluginError(what, where=WHERE, do="Give one that chooses one of several labels.")
    return found


@hookimpl
def listening_scorers():
    """Every measure by Flair."""
    return [FlairScorer(measure) for measure in SCALES]
