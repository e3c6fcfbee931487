"""Drops what automated accounts write."""

import polars as pl
from pydantic import Field

from listening_etl import Options, hookimpl

from ._signals import of_a_brand, plain, quoted, whole

HANDLE = (
    r"(?:^|[._-])(?:bot|(?i:automat(?:ed|ic|ique)))(?:$|[._\d-])|[a-z\d]Bot(?:$|[A-Z_.\d-])"
    r"|(?i)(?:news|weather|wetter|meteo|info|price|deals?|alerts?|quotes?|horoscope|crypto|tweet|daily|auto|chat|twitter)bot\d*$"
)
NAME = r"(?i)[\[(](?:unofficial )?(?:ro)?bot[\])]|🤖.*\bbot\b|\bbot\b.*🤖|\b(?:compte automatique|automated account)\b"
SIGNS = "belier|taureau|gemeaux|cancer|lion|vierge|balance|scorpion|sagittaire|capricorne|verseau|poissons|aries|taurus|gemini"
TEMPLATES = {
    "a bot that says so": whole(
        "i(?:'m| am) a bot,? (?:and this|beep|bleep)|^[^a-z]*(?:je suis un|ich bin ein|soy un|sono un|sou um) bot[.,!:]",
        "bleep bloop|beep boop",
        "this (?:action|comment|message|post|tweet) was (?:performed|posted|sent|generated) automatically",
        "ce (?:message|tweet|post) a ete (?:publie|envoye|genere) automatiquement",
    ),
    "a horoscope": whole(
        f"horoscope (?:du jour|of the day|diario|del giorno|de hoy|do dia|heute|today)?.{{0,30}}(?:{SIGNS})",
        f"^[^a-z]*(?:{SIGNS})(?: today)? ?[:♈-♓].{{0,60}}(?:amour|love|travail|argent|amor|liebe|amore)",
    ),
    "what is playing": whole(
        "#?now ?playing[^a-z].{2,120}(?:listen (?:live|now|here)|ecoute[zr]|tune ?in|spotify|deezer|soundcloud|webradio)",
        "(?:i'm listening to|j'ecoute|escuchando|ascoltando) .{2,80}(?:#?spotify|#?deezer|last.?fm|#?soundcloud)",
        "(?:en ce moment|actuellement) (?:sur|a l'antenne)(?: de)? [^:]{2,40}: .{2,60} - .{2,60}",
    ),
    "a tracker of prices": whole(
        "^[^a-z0-9]*(?:price (?:drop|alert)|baisse de prix|alerte prix|preisalarm|bajada de precio)[^a-z].{0,120}\\d.{0,4}[€$£]",
        "^[^a-z0-9]*(?:price (?:drop|alert)|baisse de prix|alerte prix|preisalarm|bajada de precio)[^a-z].{0,120}[€$£] ?\\d",
        r"[#$][a-z]{2,6}[^a-z]{0,12}[$€] ?[\d.,]+ .{0,40}(?:24|1|7) ?[hd][^a-z]{0,8}[+-]? ?\d+[.,]\d+ ?%",
    ),
    "a count of followers": whole(
        r"\d+ (?:new )?(?:people|person|followers?|unfollowers?|personnes?|abonnes?).{0,60}"
        r"(?:automatically checked|fllwrs|crowdfire|statusbrew|unfollowspy|who\.unfollowed)",
        r"(?:stats|week|semaine) (?:for|on|sur) .{0,20}twitter.{0,40}\d+ (?:new followers|nouveaux abonnes|mentions)",
    ),
}
WEATHER = {
    "temperature": whole(r"-?\d{1,2}(?:[.,]\d)? ?°(?: ?[cf])?"),
    "humidity": whole(
        r"(?:humidite|humidity|luftfeuchtigkeit|humedad|umidita|umidade|hum)[^a-z]{0,4}\d{1,3} ?%?"
    ),
    "wind": whole(r"(?:vent|wind|rafales?|viento|vento)[^.]{0,25}\d+ ?(?:km/?h|mph|m/s|kts?|bft)"),
    "pressure": whole(r"\d{3,4}(?:[.,]\d+)? ?(?:hpa|mbar|mb)"),
    "rain": whole(r"(?:pluie|rain|precip\w*|regen|lluvia|pioggia|chuva)[^a-z]{0,4}\d+(?:[.,]\d+)? ?(?:mm|%)"),
}
LEAST_OF_WEATHER = 3


class BotsOptions(Options):
    """What tells a bot."""

    accounts: bool = Field(
        True, description="drop what an account writes whose handle or name says that it is a bot"
    )
    templates: bool = Field(
        True, description="drop texts that machines fill in: weather, horoscope, what is playing"
    )


class Bots:
    """Drops what automated accounts write; what a brand of the topic publishes stays.

    An account says so itself (meteo_bot, WeatherBot, "automated account"), or the text is one that machines fill
    in: readings of a weather station, horoscopes, what is playing, prices that fell, counts of followers. How
    often an account posts is not looked at: that depends on what else was fetched. Bots that write like people
    stay; of authors, see the scorers.
    """

    name = "bots"
    version = "1"
    reason = "written by a machine"
    options_type = BotsOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else what told."""
        handle, name = pl.col("author_handle"), pl.col("author_name")
        declared = pl.any_horizontal(handle.str.contains(HANDLE), name.str.contains(NAME))
        seen = mentions.select(
            "author_handle", "author_name", text=plain("title", "text"), owned=of_a_brand(), declared=declared
        )
        text = pl.col("text")
        readings = pl.sum_horizontal(text.str.contains(pattern) for pattern in WEATHER.values())
        told = (
            [pl.when(pl.col("declared")).then(pl.lit("an account that says so"))] if options.accounts else []
        )
        if options.templates:
            told += [pl.when(readings >= LEAST_OF_WEATHER).then(pl.lit("readings of the weather"))]
            told += [pl.lit(kind) + " " + quoted(pattern, text) for kind, pattern in TEMPLATES.items()]
        why = pl.when(~pl.col("owned")).then(pl.coalesce(*told, pl.lit(None, pl.String)))
        return seen.select(why=why).select(keep=pl.col("why").is_null(), why="why")


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Bots()]
