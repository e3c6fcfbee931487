"""The measures that we ship: small heads on the encoding that a mention is read into once."""

from pathlib import Path

import numpy as np
from pydantic import Field

from listening_etl import Head, Options, hookimpl, models_folder, read_card

from ._judgement import SCALES, Judgement, spoken


class HeadOptions(Options):
    """Which head judges, in which languages, and how sure it has to be."""

    model: Path | None = Field(None, description="folder with model.pt and card.json; null: the shipped one")
    languages: frozenset[str] | None = Field(
        None, description="ISO 639-1 codes judged; null: those of the card"
    )
    abstaining_costs: float | None = Field(
        None,
        ge=0,
        le=1,
        description="what an abstention costs where a wrong label costs 1: a label is given from a confidence of "
        "1 less this; null: the card's",
    )


class IntentOptions(HeadOptions):
    """Which head judges, and whether it may tell events in a person's life."""

    life_events: str | None = Field(
        None,
        min_length=20,
        description="why life events (a birth, a wedding, a move) may be recognised, in a sentence; null: they are "
        "not, and count as other",
    )


class HeadScorer(Judgement):
    """Judges by a small classifier on the shared encoding, with calibrated confidence.

    Abstains (null) where there is nothing to read, where the language is unknown or none of the card's, and where
    an error would cost more than silence. `detail` has the probability of every label, of abstentions too. What
    each head was trained on, how well it judges each language, and what it gets wrong: models/<measure>/README.md.
    """

    options_type = HeadOptions
    version = "1"
    needs = ("encoding",)

    @property
    def name(self):
        """Like its measure: `sentiment: {}` in the settings means this one."""
        return self.measure

    def folder(self, options):
        """The head's folder."""
        return options.model or models_folder(self.measure)

    def model_version(self, options):
        """Of the head and of the encoder under it."""
        return Head.load(self.folder(options)).version

    def score(self, mentions, options):
        """`label`, `confidence` (of it), `value` where the scale has an order, `detail`: all probabilities."""
        read, card = mentions["encoding"].is_not_null(), read_card(self.folder(options))
        languages = spoken(mentions, options.languages or card.languages)
        costs = card.abstaining_costs if options.abstaining_costs is None else options.abstaining_costs
        if not read.any():
            return self.answers(read, (), np.empty((0, 0)), languages, 1 - costs)
        head = Head.load(self.folder(options))
        shares = head.probabilities(mentions["encoding"].filter(read).to_numpy())
        shares = self.permitted(shares, head.labels, options)
        return self.answers(read, head.labels, shares, languages, 1 - costs)

    def permitted(self, shares, labels, options):
        """Probabilities of what may be told."""
        return shares


class IntentScorer(HeadScorer):
    """What a mention wants: complaint, question or call for help, praise, suggestion, purchase or switching, a life
    event, news, other. Judged, and silent, as the other heads are.

    A life event says more of a person than of a brand: it is told only where `life_events` states a purpose.
    """

    options_type = IntentOptions

    def permitted(self, shares, labels, options):
        """Without a purpose a life event is one of the other things that people say."""
        if options.life_events is None and "life_event" in labels:
            event, other = labels.index("life_event"), labels.index("other")
            shares[:, other] += shares[:, event]
            shares[:, event] = 0.0
        return shares


@hookimpl
def listening_scorers():
    """A scorer for each head in `models/`."""
    shipped = [measure for measure in SCALES if (models_folder(measure) / "card.json").is_file()]
    return [(IntentScorer if measure == "intent" else HeadScorer)(measure) for measure in shipped]
