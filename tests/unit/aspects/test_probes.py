"""How well mixed opinions are told apart, by the shipped model; `python -m benchmarks.aspects` prints the whole."""

from pathlib import Path

import polars as pl

from benchmarks.aspects import BRAND, LABELS, found, probes, readings, report

CARD = Path(__file__).parents[3] / "models" / "encoder" / "card.json"


def test_every_probe_names_what_it_is_labelled_with():
    said = probes()
    assert said["row"].n_unique() == 60
    assert set(said["label"]) <= set(LABELS)
    missed = said.join(found(said), on=["row", "aspect"], how="anti")
    assert missed.is_empty()


def test_what_differs_is_cut_apart_but_for_four_known_sentences():
    said = probes().join(found(probes()), on=["row", "aspect"])
    together = said.group_by("row", "clause_start").agg(pl.col("label").n_unique(), "clause")
    assert (
        together.filter(pl.col("label") > 1).height <= 4
    )  # "la livraison une catastrophe": the verb is left out


def test_a_clause_is_read_in_each_way():
    rows = pl.DataFrame(
        {"row": [0], "text": ["Bon prix, mais lent."], "clause_start": [10], "clause": ["mais lent."]}
    )
    others = pl.DataFrame({"row": [0, 0], "clause_start": [0, 10], "clause_end": [9, 20]})
    assert list(readings(rows, others).values()) == [
        ["mais lent."],
        [f"{BRAND} : mais lent."],
        ["mais lent."],
        ["Bon prix, mais lent."],
    ]


def test_the_clause_alone_tells_more_than_the_whole_text():
    from benchmarks.aspects import shipped

    accuracy = {(row["read"], row["lang"]): row for row in report(shipped()).iter_rows(named=True)}
    alone, whole = accuracy["the clause alone", "both"], accuracy["the whole text", "both"]
    assert alone["low"] > whole["high"]
