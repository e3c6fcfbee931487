"""Drops contests and giveaways."""

import polars as pl
from pydantic import Field, PositiveInt

from listening_etl import Options, hookimpl

from ._signals import of_a_brand, plain, quoted, verdict, whole

SIGNALS = {
    "contest": whole(
        "#?(?:(?:grand|petit|mini|super) )?(?:jeu[ -]?)?concours|tirage au sort|tombola|#?giveaway|sweepstakes?|raffle",
        r"prize draw|#?contest|#?gewinnspiel|verlos(?:en|ung)|#?sorteo|sorteamos|#?concorso(?: a premi)?|#?sorteio",
    ),
    "prize": whole(
        "(?:a|de|pour|faire) (?:gagner|remporter)|gagnez|remportez|tente[zr] (?:ta|votre|de|leur)|gagne (?:un|une|ta|ton)",
        r"win (?:a|an|one|the|your|tickets|some|\d+)|(?:chance|enter) to win|zu gewinnen|gewinne|gana (?:un|una|tu)",
        "vinci (?:un|una)|in palio|ganhe (?:um|uma)|concorra|reward points|gift cards?|points offerts",
    ),
    "steps": whole(
        r"(?:rt|retweete[zr]?|like[zr]?|aime[zr]?|suivez|suivre|follow|abonne\S*|tague[zr]?|tag|mentionne[zr]?|commente[zr]?"
        r"|invite[zr]?|partage[zr]?|repost|folgen?|teilen|sigue|comenta|etiqueta|segui|curta|marque)[^.?!]{0,40}"
        r"(?:\+|&|et|and|und|y|e|,|puis) ?(?:\d+ )?(?:le |la |un |une |tes |vos |a |our |this |notre )?(?:rt|retweet|like|"
        r"follow|suiv|abonn|ami|friend|tag|comment|partag|invit|mention|amig|amic|freund|repost|teil|sigue|segu)\w*",
    ),
    "terms": whole(
        "(?:pour|comment|de) (?:participer|jouer)|participez|sans obligation d'achat|reglement (?:complet|du jeu)",
        r"(?:les|aux|pour les) \d+ premiere?s?|(?:the )?first \d+|no purchase (?:needed|necessary)|just pay shipping",
        r"enter (?:now|here|below|our)|t&cs? apply|(?:zum|um) (?:mitmachen|teilzunehmen)|teilnahme\w*|para participar",
        r"per partecipare|fin (?:du concours )?le \d|resultats? le \d|ends? (?:on )?(?:\d|monday|tuesday|friday|sunday)",
    ),
    "free": whole("#(?:gratuite?|free|gratis|freebies?|kostenlos)|100 ?% gratuit|[🎁🤑]"),
}
PARTICIPANT = whole(
    r"j'ai (?:\w+ )?(?:participe|gagne|joue|tente|partage|perdu)|je (?:participe|joue|tente)|j'espere|on participe",
    "(?:jamais|pas|toujours rien) (?:recu|gagne|eu)|truquee?s?|bidons?|fake|arnaques?|arnaquer|escroque\\w*|faux|honte",
    "mefie\\w*|(?:attention|gare) aux?|perdants?|qui a gagne|who won|i(?:'ve| have)? (?:won|entered|never|hope|just)",
    "never (?:got|received|heard)|scam\\w*|rigged|phishing|hameconnage|ich habe|teilgenommen|betrug|estafa|he participado",
    "participe en|truffa|ho partecipato|golpe|participei",
)


class GiveawaysOptions(Options):
    """How sure it has to be."""

    least: PositiveInt = Field(2, description="kinds of signals that a text must hold to be dropped, of five")


class Giveaways:
    """Drops contests, raffles and giveaways; what a brand of the topic publishes stays, and so do participants.

    Signals: a contest (« jeu concours », « tirage au sort »), a prize (« à gagner »), the steps (« RT + follow »,
    « likez et taguez 2 amis »), the terms (« pour participer », « les 100 premiers »), and #gratuit or 🎁. Who
    takes part, never got a prize or warns of a swindle is no organiser. Knows French, English, German, Spanish,
    Italian and Portuguese.
    """

    name = "giveaways"
    version = "1"
    reason = "looks like a giveaway"
    options_type = GiveawaysOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else the words that told."""
        seen, text = mentions.select(text=plain("title", "text"), owned=of_a_brand()), pl.col("text")
        signs = seen.select(quoted(pattern, text).alias(kind) for kind, pattern in SIGNALS.items())
        spared = seen.select(pl.col("owned") | text.str.contains(PARTICIPANT)).to_series()
        return verdict(signs, options.least, spared)


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Giveaways()]
