"""A head: a Flair TextClassifier on the shared encoding, with the card that says what it may be used for."""

from __future__ import annotations

import functools
import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from listening_etl.encoding.encoder import Encoder
from listening_etl.encoding.folders import encoder_folder
from listening_etl.errors import PluginError

if TYPE_CHECKING:
    from flair.models import TextClassifier
    from numpy.typing import NDArray

NOT_OURS = {"<unk>", "O"}  # entries of Flair's dictionaries that are no labels


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What `card.json` says of a head, for machines; README.md beside it says it to people.

    `languages`: ISO 639-1 codes in which it was measured and may judge. `abstaining_costs`: what an abstention
    costs where a wrong label costs 1; the threshold follows from it. `encoder`: version of the encoder under it.
    """

    measure: str
    languages: frozenset[str]
    encoder: str
    abstaining_costs: float = 0.5

    @property
    def threshold(self) -> float:
        """Least calibrated confidence at which a label costs less than an abstention."""
        return 1 - self.abstaining_costs


class Head:
    """Judges encodings: the probability of each label, calibrated (the temperature is in the weights)."""

    def __init__(self, model: TextClassifier, card: Card, version: str):
        self.model = model
        self.card = card
        self.version = f"{version}+{card.encoder}"
        items = model.label_dictionary.get_items()
        self.columns = [index for index, name in enumerate(items) if name not in NOT_OURS]
        self.labels = tuple(items[index] for index in self.columns)
        self.weights = model.decoder.weight.detach().numpy()[self.columns]
        self.bias = model.decoder.bias.detach().numpy()[self.columns]

    @staticmethod
    def load(folder: Path) -> Head:
        """The head of a folder with `model.pt` and `card.json`; stays in memory. Raises `PluginError`."""
        return _load(folder.resolve())

    def probabilities(self, encodings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of each of `labels`, [texts, labels]; as Flair's own `predict` says, without its loop."""
        logits = encodings.astype(np.float64) @ self.weights.T.astype(np.float64) + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares


def read_card(folder: Path) -> Card:
    """The card of a head. Raises `PluginError` where there is none, or one that cannot be read."""
    try:
        return msgspec.json.decode((folder / "card.json").read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        what = f"the card of {str(folder)!r} cannot be read: {error}"
        raise PluginError(
            what, where="option 'model'", do="Name a folder with model.pt and card.json."
        ) from error


def flair_model(name: Path | str) -> TextClassifier:
    """A Flair classifier from a file, or by the name under which Flair downloads it; it may rest on our encoder.

    A file is a pickle, which can run code when it is loaded: load only what you trust. Raises what Flair raises.
    """
    from flair.models import TextClassifier

    import listening_etl.encoding.embedding  # noqa: F401  Flair has to know the class

    logging.getLogger("flair").setLevel(logging.ERROR)
    return TextClassifier.load(name)


@functools.cache
def version_of(folder: Path) -> str:
    """First 12 hexadecimal digits of the SHA-256 of the head's weights."""
    return hashlib.sha256((folder / "model.pt").read_bytes()).hexdigest()[:12]


@functools.cache
def _load(folder: Path) -> Head:
    card = read_card(folder)
    model: Any = flair_model(folder / "model.pt")
    ours = Encoder.load(encoder_folder()).version
    if {card.encoder, model.embeddings.encoder.version} != {ours}:
        raise PluginError(
            f"{str(folder)!r} was trained on encoder {card.encoder}, and this one is {ours}",
            where="option 'model'",
            do="Train the head again on this encoder: models/recipe/README.md says how.",
        )
    return Head(model, card, version_of(folder))
