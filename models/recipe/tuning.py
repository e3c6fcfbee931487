"""Tune the encoder on several tasks at once; its word pieces stay as they are, so they keep their four bits."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from models.recipe.data import CLASSES, Examples

WIDTH = 384
LONGEST = 64  # pieces of a training text
BATCH = 32
BUCKET = 40  # batches among which texts are sorted by length
DECAY = 0.9  # of the learning rate from each layer to the one below
HEADS_LEARN = 10  # times as fast as the uppermost layer
SMOOTHING = 0.1  # of the labels
WARM = 0.06  # share of the steps in which the rate rises; then it falls to nought
PLAIN = "plain"  # texts without labels


def plain(texts):
    """Texts as examples without labels."""
    return Examples(PLAIN, texts, np.zeros(len(texts)))


@dataclass(frozen=True)
class Stage:
    """One pass: how fast, how often each task's examples come (0.5: half of them), and how slowly the average
    of the weights, which is what is kept, follows."""

    rate: float
    repeats: dict[str, float] = field(default_factory=dict)
    average: float = 0.999
    meaning: bool = False  # whether the sentence's direction in the base encoder is learned beside the tasks


class Network(nn.Module):
    """The encoder, a head for every task, and a projection onto the base encoder's sentence vectors."""

    def __init__(self, bert):
        super().__init__()
        self.bert, self.drop = bert, nn.Dropout(0.1)
        self.heads = nn.ModuleDict({task: nn.Linear(WIDTH, len(names)) for task, names in CLASSES.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        self.meaning = nn.Linear(WIDTH, WIDTH, bias=False)
        nn.init.eye_(self.meaning.weight)
        bert.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, pieces, mask):
        """The mean of the last layer over a text's pieces, [texts, width]."""
        hidden = self.bert(input_ids=pieces, attention_mask=mask).last_hidden_state
        there = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * there).sum(1).float() / there.sum(1).float()

    def groups(self, rate):
        """Parameters with their learning rate, each layer's lower than that of the one above."""
        depth, found = len(self.bert.encoder.layer), {}
        for name, weight in self.named_parameters():
            if weight.requires_grad:
                inside = name.startswith("bert.")
                layer = int(name.split("layer.")[1].split(".")[0]) if ".layer." in name else -1
                scale = DECAY ** (depth - 1 - layer) if inside else HEADS_LEARN
                found.setdefault((scale, 0.01 if weight.ndim > 1 else 0.0), []).append(weight)
        return [{"params": w, "lr": rate * s, "weight_decay": d} for (s, d), w in found.items()]


class Average:
    """The running average of a network's weights."""

    def __init__(self, network, pace):
        self.network, self.pace, self.steps = network, pace, 0
        self.kept = {name: value.detach().clone() for name, value in self._moving()}

    def _moving(self):
        frozen = "word_embeddings"
        return [
            (n, v) for n, v in self.network.state_dict().items() if v.is_floating_point() and frozen not in n
        ]

    @torch.no_grad()
    def step(self):
        """Take the present weights in; early on faster."""
        self.steps += 1
        pace = min(self.pace, (1 + self.steps) / (10 + self.steps))
        for name, value in self._moving():
            self.kept[name].lerp_(value, 1 - pace)

    def restore(self):
        """Put the average in the place of the present weights."""
        self.network.load_state_dict(self.kept, strict=False)


@dataclass
class Pool:
    """Everything that is learned from: cut texts, tasks, labels, and the base encoder's vector where one is known."""

    pieces: list
    tasks: list
    labels: list
    meanings: list

    @staticmethod
    def of(sets, tokenizer, meanings):
        """From lists of `Examples`; `meanings`: text to vector of length 1."""
        pool = Pool([], [], [], [])
        tokenizer.enable_truncation(LONGEST)
        for examples in sets:
            pool.pieces += [found.ids for found in tokenizer.encode_batch(examples.texts)]
            pool.tasks += [examples.task] * len(examples.texts)
            pool.labels += list(examples.labels)
            pool.meanings += [meanings.get(text) for text in examples.texts]
        return pool

    def order(self, repeats, rng):
        """Row numbers, each task's as often as `repeats` says (once where it says nothing)."""
        found = []
        for task in dict.fromkeys(self.tasks):
            rows = np.array([row for row, name in enumerate(self.tasks) if name == task])
            left = repeats.get(task, 1.0)
            while left > 0:
                found.append(rows if left >= 1 else rng.permutation(rows)[: int(left * len(rows))])
                left -= 1
        return np.concatenate(found)


