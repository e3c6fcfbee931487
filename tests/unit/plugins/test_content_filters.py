"""What advertisers, organisers, recruiters and machines write goes; what people say about it stays."""

from datetime import UTC, datetime

import polars as pl
import pytest

from listening_etl import Author, Mention
from listening_etl.testing.judges import frame_of
from plugins.filters.advertising import Advertising
from plugins.filters.bots import Bots
from plugins.filters.giveaways import Giveaways
from plugins.filters.job_ads import JobAds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def judged(plugin, *rows, **options):
    return plugin.keep(frame_of(rows, "fr"), plugin.options_type(**options))


def by(handle=None, name=None, text="Ma Torréo fuit", **fields):
    return Mention(
        native_id="1", published_at=NOON, text=text, author=Author(handle=handle, name=name), **fields
    )


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("-20 % sur la Torréo avec le code KFE20", ["« -20 % »", "« avec le code »"]),
        ("−20 % sur tout, 𝗟𝗜𝗩𝗥𝗔𝗜𝗦𝗢𝗡 𝗢𝗙𝗙𝗘𝗥𝗧𝗘", ["« livraison offerte »", "« -20 % »"]),
        ("Bon de réduction ! Profitez-en 👉 https://t.example/x", ["« bon de reduction »", "« profitez »"]),
        ("Torréo Mini à partir de 99 €, stock limité", ["« a partir de 99 € »", "« stock limite »"]),
        ("La Duo au lieu de 299 € #bonplan", ["« au lieu de 299 € »", "« #bonplan »"]),
        ("Use code KFE20 for 20% off", ["« use code »", "« 20% off »"]),
        ("Nur heute: 30 % Rabatt, versandkostenfrei", ["« nur heute »", "« 30 % rabatt »"]),
        ("20% de descuento, solo hoy", ["« 20% de descuento »", "« solo hoy »"]),
        ("Codice sconto KFE, spedizione gratuita: fino al 50 %", ["« codice sconto »", "« fino al 50 % »"]),
        ("Cupom KFE, frete grátis e 20% de desconto", ["« cupom »", "« 20% de desconto »"]),
        ("Foncez https://amzn.to/3xyz", ["« foncez »", "« //amzn.to/ »"]),
    ],
)
def test_an_advertisement_goes_and_the_reason_quotes_it(text, quoted):
    keep, why = judged(Advertising(), text).row(0)
    assert keep is False
    assert [one for one in quoted if one not in why] == []


@pytest.mark.parametrize(
    "text",
    [
        "Le code promo TORREO20 ne marche pas, -20 % refusé au panier. Service client muet.",
        "@torreo avez-vous un code promo ?",
        "La promo -20 % s'est terminée hier, raté",
        "J'ai commandé la Mini à -20 % avec le code KFE20, reçue cassée",
        "The promo code for 20% off doesn't work at checkout",
        "I bought it with code KFE20 for 20% off and love it",
        "Le titre Torréo perd -20 % en Bourse ➡️ https://presse.example/t",
        "À 299 € la machine, c'est cher. 34 € le kilo de café, 6 € la pièce.",
        "erreur code E42 depuis ce matin, -30 % d'autonomie aussi",
        "10-20 % des machines sont touchées, offre valable ou pas",
        "Gutscheincode ungültig, 20 % Rabatt weg",
        "El cupón no funciona, 20% de descuento perdido",
        "#soldes c'est la cohue",
        "les 100 premiers clients étaient ravis",
    ],
)
def test_who_speaks_of_prices_or_complains_of_a_code_stays(text):
    assert judged(Advertising(), text)["keep"].to_list() == [True]


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("Merci @torreo pour cette machine ! #ad", True),
        ("Partenariat rémunéré. J'adore ma Torréo", True),
        ("#pub Ma routine café", True),
        ("[PUB] Ma routine café", True),
        ("La #pub de Torréo est géniale", False),
        ("#adorable cette Torréo", False),
        ("Encore un contenu sponsorisé nul", True),
    ],
)
def test_a_declared_advertisement_needs_no_other_signal(text, declared):
    assert judged(Advertising(), text)["keep"].to_list() == [not declared]
    assert judged(Advertising(), text, declared=False)["keep"].to_list() == [True]


def test_a_call_to_action_needs_a_link_and_a_link_may_stand_beside_the_text():
    text = "Torréo -20 %, cliquez vite"
    linked = Mention(native_id="2", published_at=NOON, text=text, links=("https://t.example/x?awc=1",))
    assert judged(Advertising(), text, linked)["keep"].to_list() == [True, False]
    assert "« ?awc= »" in judged(Advertising(), linked)["why"][0]


