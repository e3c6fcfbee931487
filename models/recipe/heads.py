"""Write tuned heads as Flair classifiers, calibrated, each with a card."""

import json

import numpy as np
import torch

from models.recipe.data import CLASSES

STEPS = np.geomspace(0.25, 4, 200)
"""Temperatures that are tried."""


def temperature(logits, labels):
    """The one number by which logits are divided so that, on these texts, confidence is what it says."""
    losses = [-np.log(softmax(logits / step)[np.arange(len(labels)), labels]).mean() for step in STEPS]
    return float(STEPS[int(np.argmin(losses))])


def softmax(logits):
    """Probabilities of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def write(measure, weight, bias, heat, folder, card):
    """`model.pt`, which Flair loads, with the temperature in its weights; and `card.json`."""
    from flair.data import Dictionary
    from flair.models import TextClassifier

    from listening_etl.encoding.embedding import SharedEncoding

    names = Dictionary(add_unk=False)
    for name in CLASSES[measure]:
        names.add_item(name)
    model = TextClassifier(SharedEncoding(), label_type=measure, label_dictionary=names)
    with torch.no_grad():
        model.decoder.weight.copy_(torch.from_numpy(weight / heat))
        model.decoder.bias.copy_(torch.from_numpy(bias / heat))
    folder.mkdir(parents=True, exist_ok=True)
    model.save(str(folder / "model.pt"))
    (folder / "card.json").write_text(json.dumps({"measure": measure, **card}, indent=2) + "\n", "utf-8")