def tune(network, pool, stage, seed=0, log=print):
    """One pass over the pool; the network ends with the averaged weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    order = pool.order(stage.repeats, rng)
    steps = -(-len(order) // BATCH)
    optimizer = torch.optim.AdamW(network.groups(stage.rate), betas=(0.9, 0.98), eps=1e-6)
    warm = max(1, int(WARM * steps))
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, step / warm) * max(0.0, (steps - step) / max(1, steps - warm))
    )
    average, started, seen = Average(network, stage.average), time.perf_counter(), 0
    network.train()
    for step, rows in enumerate(batches(pool, order, rng)):
        loss = loss_of(network, pool, rows, stage.meaning)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        rates.step()
        average.step()
        seen += len(rows)
        if step % 200 == 0:
            log(
                f"step {step} of {steps}: loss {loss.item():.3f}, {seen / (time.perf_counter() - started):.0f} texts/s"
            )
    average.restore()
    return network


def batches(pool, order, rng):
    """Rows in batches of texts of about one length."""
    lengths, shuffled = [len(pieces) for pieces in pool.pieces], order[rng.permutation(len(order))]
    found = []
    for start in range(0, len(shuffled), BATCH * BUCKET):
        bucket = sorted(shuffled[start : start + BATCH * BUCKET], key=lengths.__getitem__)
        found += [bucket[at : at + BATCH] for at in range(0, len(bucket), BATCH)]
    return [found[number] for number in rng.permutation(len(found))]


def loss_of(network, pool, rows, meaning):
    """Mean loss of a batch of mixed tasks."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        vectors = network(*padded([pool.pieces[row] for row in rows]))
    vectors, total = network.drop(vectors), 0.0
    for task in {pool.tasks[row] for row in rows} - {PLAIN}:
        at = [place for place, row in enumerate(rows) if pool.tasks[row] == task]
        logits = network.heads[task](vectors[at])
        labels = torch.from_numpy(np.array([pool.labels[rows[place]] for place in at]))
        if labels.ndim > 1:  # several labels a text: twice the mean over labels weighs like the others
            total = (
                total + 2 * F.binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(1).sum()
            )
        else:
            total = total + F.cross_entropy(logits, labels, label_smoothing=SMOOTHING, reduction="sum")
    at = [place for place, row in enumerate(rows) if meaning and pool.meanings[row] is not None]
    if at:
        wanted = torch.from_numpy(np.stack([pool.meanings[rows[place]] for place in at]))
        total = total + (1 - F.cosine_similarity(network.meaning(vectors[at]), wanted)).sum()
    return total / len(rows)


def padded(pieces):
    """Piece numbers and mask, [texts, longest]."""
    longest = max(map(len, pieces))
    numbers = torch.ones(len(pieces), longest, dtype=torch.long)
    mask = torch.zeros_like(numbers)
    for row, text in enumerate(pieces):
        numbers[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return numbers, mask


def load_base(folder):
    """The base encoder's BERT, and its word pieces as nibbles and scales, from its packed form."""
    from transformers import BertConfig, BertModel

    stored = np.load(Path(folder) / "weights.npz")
    state = {}
    for key in stored.files:
        name, _, part = key.partition(":")
        if part == "nibbles":
            low, high = stored[key] & 15, stored[key] >> 4
            blocks = np.concatenate([low, high], axis=-1).astype(np.float32) - 8
            scaled = blocks * stored[f"{name}:scales"][..., None].astype(np.float32)
            state[name] = torch.from_numpy(scaled.reshape(len(low), -1))
        elif not part:
            state[name] = torch.from_numpy(stored[key].copy())
    bert = BertModel(BertConfig.from_json_file(Path(folder) / "config.json"), add_pooling_layer=False)
    bert.load_state_dict(state)
    words = "embeddings.word_embeddings.weight"
    return bert, (stored[f"{words}:nibbles"], stored[f"{words}:scales"])
