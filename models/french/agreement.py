"""How well two readings of the same texts agree: raw share, and Krippendorff's alpha for nominal labels.

    python models/french/agreement.py [--second FILE] [--columns sentiment intent]

The first reading is `sheet.tsv`; `FILE` (`second_reader.tsv` unless said) holds set, key, sha and the columns to
compare.
Alpha = 1 - disagreement seen / disagreement expected of labels dealt out at random; 1 is perfect, 0 is chance.
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent


def read(file):
    """The rows of a sheet by what identifies a text."""
    with Path(file).open(encoding="utf-8", newline="") as lines:
        return {(row["set"], row["key"], row["sha"]): row for row in csv.DictReader(lines, delimiter="\t")}


def alpha(pairs):
    """Krippendorff's alpha of two readers without gaps; None where only one label was ever used."""
    values = Counter(label for pair in pairs for label in pair)
    total = sum(values.values())
    seen = sum(a != b for a, b in pairs) / len(pairs)
    expected = 1 - sum(count * (count - 1) for count in values.values()) / (total * (total - 1))
    return 1 - seen / expected if expected else None


def main():
    """Print one row for each column."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--second", type=Path, default=HERE / "second_reader.tsv")
    arguments.add_argument("--columns", nargs="+", default=["sentiment", "intent"])
    given = arguments.parse_args()
    first, second = read(HERE / "sheet.tsv"), read(given.second)
    print("| column | texts | same label | alpha |\n|---|--:|--:|--:|")
    for column in given.columns:
        pairs = [(first[key][column], row[column]) for key, row in second.items()]
        same, value = sum(a == b for a, b in pairs), alpha(pairs)
        print(
            f"| {column} | {len(pairs)} | {same / len(pairs):.3f} | {'-' if value is None else f'{value:.3f}'} |"
        )
        for pair, count in sorted(Counter(pair for pair in pairs if pair[0] != pair[1]).items()):
            print(f"first {pair[0]}, second {pair[1]}: {count}")


if __name__ == "__main__":
    main()
