"""Drops job ads."""

import polars as pl
from pydantic import Field, PositiveInt

from listening_etl import Options, hookimpl

from ._signals import of_a_brand, plain, quoted, verdict, whole

SIGNALS = {
    "opening": whole(
        "recrute (?:un|une|son|sa|ses|actuellement)|(?:nous|on) recrut(?:ons|e)|recrutement en cours|poste a pourvoir",
        "offres? d'emplois?|offre de (?:stage|poste|mission|alternance)|(?:nous|on) (?:recherch|cherch)(?:ons|e) un",
        "(?:we're|we are|is|are|now) (?:hiring|looking for an?)|hiring (?:an?|now)|job (?:opening|offer|alert|vacancy)",
        "wir suchen|stellen(?:angebot|anzeige)|stelle (?:frei|zu besetzen)|oferta de (?:empleo|trabajo)|vacante",
        "estamos (?:contratando|buscando)|offert[ae] di lavoro|cercasi|assumiamo|vagas? (?:de emprego|abertas?)",
        "oportunidade de emprego",
    ),
    "contract": whole(
        "cdi|cdd|interim|alternance|apprentie?|stage|stagiaire|temps (?:plein|partiel)|full[- ]time|part[- ]time",
        "internship|vollzeit|teilzeit|festanstellung|jornada completa|tiempo completo|tempo (?:pieno|integral)",
        r"salaire|remuneration (?:attractive|fixe|selon)|\d+ ?k?€ (?:brut|/ ?an)|salary|gehalt|salario",
    ),
    "gender": whole("[hf]/[hf](?:/x)?|[mwf]/[mwf](?:/[dx])?|m/f/d|all genders"),
    "apply": whole(
        "postulez|candidate[zr]|candidatures?|(?:votre|vos|ton|un|le|les) cv|apply (?:now|here|today|online|via|by)",
        "(?:send|submit) (?:us )?(?:your|a) (?:cv|resume|application)|bewirb dich|bewerben|bewerbung|envia tu cv",
        "curriculum|invia(?:ci)? (?:il tuo )?cv|candidati|envie (?:seu|o) curriculo|candidate-se",
        "rejoi(?:gnez|ns) (?:nos|notre|les|l'|une) ?(?:equipes?|team|entreprise)|join (?:our|the) team",
    ),
    "tag": whole(
        "#(?:emplois?|jobs?|offredemploi|recrutement|recrute|hiring|jobalert|careers?|nowhiring|cdi|cdd|stage|alternance)",
        "#(?:jobdating|stellenangebot|karriere|empleo|trabajo|lavoro|emprego|vagas?)",
    ),
}
APPLICANT = whole(
    r"j'ai (?:\w+ )?(?:postule|candidate|envoye|passe|travaille|demissionne)|ma candidature|mon (?:cv|entretien|poste|contrat)",
    "(?:aucune|jamais|pas|sans) (?:eu )?(?:de )?(?:reponse|retour)|comment postuler|licenci\\w*|greve|chomage|exploite\\w*",
    "(?:je|qui) (?:cherche|recherche)|i(?:'ve| have)? (?:\\w+ )?(?:applied|worked|quit)|my (?:application|job|cv|resume)",
    "i (?:hope|wish|want|wanted)|ich habe|meine bewerbung|he (?:enviado|trabajado)|ho (?:inviato|lavorato)|trabalhei|precar\\w*",
)


class JobAdsOptions(Options):
    """How sure it has to be."""

    least: PositiveInt = Field(2, description="kinds of signals that a text must hold to be dropped, of five")


class JobAds:
    """Drops job ads; what a brand of the topic publishes stays, and so does what applicants and employees say.

    Signals: an opening (« nous recrutons », "is hiring"), a contract (« CDI », « alternance »), « H/F », a call to
    apply (« envoyez votre CV »), and a hashtag such as #emploi. Knows French, English, German, Spanish, Italian
    and Portuguese.
    """

    name = "job_ads"
    version = "1"
    reason = "looks like a job ad"
    options_type = JobAdsOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else the words that told."""
        seen, text = mentions.select(text=plain("title", "text"), owned=of_a_brand()), pl.col("text")
        signs = seen.select(quoted(pattern, text).alias(kind) for kind, pattern in SIGNALS.items())
        spared = seen.select(pl.col("owned") | text.str.contains(APPLICANT)).to_series()
        return verdict(signs, options.least, spared)


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [JobAds()]
