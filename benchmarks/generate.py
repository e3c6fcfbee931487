"""Invented mentions as JSON Lines, the same for the same seed: `python -m benchmarks.generate --out FILE`.

Of 100 lines 15 repost an earlier text with small changes, 5 are spam, 1 is malformed, 1 is an earlier line
again with newer counts, 4 name no brand, and 4 are in Spanish; the others are French and English in equal
parts. Fifty authors write a fifth of everything. A line has 600 to 900 bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 90
BUSY_AUTHORS = 50
SPAMMERS = 20
REPOSTED_FROM = 2_000  # the latest texts, of which one is reposted

SYLLABLES = (
    "ka",
    "tor",
    "ve",
    "lio",
    "bru",
    "men",
    "sa",
    "do",
    "nar",
    "phi",
    "zel",
    "gu",
    "ri",
    "mos",
    "tem",
)

SENTENCES = {
    "fr": (
        "Ma {thing} {brand} est tombée en panne {when}, et le service client ne répond {never}.",
        "Franchement, {brand} c'est {good}, je la recommande à toute ma famille.",
        "Quelqu'un sait comment régler la {part} de la {thing} {brand} achetée à {city} ?",
        "J'hésite entre {brand} et une autre marque pour remplacer ma vieille {thing}.",
        "Livraison de la {thing} {brand} {when} comme prévu, emballage soigné, rien à redire.",
        "Déçu par {brand} : la {part} fuit déjà au bout de {number} jours, c'est {bad}.",
        "Merci à l'équipe {brand} de {city}, problème de {part} résolu en {number} minutes.",
        "Le prix de la {thing} {brand} a encore augmenté de {number} euros, c'est {bad}.",
    ),
    "en": (
        "My {brand} {thing} stopped working {when} and support {never} answered my messages.",
        "Honestly the {brand} {thing} is {good}, best thing I bought this year.",
        "Does anyone know how to fix the {part} of a {brand} {thing} bought in {city}?",
        "Thinking about swapping my old {thing} for a {brand}, is it worth the money?",
        "The {brand} {thing} arrived {when} as promised, well packed and easy to set up.",
        "So disappointed with {brand}: the {part} is leaking after {number} days, this is {bad}.",
        "Thank you {brand} team in {city}, they sorted out the {part} within {number} minutes.",
        "{brand} raised the price of this {thing} by {number} dollars again, that is {bad}.",
    ),
    "es": (
        "Mi {thing} {brand} dejó de funcionar y nadie del servicio de atención me contesta desde ayer.",
        "La verdad es que {brand} me parece una marca muy buena, la recomiendo a todos mis amigos.",
    ),
}
WORDS = {
    "fr": {
        "thing": ("machine", "cafetière", "bouilloire", "imprimante", "enceinte", "montre", "tondeuse"),
        "part": ("pompe", "vanne", "batterie", "poignée", "courroie", "cuve", "télécommande"),
        "when": ("hier soir", "ce matin", "lundi dernier", "la semaine passée", "au bout d'un mois"),
        "never": ("jamais", "pas", "plus", "toujours pas"),
        "good": ("vraiment excellent", "très pratique", "une belle surprise", "parfait pour nous"),
        "bad": ("inadmissible", "honteux", "vraiment dommage", "trop cher pour ce que c'est"),
    },
    "en": {
        "thing": ("machine", "coffee maker", "kettle", "printer", "speaker", "watch", "lawn mower"),
        "part": ("pump", "valve", "battery", "handle", "belt", "water tank", "remote control"),
        "when": ("last night", "this morning", "last Monday", "a week ago", "after one month"),
        "never": ("never", "still have not", "have not even", "only once"),
        "good": ("really excellent", "very handy", "a lovely surprise", "just perfect for us"),
        "bad": ("unacceptable", "a shame", "really disappointing", "too expensive for what it is"),
    },
    "es": {"thing": ("cafetera", "impresora", "lavadora"), **dict.fromkeys(("part", "when", "never"), ("",))},
}
LETTERS = "aaabcdeeeeefghiiijlmnnoooprrssttuuv"
VOCABULARY = {
    lang: sorted(
        {
            word
            for sentence in sentences
            for word in re.findall(r"[^\W\d_]{2,}", re.sub("{.*?}", "", sentence))
        }
    )
    for lang, sentences in SENTENCES.items()
}
CITIES = ("Lyon", "Lille", "Bordeaux", "Nantes", "Leeds", "Bristol", "Dublin", "Montréal", "Genève", "Boston")
SPAM = (
    "Gagnez un bon de {number} euros {brand} ! Cliquez vite, offre limitée >>> WIN a FREE {brand} voucher now"
)
ENDINGS = ("", "", " 😀", " !!!", " ...", " 🙏", " lol", " svp")


def brands(count: int) -> list[str]:
    """Names of brands that do not exist, the same ones every time."""
    rng, names = random.Random(1), dict.fromkeys(["Torvelio"])
    while len(names) < count:
        names["".join(rng.sample(SYLLABLES, rng.choice((3, 3, 4)))).capitalize()] = None
    return list(names)[:count]


def spammers() -> list[str]:
    """Handles of those who write spam, for the settings."""
    return [f"best_deals_{number}" for number in range(SPAMMERS)]


class Generator:
    """Draws lines, one after the other."""

    def __init__(self, count: int, seed: int, brand_names: list[str]) -> None:
        self.rng, self.brands = random.Random(seed), brand_names
        self.authors = max(count // 5, BUSY_AUTHORS + 1)
        self.step = timedelta(days=DAYS) / (count + 1)
        self.earlier: deque[dict[str, Any]] = deque(maxlen=REPOSTED_FROM)

    def line(self, number: int) -> bytes:
        """One line without its end."""
        drawn = self.rng.random()
        if drawn < 0.01:
            return self.malformed(number)
        if drawn < 0.02 and self.earlier:
            return encoded(self.counted_again(self.rng.choice(self.earlier)))
        if drawn < 0.07:
            post = self.post(number, "fr", self.filled(SPAM, "fr", self.brand()), self.spammer())
        elif drawn < 0.22 and self.earlier:
            post = self.repost(number, self.rng.choice(self.earlier))
        else:
            lang = self.rng.choices(("fr", "en", "es"), (48, 48, 4))[0]
            text = self.text(lang, self.rng.random() > 0.05)
            post = self.post(number, lang, text, self.author())
            self.earlier.append(post)
        return encoded(post)

    def text(self, lang: str, names_brand: bool) -> str:
        """What somebody says of one brand, one time in six of two.

        One in six fills the gaps of a sentence that others fill too; what most say nobody says in the same words.
        """
        brand = self.brand() if names_brand else "truc"
        words = [self.word(lang) for _ in range(self.rng.randrange(8, 26))]
        words.insert(self.rng.randrange(4), brand)
        if names_brand and self.rng.random() < 0.17:
            words.insert(self.rng.randrange(4, 8), self.brand())
        text = " ".join(words).capitalize().replace(brand.lower(), brand)
        if self.rng.random() < 0.17:
            text = self.filled(self.rng.choice(SENTENCES[lang]), lang, brand)
        return text + self.rng.choice(ENDINGS)

    def word(self, lang: str) -> str:
        """A word of the language, or one of the many that are rare."""
        if self.rng.random() < 0.6:
            return self.rng.choice(VOCABULARY[lang])
        return "".join(self.rng.choices(LETTERS, k=self.rng.randrange(4, 11)))

    def filled(self, sentence: str, lang: str, brand: str) -> str:
        """A sentence with its gaps filled."""
        pick, words = self.rng.choice, WORDS[lang]
        return sentence.format(
            brand=brand, city=pick(CITIES), number=self.rng.randrange(2, 400),
            **{name: pick(words.get(name, ("",))) for name in ("thing", "part", "when", "never", "good", "bad")},
        )  # fmt: skip

    def brand(self) -> str:
        """A brand: the first ones are talked of most."""
        return self.brands[min(int(self.rng.expovariate(4 / len(self.brands))), len(self.brands) - 1)]

    def author(self) -> dict[str, Any]:
        """An author: one of the fifty who write much, or one of the many who write little."""
        busy = self.rng.random() < 0.2
        number = self.rng.randrange(BUSY_AUTHORS) if busy else self.rng.randrange(BUSY_AUTHORS, self.authors)
        return {
            "id": f"u{number:09}",
            "handle": f"camille_{number}",
            "name": f"Camille Dupré {number}",
            "followers": (number * 7919) % 50_000 if number % 4 else None,
            "verified": number % 50 == 0,
            "location": CITIES[number % len(CITIES)],
        }

    def spammer(self) -> dict[str, Any]:
        """An author of spam."""
        number = self.rng.randrange(SPAMMERS)
        return {"id": f"s{number}", "handle": spammers()[number], "name": "Best Deals", "followers": 3,
                "verified": False, "location": None}  # fmt: skip

    def repost(self, number: int, post: dict[str, Any]) -> dict[str, Any]:
        """An earlier text by somebody else, marked, shortened or with a word changed."""
        words = post["text"].split()
        kind = self.rng.randrange(3)
        if kind == 0:
            words[:0] = ["RT", f"@{post['user']['handle']}:"]
        elif kind == 1:
            words = [*words[: max(len(words) - 2, 8)], "…"]
        else:
            words[self.rng.randrange(len(words))] = self.rng.choice(("vraiment", "just", "encore"))
        again = self.post(number, post["lang"], " ".join(words), self.author())
        again["reshared_id"] = post["id"] if kind == 0 else None
        return again

    def counted_again(self, post: dict[str, Any]) -> dict[str, Any]:
        """An earlier line, its counts grown."""
        counts = {name: value + self.rng.randrange(9) for name, value in post["counts"].items()}
        return {**post, "counts": counts}

    def post(self, number: int, lang: str, text: str, author: dict[str, Any]) -> dict[str, Any]:
        """A post as a platform might hand it out."""
        rng = self.rng
        at = START + number * self.step
        reply = (
            self.earlier[rng.randrange(len(self.earlier))] if self.earlier and rng.random() < 0.2 else None
        )
        ident = f"{7_200_000_000_000_000_000 + number * 4_096}"
        tagged = (
            [rng.choice((f"ami_{rng.randrange(5_000)}", self.brand().lower()))] if rng.random() < 0.3 else []
        )
        if tagged:
            text = f"@{tagged[0]} {text}"
        return {
            "id": ident,
            "created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "edited_at": (at + timedelta(minutes=9)).isoformat() if rng.random() < 0.03 else None,
            "lang": lang if rng.random() < 0.7 else None,
            "url": f"https://social.example/posts/{ident}",
            "text": text,
            "user": author,
            "in_reply_to": reply and reply["id"],
            "reply_to_handle": reply and reply["user"]["handle"],
            "thread": reply["thread"] if reply else ident,
            "quoted_id": None,
            "reshared_id": None,
            "counts": {"likes": int(rng.paretovariate(1.2)) - 1, "replies": rng.randrange(4),
                       "reshares": rng.randrange(6), "views": rng.randrange(20_000)},
            "tags": {"hashtags": ["bonplan"] if rng.random() < 0.2 else [], "handles": tagged},
            "links": [f"https://blog.example/a/{rng.randrange(9_999)}"] if rng.random() < 0.25 else [],
            "media": [f"https://img.example/{ident}.jpg"] if rng.random() < 0.3 else [],
            "place": {"name": rng.choice(CITIES), "lat": 45.76, "lon": 4.84} if rng.random() < 0.1 else None,
            "client": "Social for Phones", "sensitive": False, "visibility": "public",
        }  # fmt: skip

    def malformed(self, number: int) -> bytes:
        """A line that is no mention."""
        post = self.post(number, "fr", self.text("fr", True), self.author())
        kind = number % 5
        if kind == 0:
            return encoded(post)[:-200]
        if kind == 1:
            return encoded({**post, "created_at": "2026-07-14T12:00:00"})
        if kind == 2:
            return encoded(post).replace(b'"text":"', b'"text":"caf\xe9 ')
        if kind == 3:
            return encoded({**post, "id": None})
        return encoded({**post, "counts": {"likes": "many"}})


def encoded(post: dict[str, Any]) -> bytes:
    """A post as a line."""
    return json.dumps(post, ensure_ascii=False, separators=(",", ":")).encode()


def lines(count: int, seed: int = 7, brand_names: list[str] | None = None) -> Iterator[bytes]:
    """So many lines, each with its end."""
    generator = Generator(count, seed, brand_names or brands(50))
    return (generator.line(number) + b"\n" for number in range(count))


def write(path: Path, count: int, seed: int = 7, brand_names: list[str] | None = None) -> None:
    """Write so many lines to a file."""
    with path.open("wb") as file:
        file.writelines(lines(count, seed, brand_names))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.generate", description="Invented mentions as JSON Lines."
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    write(given.out, given.mentions, given.seed)


if __name__ == "__main__":
    main()
