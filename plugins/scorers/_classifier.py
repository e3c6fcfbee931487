"""What classifiers of other people's have in common: options, translation of labels, each text judged once."""

import numpy as np
from pydantic import Field

from listening_etl import Options, PluginError, said

from ._judgement import Judgement, spoken

UNASKED = {"life_event": "other"}
"""What nobody stated a purpose for, and as what it counts: of life events only our own head of intent may tell."""


class ClassifierOptions(Options):
    """Which model judges, and what."""

    model: str = Field(description="a folder, a file, or a name under which the library downloads it")
    labels: dict[str, str] | None = Field(
        None, description="the model's label: ours; null: the card's beside it, else as they are"
    )
    languages: frozenset[str] | None = Field(
        None, description="ISO 639-1 codes judged; null: the card's, and without a card any"
    )
    batch_size: int = Field(
        1, ge=1, description="texts judged at once; above 1 the last digits depend on what else is there"
    )
    threshold: float = Field(0.0, ge=0, le=1, description="least confidence with which a label is given")


class Classifier(Judgement):
    """Judges texts by `probabilities` of a model of any kind; each different text once."""

    options_type = ClassifierOptions
    version = "1"

    def score(self, mentions, options):
        """`label`, `confidence` (of it), `value` where the scale has an order, `detail`: all probabilities."""
        texts, languages = (
            said(mentions),
            spoken(mentions, options.languages or self.card(options).get("languages")),
        )
        texts = texts.zip_with(languages, texts.clear(len(texts)))
        once = texts.drop_nulls().unique(maintain_order=True)
        read = texts.is_not_null()
        if once.is_empty():
            return self.answers(read, (), np.empty((0, 0)), languages, options.threshold)
        labels, shares = self.translated(*self.probabilities(once.to_list(), options), options)
        rows = texts.filter(read).replace_strict(once, np.arange(len(once)))
        return self.answers(read, labels, shares[rows.to_numpy()], languages, options.threshold)

    def card(self, options):
        """What is known of the model without loading it: perhaps `labels` and `languages`."""
        return {}

    def translated(self, theirs, shares, options):
        """Our labels, and the probability of each; several of the model's may be one of ours."""
        given = options.labels or self.card(options).get("labels") or {}
        ours = {name: given.get(name, name) for name in theirs}
        ours = {name: UNASKED.get(label, label) for name, label in ours.items()}
        wrong = [f"{name!r} -> {label!r}" for name, label in ours.items() if label not in self.scale.names]
        if wrong:
            raise PluginError(
                f"labels of the model that are none of {', '.join(self.scale.names)}: {', '.join(wrong)}",
                where=f"scorer '{self.name}', option 'labels'",
                do="Map each of them, for example 'labels: {POS: positive}'.",
            )
        adds = np.array([[ours[name] == label for label in self.scale.names] for name in theirs], dtype=float)
        return self.scale.names, shares @ adds
