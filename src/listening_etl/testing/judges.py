"""What filters and scorers promise, one test each."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from listening_etl.errors import PluginError
from listening_etl.model import Labels, Mention, Range
from listening_etl.testing.verdict import broken, few

if TYPE_CHECKING:
    import polars as pl

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
ODD: tuple[str | None, ...] = (
    None,
    "",
    " ",
    "☕🔥",
    "L'été, c'est l'été !",
    "RT @torreo: https://t.example/x",
    "mot " * 500,
)
"""Texts that people write, or do not, and that a plugin must survive."""
ANSWER = ("label", "value", "confidence", "detail")
TOLERANCE = 1e-6
"""Sums of floats depend on their order, and a model's on the batch."""


class JudgeCase:
    """What filters and scorers have in common: a batch goes in, one answer a row comes out."""

    plugin: Any
    options: Mapping[str, Any] = {}
    language: str | None = "fr"
    mentions: Any = ()
    method = ""

    def read_options(self) -> Any:
        """The options as the plugin gets them."""
        kind = self.plugin.options_type
        return self.options if isinstance(self.options, kind) else kind(**self.options)

    def given(self) -> Sequence[str | Mention | None]:
        """The texts and mentions that the test names, `mentions` among them."""
        return list(self.mentions)

    def batch(self) -> pl.DataFrame:
        """All that the test names, and odd texts besides; a frame given as `mentions` is taken as it is."""
        import polars as pl

        if isinstance(self.mentions, pl.DataFrame):
            return self.mentions
        return frame_of([*self.given(), *ODD], self.language)

    def answer(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What the plugin answers to a batch, as columns."""
        raise NotImplementedError

    def read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with the encoding, if the plugin `needs` it."""
        from listening_etl.pipeline.encodings import encode, wanted

        return encode(frame) if wanted([self.plugin]) else frame

    def compare(self, wanted: pl.DataFrame, got: pl.DataFrame, when: str, do: str) -> None:
        """Fail where two answers differ by more than rounding."""
        __tracebackhide__ = True
        batch = self.batch()
        if not wanted.height == got.height == batch.height:
            return  # another promise says so
        for row, (one, other) in enumerate(zip(wanted.iter_rows(), got.iter_rows(), strict=True)):
            if not all(map(alike, one, other)):
                which = f"{batch['text'][row]!r:.80}" if "text" in batch.columns else f"row {row}"
                broken(self.plugin, self.method, f"answers {one} for {which}, and {other} {when}", do)

    def test_one_answer_a_row(self) -> None:
        """A batch gets as many answers as it has rows, of the type that was promised."""
        __tracebackhide__ = True
        batch = self.batch()
        answer = self.answer(batch)
        if answer.height != batch.height:
            broken(
                self.plugin,
                self.method,
                f"answers {answer.height} rows for {batch.height}",
                "Answer every row, null where there is nothing to say.",
            )

    def test_an_empty_batch_gets_an_empty_answer(self) -> None:
        """A batch without rows is no error."""
        __tracebackhide__ = True
        height = self.answer(self.batch().clear()).height
        if height:
            broken(self.plugin, self.method, f"answers {height} rows for none", "Answer one value a row.")

    def test_answers_keep_the_order(self) -> None:
        """The first answer is the first row's: a batch turned round gets its answers turned round."""
        __tracebackhide__ = True
        batch = self.batch()
        turned = self.answer(batch.reverse()).reverse()
        do = "Keep the order of the rows; joins and groups lose it unless told (`maintain_order`)."
        self.compare(self.answer(batch), turned, "when the batch comes in reverse order", do)

    def test_the_same_batch_gets_the_same_answer(self) -> None:
        """Judged twice, a batch gets equal answers."""
        __tracebackhide__ = True
        batch = self.batch()
        do = "No random number, no clock, and no memory of what was judged before."
        self.compare(self.answer(batch), self.answer(batch), "the second time", do)

    def test_a_batch_is_judged_like_one_mention_at_a_time(self) -> None:
        """What else is in the batch changes no answer."""
        __tracebackhide__ = True
        if getattr(self.plugin, "scope", "mention") != "mention":
            raise SkipTest(
                f"{type(self.plugin).__name__} judges authors, who are compared: all of them are there"
            )
        import polars as pl

        batch = self.batch()
        alone = pl.concat([self.answer(batch[row]) for row in range(batch.height)], how="vertical_relaxed")
        do = "Judge each row by itself: no ranks, averages or duplicates of the batch."
        self.compare(self.answer(batch), alone, "when it is the only row", do)

    def test_it_says_what_it_does(self) -> None:
        """Name, version and docstring are there, for the catalogue and for the record of every judgement."""
        __tracebackhide__ = True
        for name in ("name", "version"):
            if not isinstance(value := getattr(self.plugin, name, None), str) or not value:
                broken(self.plugin, "", f"has {value!r} as its {name}", f'Write `{name} = "…"` in the class.')
        if not (inspect.getdoc(type(self.plugin)) or "").strip():
            broken(
                self.plugin, "", "has no docstring", "Open the class with a sentence that a user can read."
            )


class FilterContract(JudgeCase):
    """What every filter promises. Name `plugin`, `options`, and what it `keeps` and `drops`.

    These are texts or mentions; `language` is the one that texts are taken to be in.
    """

    keeps: Sequence[str | Mention | None] = ()
    drops: Sequence[str | Mention | None] = ()
    method = "keep"

    def given(self) -> Sequence[str | Mention | None]:
        """The mentions of the test."""
        return [*self.mentions, *self.keeps, *self.drops]

    def answer(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns `keep` and `why`; `why` is null where the filter does not say."""
        __tracebackhide__ = True
        import polars as pl

        answer = self.plugin.keep(self.read(frame), self.read_options())
        types = {"keep": answer.dtype} if isinstance(answer, pl.Series) else getattr(answer, "schema", {})
        fits = types.get("keep") in {pl.Boolean, pl.Null} and types.get("why", pl.Null) in {
            pl.String,
            pl.Null,
        }
        if not fits or not set(types) <= {"keep", "why"}:
            what = f"answers {dict(types) or type(answer).__name__}, neither booleans nor `keep` and `why`"
            do = "Return `mentions.select(keep=…)['keep']`, or a frame of `keep` and `why` (text)."
            broken(self.plugin, "keep", what, do)
        columns = answer.alias("keep").to_frame() if isinstance(answer, pl.Series) else answer
        why = pl.col("why").cast(pl.String) if "why" in columns.columns else pl.lit(None, pl.String)
        return columns.select(pl.col("keep").cast(pl.Boolean), why.alias("why"))

    def test_it_keeps_and_drops_what_the_test_says(self) -> None:
        """What the test keeps is kept, null included, and what it drops is dropped."""
        __tracebackhide__ = True
        if not self.keeps or not self.drops:
            broken(self.plugin, "keep", "is tried on nothing", "Name what it `keeps` and what it `drops`.")
        for rows, wanted in ((self.keeps, True), (self.drops, False)):
            kept = self.answer(frame_of(rows, self.language))["keep"].fill_null(value=True)
            if len(kept) != len(rows):
                continue  # another promise says so
            if wrong := [row for row, keep in zip(rows, kept, strict=True) if keep is not wanted]:
                broken(
                    self.plugin,
                    "keep",
                    f"{'drops' if wanted else 'keeps'} {few(wrong)}",
                    "Correct it, or the test.",
                )

    def test_the_reason_of_a_row_says_something(self) -> None:
        """Where a filter says why it dropped a row, it says it in words; null says nothing more."""
        __tracebackhide__ = True
        batch = self.batch()
        answer = self.answer(batch)
        empty = (~answer["keep"] & (answer["why"].str.strip_chars() == "")).fill_null(value=False)
        if empty.any() and answer.height == batch.height:
            texts = batch.filter(empty)["text"].to_list()
            what = f"drops {few(texts)} with an empty `why`"
            broken(self.plugin, "keep", what, "Answer null where there is nothing to add.")

    def test_the_reason_can_be_read(self) -> None:
        """Who was dropped gets a reason in words, with the values of the options filled in."""
        __tracebackhide__ = True
        reason, options = getattr(self.plugin, "reason", None), self.read_options()
        try:
            text = (
                reason.format_map({name: getattr(options, name) for name in type(options).model_fields})
                if reason
                else ""
            )
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            broken(
                self.plugin,
                "",
                f"has a reason {reason!r} that cannot be filled in ({error})",
                "Name options only.",
            )
        if not text.strip():
            broken(
                self.plugin, "", "has no reason", 'Write `reason = "shorter than {characters} characters"`.'
            )


class ScorerContract(JudgeCase):
    """What every scorer promises. Name `plugin`, `options` and what it is tried on.

    `ordered`: texts or mentions, the lowest score first. `labelled`: texts, each with its label (None: not
    judged). `mentions`: others. `language` is the one that texts are taken to be in. For a scorer of authors,
    give a frame as `mentions`. For one that `needs` other measures, `answers` says by measure and text what their
    scorers answered: label, value and confidence; to all other texts nothing.
    """

    ordered: Sequence[str | Mention] = ()
    labelled: Mapping[str, str | None] = {}
    answers: Mapping[str, Mapping[str, tuple[str | None, float | None, float | None]]] = {}
    method = "score"

    def given(self) -> Sequence[str | Mention | None]:
        """The mentions of the test."""
        return [*self.mentions, *self.ordered, *self.labelled]

    def answer(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What the plugin answers, as columns: those of `label`, `value`, `confidence`, `detail` that it gives."""
        __tracebackhide__ = True
        import polars as pl

        answer = self.plugin.score(self.told(frame), self.read_options())
        if isinstance(answer, pl.Series):
            answer = answer.alias("label" if isinstance(self.plugin.scale, Labels) else "value").to_frame()
        if not isinstance(answer, pl.DataFrame) or not set(answer.columns) & {"label", "value"}:
            columns = answer.columns if isinstance(answer, pl.DataFrame) else "no frame"
            what = f"answers a {type(answer).__name__} ({columns})"
            broken(self.plugin, "score", what, "Return a Series, or a frame with `label` and/or `value`.")
        return answer.select(name for name in ANSWER if name in answer.columns)

    def told(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with the encoding, and with what the scorers of other measures answered, if this one `needs` them."""
        import polars as pl

        from listening_etl.config import measures_needed

        frame, types = self.read(frame), {"label": pl.String, "value": pl.Float64, "confidence": pl.Float64}
        for measure in measures_needed(self.plugin):
            given = self.answers.get(measure, {})
            rows = [given.get(text, (None, None, None)) for text in frame["text"].to_list()]
            schema = {f"score_{measure}_{name}": dtype for name, dtype in types.items()}
            frame = frame.hstack(pl.DataFrame(rows, schema=schema, orient="row"))
        return frame

    def column(self, name: str, rows: Sequence[str | Mention]) -> list[Any]:
        """One column of the answer to these rows."""
        __tracebackhide__ = True
        answer = self.answer(frame_of(rows, self.language))
        if name not in answer.columns or answer.height != len(rows):
            what = f"gives {answer.height} rows of {few(answer.columns)} for {len(rows)}"
            broken(self.plugin, "score", what, f"Give a {name} a row, or take it out of the test.")
        return answer[name].to_list()

    def test_it_judges_something(self) -> None:
        """Of what the test names, at least one gets a score."""
        __tracebackhide__ = True
        answer = self.answer(self.batch())
        if all(answer[name].is_null().all() for name in ("label", "value") if name in answer.columns):
            broken(
                self.plugin,
                "score",
                "judges nothing of the batch",
                "Name `ordered`, `labelled` or `mentions`.",
            )

    def test_it_stays_on_its_scale(self) -> None:
        """Every score is on the declared scale, every confidence between 0 and 1."""
        __tracebackhide__ = True
        from listening_etl.pipeline.judging import judged

        scale, batch = self.plugin.scale, self.batch()
        if not isinstance(scale, Range | Labels):
            broken(self.plugin, "", f"has {scale!r} as its scale", "Write Range(low, high) or Labels(…).")
        try:
            answer = judged(self.plugin, self.read_options(), self.told(batch))
        except PluginError as error:
            if self.answer(batch).height == batch.height:  # else another promise says so
                broken(self.plugin, "score", f"is refused by the pipeline: {error.what}", error.do or "")
            return
        if sure := [c for c in answer["confidence"].drop_nulls() if not 0 <= c <= 1]:
            broken(self.plugin, "score", f"is {few(sure)} sure", "Give confidence as a probability, or null.")

    def test_scores_rise_as_the_test_says(self) -> None:
        """The texts of `ordered` get ever higher values."""
        __tracebackhide__ = True
        if not self.ordered:
            return
        values = self.column("value", self.ordered)
        for (text, low), (other, high) in pairwise(zip(self.ordered, values, strict=True)):
            if low is None or high is None or not low < high:
                what = f"gives {text!r:.80} {low} and {other!r:.80} {high}"
                broken(
                    self.plugin,
                    "score",
                    what,
                    "The second should be higher: correct the plugin, or `ordered`.",
                )

    def test_labels_are_what_the_test_says(self) -> None:
        """The texts of `labelled` get their labels."""
        __tracebackhide__ = True
        if not self.labelled:
            return
        labels = self.column("label", list(self.labelled))
        for (text, wanted), label in zip(self.labelled.items(), labels, strict=True):
            if label != wanted:
                what = f"takes {text!r:.80} for {label!r}, not {wanted!r}"
                broken(self.plugin, "score", what, "Correct the plugin, or `labelled`.")


def frame_of(rows: Sequence[str | Mention | None], language: str | None) -> pl.DataFrame:
    """Texts and mentions as the pipeline hands them to a plugin, found to name one brand of ours."""
    import polars as pl

    from listening_etl.frame import INSTANT, from_mentions
    from listening_etl.pipeline.normalising import normalise

    mentions = [
        row if isinstance(row, Mention) else Mention(native_id=str(number), text=row, published_at=NOON)
        for number, row in enumerate(rows)
    ]
    frame, wrong = from_mentions(mentions)
    if wrong:
        raise ValueError(f"a mention of the test cannot be a row: {few(list(wrong.values()))}")
    declared = pl.col("lang_declared").str.extract(r"^([A-Za-z]{2,3})\b", 1).str.to_lowercase()
    kinds = {"entity": pl.String, "role": pl.String, "match": pl.String, "owned": pl.Boolean}
    ours = {"entity": "torreo", "role": "own", "match": "named", "owned": False}
    return normalise(frame, SimpleNamespace(identity="contract", channel=None)).with_columns(
        pl.coalesce(declared, pl.lit(language, dtype=pl.String)).alias("lang"),
        pl.lit(None, dtype=pl.Float64).alias("lang_confidence"),
        pl.lit(NOON, dtype=INSTANT).alias("fetched_at"),
        pl.Series("matches", [[ours]] * len(mentions), dtype=pl.List(pl.Struct(kinds))),
        pl.lit(value=False).alias("context"),
    )


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are the same but for rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    return bool(one == other)