def test_how_many_signals_are_enough_is_an_option():
    text = "-20 % sur la Torréo avec le code KFE20"
    assert [judged(Advertising(), text, least=n)["keep"][0] for n in (1, 2, 3)] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("Grand jeu-concours : tentez de gagner une Torréo", True),
        ("Like + commente + tague 2 amis pour participer", True),
        ("Tirage au sort le 12, RT et follow @torreo", True),
        ("Capsules Torréo gratuites 🤑 aux 50 premiers en DM", True),
        ("Gewinnspiel! Folgen und teilen, zu gewinnen: eine Torréo", True),
        ("¡Sorteo! Sigue y comenta para participar", True),
        ("Vinci una Torréo! Concorso a premi, per partecipare segui e tagga", True),
        ("Sorteio: ganhe uma Torréo", True),
        ("J'ai participé au jeu concours Torréo pour gagner la Mini, on verra", False),
        ("Votre concours à gagner est bidon, personne n'a rien reçu", False),
        ("Méfiez-vous du faux concours « gagnez une Torréo »", False),
        ("Il a réussi le concours de commissaire", False),
        ("Torréo vient de gagner le match", False),
        ("I entered the giveaway to win a Torréo, never heard back", False),
        ("Qui a gagné le concours ? RT et follow faits", False),
        ("la Torréo de ma mère, quel cadeau 🎁", False),
    ],
)
def test_giveaways(text, goes):
    assert judged(Giveaways(), text)["keep"].to_list() == [not goes]


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("Technicien SAV Torréo H/F, CDI, Lyon", True),
        ("On recrute un barista ! Envoyez votre CV #emploi", True),
        ("Torréo is hiring, apply now", True),
        ("Wir suchen Barista (m/w/d) in Vollzeit", True),
        ("Oferta de empleo: barista, jornada completa", True),
        ("Cercasi barista, tempo pieno", True),
        ("Vaga de emprego: barista, envie seu currículo", True),
        ("J'ai postulé en CDI chez Torréo, offre d'emploi fantôme", False),
        ("Aucune réponse à ma candidature H/F #emploi", False),
        ("Comment postuler en stage chez Torréo ? offre de stage ?", False),
        ("Great job @torreo, full-time fan", False),
        ("Mon mari H/F de ménage, en CDI depuis 20 ans, licencié", False),
        ("EDF recrute 3000 personnes", False),
    ],
)
def test_job_ads(text, goes):
    assert judged(JobAds(), text)["keep"].to_list() == [not goes]


@pytest.mark.parametrize(
    ("mention", "goes"),
    [
        *((by(handle), True) for handle in ("meteo_bot", "bot.lyon", "WeatherBot", "pricebot24", "kfe-bot", "NewsBot_FR")),
        *((by(handle), False) for handle in ("talbot", "abbot_22", "robotnik", "chabot.lea", "Turbot", "bottega", "cabot")),
        (by(name="Torréo prix (bot)"), True),
        (by(name="Jan Bot"), False),
        ("I am a bot, and this action was performed automatically.", True),
        ("Mais je suis un bot ou quoi ? réponse automatique du SAV, encore", False),
        ("Lyon 12:00 : 31 °C, vent N 4 km/h, humidité 45 %, 1015 hPa", True),
        ("Il fait 31°C et le vent souffle à 90 km/h, la Torréo est au frais", False),
        ("Horoscope du jour : Bélier, votre café sera serré", True),
        ("Je suis Bélier et j'aime le café", False),
        ("#NowPlaying Kaffenor - Nord, listen live on https://radio.example", True),
        ("#nowplaying le nouvel album, une tuerie", False),
        ("BAISSE DE PRIX : Torréo One, 349 € (-12 %)", True),
        ("La baisse de prix de 20 € est bienvenue", False),
        ("3 people followed me and one person unfollowed me // automatically checked by fllwrs", True),
    ],
)  # fmt: skip
def test_bots(mention, goes):
    assert judged(Bots(), mention)["keep"].to_list() == [not goes]


def test_each_half_of_bots_can_be_left_out_and_no_handle_gets_into_the_reason():
    account, weather = by("meteo_bot"), by(text="31 °C, vent 4 km/h, humidité 45 %")
    assert judged(Bots(), account, weather, accounts=False)["keep"].to_list() == [True, False]
    assert judged(Bots(), account, weather, templates=False)["keep"].to_list() == [False, True]
    assert judged(Bots(), account, weather, templates=False, accounts=False)["keep"].to_list() == [True, True]
    assert judged(Bots(), account)["why"].to_list() == ["an account that says so"]


LOUD = {
    "advertising": (Advertising(), "-20 % avec le code KFE20"),
    "giveaways": (Giveaways(), "Jeu concours : Torréo à gagner"),
    "job_ads": (JobAds(), "Barista H/F en CDI"),
    "bots": (Bots(), "Horoscope du jour : Bélier"),
}


@pytest.mark.parametrize("name", LOUD)
def test_what_a_brand_publishes_stays(name):
    plugin, text = LOUD[name]
    theirs = frame_of([text, text], "fr")
    owned = [
        [{"entity": "brulia", "role": "competitor", "match": "author", "owned": owned}]
        for owned in (True, False)
    ]
    theirs = theirs.with_columns(matches=pl.Series(owned, dtype=theirs.schema["matches"]))
    assert plugin.keep(theirs, plugin.options_type())["keep"].to_list() == [True, False]


@pytest.mark.parametrize("name", LOUD)
def test_a_title_is_read_too(name):
    plugin, text = LOUD[name]
    rows = [
        Mention(native_id="1", published_at=NOON, title=text),
        Mention(native_id="2", published_at=NOON, title="Avis"),
    ]
    assert judged(plugin, *rows)["keep"].to_list() == [False, True]
