"""Crisis vocabulary: words that should not wait for the weekly report."""

import polars as pl
from pydantic import Field, model_validator

from listening_etl import ConfigError, Labels, Options, hookimpl

from ._signs import any_of, judged, signs, words

CATEGORIES = {
    "injury": words(
        """
        décès, décédé, décédée, décédés, trouvé la mort, accident mortel, =tué, =tuée, =tués, =tuées,
        =blessé, =blessée, =blessés, =blessées, hospitalisé*, fatal, fatalities, deaths, injured, injuries,
        hospitalised, hospitalized, noyade, électrocuté*, electrocuted, (died OR killed OR dead) NEAR/4
        (people OR person OR man OR woman OR child OR children OR baby OR passenger* OR customer* OR worker*
        OR employee* OR patient* OR crash OR fire OR after)
        """
    ),
    "danger": words(
        """
        danger, dangers, dangereux, dangereuse, dangereuses, dangerous, hazardous, (health OR fire OR
        safety) NEAR/1 (hazard OR hazards OR risk), unsafe, toxique*, cancérigène*, carcinogen*, incendie*,
        prend feu, pris feu, départ de feu, départs de feu, caught fire, burst into flames, explos* NEAR/4
        (gaz OR gas OR batterie* OR batter* OR usine OR factory OR téléphone OR phone OR appareil OR
        bouteille OR blessé*), intoxication*, poisoning, contaminé*, contaminat*, salmonell*, listeria,
        risque sanitaire, monoxyde, carbon monoxide
        """
    ),
    "recall": words(
        """
        (rappel OR rappels OR rappelle OR rappelés OR rappelées) NEAR/5 (lot OR lots OR produit OR produits
        OR véhicule* OR voiture* OR modèle* OR appareil* OR conso OR bouteille* OR fabricant OR défaut),
        retirer de la vente, retirés de la vente, retiré de la vente, retrait de la vente, rappel conso,
        product recall, recall notice, recalled, (recall OR recalls) NEAR/5 (product OR products OR batch OR
        batches OR vehicle* OR car OR cars OR model OR food), off the shelves
        """
    ),
    "data_leak": words(
        """
        fuite de données, fuites de données, vol de données, données NEAR/4 (volées OR piratées OR fuité),
        piratage, piraté, piratée, piratés, cyberattaque*, rançongiciel, ransomware, data breach, data leak,
        data NEAR/4 (leaked OR stolen OR breached), hacked, cyberattack*, cyber attack, cnil
        """
    ),
    "discrimination": words(
        """
        discrimin*, racis*, sexis*, homophob*, transphob*, antisémit*, antisemit*, islamophob*, xénophob*,
        xenophob*, harcèlement sexuel, harcèlement moral, harassment, agression sexuelle, sexual assault,
        validisme, ableis*
        """
    ),
    "fraud": words(
        """
        fraude, fraudes, frauduleux, frauduleuse, fraud, fraudulent, escroc*, escroquer*, arnaqu*, scam,
        scams, scammed, scammer*, hameçonnage, phishing, usurpation d'identité, identity theft, corruption,
        bribery, détournement de fonds, embezzl*, blanchiment, money laundering, falsifié*, counterfeit*
        """
    ),
    "boycott": words(
        """
        boycott*, boycot, boycotez, #balanceton*, n'achetez plus, stop buying, don't buy from, pétition
        NEAR/4 (contre OR signez OR signée), petition NEAR/4 (against OR sign)
        """
    ),
    "legal": words(
        """
        porter plainte, porte plainte, portent plainte, déposé plainte, dépôt de plainte, plainte
        collective, action de groupe, action collective, class action, procès, tribunal, mis en examen, mise
        en examen, garde à vue, perquisition*, condamné à, condamnée à, enquête NEAR/4 (parquet OR justice
        OR police OR judiciaire), lawsuit*, legal action, sued, suing, prosecut*, indict*, mise en demeure
        """
    ),
    "strike": words(
        """
        grève, grèves, gréviste*, débrayage, on strike, strike action, go on strike, walkout, strikers,
        piquet de grève
        """
    ),
    "scandal": words(
        """
        scandale, scandales, scandal, scandals, polémique, polémiques, bad buzz, tollé, backlash, outrage,
        uproar, cover up, étouffer l'affaire
        """
    ),
}
"""By category, the gravest first: what tells it."""


class CrisisOptions(Options):
    """Whose words count besides ours, and where."""

    categories: dict[str, tuple[str, ...]] = Field(
        {},
        description="by category, words and queries (docs/query.md) besides ours; a category of your own comes before "
        "ours; an empty list leaves one out",
    )
    languages: frozenset[str] = Field(
        frozenset({"fr", "en"}), description="ISO 639-1 codes judged; add those of your own words"
    )
    lists: dict[str, tuple[str, ...]] = Field(
        {}, description="named lists of words, `terms` of the settings; a query refers to one as $name"
    )

    @model_validator(mode="after")
    def _words_can_be_read(self):
        for category, entries in self.categories.items():
            try:
                for entry in entries:
                    any_of((entry,), tuple(self.lists.items()))
            except ConfigError as error:
                raise ValueError(f"category {category!r}: {error}") from error
        if not self.queries():
            raise ValueError("every category is left out: nothing would be looked for")
        return self

    def queries(self):
        """The query of each category, the gravest first."""
        own = {name: entries for name, entries in self.categories.items() if name not in CATEGORIES}
        ours = {name: (*told, *self.categories.get(name, ())) for name, told in CATEGORIES.items()}
        chosen = {**own, **ours}
        off = {name for name, entries in self.categories.items() if not entries}
        lists = tuple(self.lists.items())
        return {name: any_of(entries, lists) for name, entries in chosen.items() if name not in off}


class Crisis:
    """Says which kind of trouble a mention speaks of, from a word list in French and English that you may extend.

    Labels, the gravest first: injury, danger, recall, data_leak, discrimination, fraud, boycott, legal, strike,
    scandal; `none` where no word was found. The gravest found is the label, and `detail.words` holds every occurrence:
    category, words, field, and where they start and end, in characters of the text in NFC. What a negation takes back
    (« aucun danger ») does not count.

    A word is no crisis: « c'est un scandale » is how people complain, and a strike may be another company's. Look at
    how many more there are than usual. Null: no text, or another language.
    """

    name = "crisis"
    measure = "crisis"
    scale = Labels()  # ours and those of the settings
    version = "1"
    languages = None  # those of the options
    options_type = CrisisOptions

    def score(self, mentions, options):
        """`label`, and `detail.words`."""
        kinds = options.queries()
        found = signs(mentions, kinds).rename({"kind": "category"})
        gravity = pl.col("category").replace_strict(
            {kind: n for n, kind in enumerate(kinds)}, return_dtype=pl.Int64
        )
        told = found.group_by("row", maintain_order=True).agg(
            label=pl.col("category").sort_by(gravity).first(),
            words=pl.struct("category", "words", "field", "start", "end"),
        )
        rows = judged(mentions, options.languages).join(told, on="row", how="left", maintain_order="left")
        return rows.select(
            label=pl.when("judged").then(pl.col("label").fill_null("none")),
            detail=pl.when(pl.col("judged") & pl.col("label").is_not_null()).then(pl.struct("words")),
        )


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [Crisis()]
