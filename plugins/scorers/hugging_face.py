"""Any measure by any sequence classifier in the format of Hugging Face's transformers."""

import functools
import hashlib
import logging
from pathlib import Path

import numpy as np
from pydantic import Field

from listening_etl import PluginError, hookimpl

from ._classifier import Classifier, ClassifierOptions
from ._judgement import SCALES

LONGEST = 128  # pieces of a text that are read
ONE_OF_SEVERAL = "single_label_classification"
WHERE = "scorer 'hugging_face', option 'model'"


class HuggingFaceOptions(ClassifierOptions):
    """Which model judges, and what."""

    download: bool = Field(False, description="whether a model that is not on this machine may be downloaded")


class HuggingFaceScorer(Classifier):
    """Judges by a Hugging Face sequence classifier: a folder, or a name such as
    `cardiffnlp/twitter-xlm-roberta-base-sentiment`, which has to be on this machine unless `download` is set.

    Null where there is nothing to read, where the language is unknown or none of `languages`, and where the model
    is not sure enough. Large models are slow on a processor: the shipped heads judge many texts in the time of one.
    """

    name = "hugging_face"
    options_type = HuggingFaceOptions

    def model_version(self, options):
        """Twelve hexadecimal digits: of the weights' SHA-256, or the commit that was downloaded."""
        return revision(options.model, options.download)

    def probabilities(self, texts, options):
        """The model's labels, and the probability of each, [texts, labels]."""
        import torch

        model, tokenizer = load(options.model, options.download)
        labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
        shares = np.zeros((len(texts), len(labels)))
        order = np.argsort([len(text) for text in texts], kind="stable")  # texts of a length share a batch
        with torch.inference_mode():
            for start in range(0, len(texts), options.batch_size):
                rows = order[start : start + options.batch_size]
                batch = tokenizer(
                    [texts[row] for row in rows],
                    padding=True,
                    truncation=True,
                    max_length=LONGEST,
                    return_tensors="pt",
                )
                shares[rows] = torch.softmax(model(**batch).logits.double(), dim=-1).numpy()
        return labels, shares


@functools.cache
def load(name, download):
    """Model and tokenizer, kept in memory."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    logging.getLogger("transformers").setLevel(logging.ERROR)
    here = {"local_files_only": not download}
    try:
        model = AutoModelForSequenceClassification.from_pretrained(name, **here).eval()
        tokenizer = AutoTokenizer.from_pretrained(name, **here)
    except (OSError, ValueError) as error:
        raise PluginError(
            f"{name!r} cannot be loaded as a sequence classifier: {str(error).splitlines()[0]}",
            where=WHERE,
            do="Give a folder with config.json, weights and tokenizer, or set 'download: true' for a name.",
        ) from error
    if model.config.problem_type not in (None, ONE_OF_SEVERAL) or model.config.num_labels < 2:
        what = f"{name!r} does not choose one of several labels ({model.config.num_labels}, {model.config.problem_type})"
        raise PluginError(
            what, where=WHERE, do="Give one that does: each label here would take from the others."
        )
    return model, tokenizer


@functools.cache
def revision(name, download):
    """The commit of a downloaded model, else a digest of the weights in the folder, which may be large: read once."""
    commit = getattr(load(name, download)[0].config, "_commit_hash", None)
    if commit:
        return commit[:12]
    known, folder = hashlib.sha256(), Path(name)
    for file in sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin")):
        with file.open("rb") as weights:
            known.update(hashlib.file_digest(weights, "sha256").digest())
    return known.hexdigest()[:12]


@hookimpl
def listening_scorers():
    """Every measure by Hugging Face's models."""
    return [HuggingFaceScorer(measure) for measure in SCALES]
