"""The filters that ship keep what a filter promises: one answer a row, whatever else is in the batch."""

from __future__ import annotations

from datetime import timedelta

from listening_etl import Author, Mention
from listening_etl.testing import FilterContract
from listening_etl.testing.judges import NOON
from plugins.filters.advertising import Advertising
from plugins.filters.bots import Bots
from plugins.filters.geofence import Geofence
from plugins.filters.giveaways import Giveaways
from plugins.filters.job_ads import JobAds
from plugins.filters.min_length import MaxLength
from plugins.filters.panel import Panel
from plugins.filters.query import Query
from plugins.filters.recency import Recency
from plugins.filters.reshares import Reshares

SQUARE = {"type": "Polygon", "coordinates": [[[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]]]}


def one(text="Torréo", by=None, age=timedelta(0), **fields):
    return Mention(native_id="1", published_at=NOON - age, text=text, author=by and Author(**by), **fields)


class TestAdvertising(FilterContract):
    plugin = Advertising()
    keeps = ("Le code promo KFE70 ne marche pas, -20 % mon œil", "Ma Torréo fuit", None)
    drops = (
        "🎁 -70% CAPSULES compatibles Torréo, code KFE70 👉 https://lien.example/kfe70",
        "#ad J'adore ma Torréo",
    )


class TestGiveaways(FilterContract):
    plugin = Giveaways()
    keeps = ("J'ai gagné au jeu concours Torréo et jamais reçu mon lot", None)
    drops = ("CONCOURS 🎉 gagnez une Torréo One, likez + RT + suivez", "Tirage au sort : RT + follow @torreo")


class TestJobAds(FilterContract):
    plugin = JobAds()
    keeps = ("J'ai postulé chez Torréo pour un CDI, aucune réponse", None)
    drops = ("Torréo : nous recrutons un technicien H/F, envoyez votre CV",)


class TestBots(FilterContract):
    plugin = Bots()
    keeps = ("Il fait 31°C, ma Torréo surchauffe", one(by={"handle": "talbot"}), None)
    drops = (one(by={"handle": "meteo_bot"}), "Lyon 31°C, vent 4 km/h, humidité 45 %")


class TestReshares(FilterContract):
    plugin = Reshares()
    keeps = ("ENFIN 👇 RT @torreo: le correctif est là", None, one(text="Exact", quoted_id="7"))
    drops = ("RT @torreo: le correctif est là 🤞", one(text=None, reshared_id="7"))


class TestQuotes(FilterContract):
    plugin = Reshares()
    options = {"quotes": "drop"}
    keeps = ("Exact",)
    drops = (one(text="Exact", quoted_id="7"),)


class TestRecency(FilterContract):
    plugin = Recency()
    options = {"days": 30}
    keeps = (one(age=timedelta(days=30)), "today")
    drops = (one(age=timedelta(days=30, seconds=1)),)


class TestMaxLength(FilterContract):
    plugin = MaxLength()
    options = {"at_most": 13}
    keeps = ("Torréo fuit !", "un mot @torreo https://t.example/x", None)
    drops = ("Torréo fuit !!",)


class TestGeofence(FilterContract):
    plugin = Geofence()
    options = {"area": SQUARE}
    keeps = (one(lat=48.5, lon=2.5), one(lat=48.0, lon=2.5), "somewhere")
    drops = (one(lat=47.9, lon=2.5), one(lat=48.5, lon=-2.5))


class TestPanel(FilterContract):
    plugin = Panel()
    options = {"handles": ["@Ana"], "followers_min": 1000, "channels": ["social"]}
    keeps = (one(by={"handle": "ana"}), one(by={"handle": "bo", "followers": 1000}, channel="social"))
    drops = (
        one(by={"handle": "bo", "followers": 999}, channel="social"),
        one(by={"handle": "bo", "followers": 5000}),
    )


class TestQuery(FilterContract):
    plugin = Query()
    options = {"keep": "torréo OR orange", "drop": "orange NEAR/3 (jus OR pressée) OR author:promo_kfe_24"}
    keeps = ("Ma Torréo fuit", "Orange est en panne", None)
    drops = ("Un jus d'orange, s'il vous plaît", "Ma machine fuit", one(by={"handle": "promo_kfe_24"}))
