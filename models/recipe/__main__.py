"""Make the encoder and its heads, or measure them: `python -m models.recipe make|evaluate --data DATA`.

`make --base FOLDER` tunes the base encoder (two hours on two cores), packs it, calibrates the heads on the
validation sets and writes `models/encoder` and a folder for each measure. With `--tuned FILE` only the last three.
"""

import argparse
import copy
from pathlib import Path

import torch

from models.recipe import data, heads, measuring, packing, tuning

MODELS = data.MODELS
FIRST = tuning.Stage(rate=1e-4, repeats={"sentiment": 3}, average=0.998)
"""Sentiment alone, in every language whose labels can be learned from."""
TOGETHER = tuple(
    tuning.Stage(rate=8e-5, repeats=repeats, meaning=True)
    for repeats in (
        {"sentiment": 2, "emotion": 5, "irony": 4, "hate": 0.5, "feelings": 0.8, "intent": 4, "toxicity": 4},
        {
            "sentiment": 2, "emotion": 2.2, "irony": 2.5, "offensive": 0.7, "hate": 0.3, "feelings": 0.8,
            "intent": 3, "toxicity": 3,
        },
    )
)  # fmt: skip
"""Everything at once, in two mixtures: each has a run of its own from the beginning, and the mean of the weights is kept."""
LAST = tuning.Stage(
    rate=2e-5, average=0.99, meaning=True,
    repeats={task: 0.15 * TOGETHER[1].repeats.get(task, 1.0) for task in (*data.CLASSES, tuning.PLAIN)},
)  # fmt: skip
"""A few texts of every task, slowly: heads of two runs do not fit the mean of two encoders by themselves."""
TEXTS_FOR_MEANING = 3_000
MEASURES = {
    "sentiment": frozenset({"ar", "de", "en", "es", "fr", "it", "pt"}),
    "emotion": frozenset({"en", "fr"}),
    "irony": frozenset({"en"}),
    "offensive": frozenset({"en"}),
    "toxicity": frozenset({"fr", "en"}),
    "intent": frozenset({"fr", "en"}),
}
"""What is shipped, and the languages in which evidence supports it."""


def tuned(folder, base):
    """The mean of a run of two stages for each mixture, settled, and the base's word pieces."""
    from tokenizers import Tokenizer

    bert, pieces = tuning.load_base(base)
    tokenizer = Tokenizer.from_str(tokenizer_of(base))
    tweets, others = data.umsab(folder, "train"), learned_beside(folder)
    known = [examples for examples in tweets if examples.language not in data.UNRELIABLE]
    unlabelled = [tuning.plain(examples.texts) for examples in tweets if examples.language in data.UNRELIABLE]
    unlabelled.append(tuning.plain(data.plain_french(folder, TEXTS_FOR_MEANING)))
    compared = [text for examples in (*known, *unlabelled) for text in examples.texts]
    meanings = packing.meanings(bert, pieces, tokenizer, compared)
    pools = [tuning.Pool.of(sets, tokenizer, meanings) for sets in (known, [*known, *others, *unlabelled])]
    network = tuning.mean(run(bert, pools, stage, seed) for seed, stage in enumerate(TOGETHER))
    return tuning.tune(network, pools[1], LAST, len(TOGETHER)), pieces


def run(bert, pools, together, seed):
    """A network of its own, tuned on sentiment and then on everything."""
    torch.manual_seed(seed)
    network = tuning.Network(copy.deepcopy(bert))
    for pool, stage in zip(pools, (FIRST, together), strict=True):
        tuning.tune(network, pool, stage, seed)
    return network


def learned_beside(folder):
    """Labelled sets of the second stage, beside the tweets with a sentiment."""
    return [
        *(data.tweeteval(folder, task, "train") for task in ("emotion", "irony", "offensive", "hate")),
        data.xed(folder),
        data.xed_emotion(folder),
        *[data.invented("sentiment")] * 2,  # few, and about what tweets teach badly
        data.invented("intent"),
        data.invented("toxicity"),
    ]


def tokenizer_of(base):
    """The tokenizer's JSON."""
    import gzip

    return gzip.decompress((Path(base) / "tokenizer.json.gz").read_bytes()).decode()


def make(folder, base, saved):
    """Write everything under `models/`."""
    if saved:
        bert, pieces = tuning.load_base(base)
        network = tuning.Network(bert)
        network.load_state_dict(torch.load(saved), strict=False)
    else:
        network, pieces = tuned(folder, base)
        torch.save(network.state_dict(), "tuned.pt")
    sample = measuring.validation("sentiment", folder, data.LANGUAGES)[0][::7]
    encoder = packing.pack(network, pieces, tokenizer_of(base), MODELS / "encoder", sample)
    for measure, languages in MEASURES.items():
        head = network.heads[measure]
        weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
        texts, labels = measuring.validation(measure, folder, languages)
        logits = encoder.encode(texts) @ weight.T + bias
        card = {"languages": sorted(languages), "encoder": encoder.version, "abstaining_costs": 0.5}
        heads.write(measure, weight, bias, heads.temperature(logits, labels), MODELS / measure, card)
        print(f"{measure}: {len(texts)} validation texts")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("make", "evaluate"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, help="folder of the packed base encoder")
    parser.add_argument("--tuned", type=Path, help="network that was tuned before")
    parser.add_argument("--write", action="store_true", help="put the figures into the cards")
    given = parser.parse_args()
    if given.what == "evaluate":
        for measure in MEASURES:
            figures = measuring.report(given.data, measure)
            print(f"## {measure}\n\n{figures}\n")
            if given.write:
                measuring.write_into_card(measure, figures)
    else:
        make(given.data, given.base, given.tuned)


if __name__ == "__main__":
    main()
