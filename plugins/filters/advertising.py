"""Drops advertising and coupons."""

import polars as pl
from pydantic import Field, PositiveInt

from listening_etl import Options, hookimpl

from ._signals import of_a_brand, plain, quoted, verdict, whole

PRICE = r"(?:[€$£] ?\d+|\d+(?:[.,]\d\d?)? ?(?:€|\$|£|euros?|eur|dhs?|mad|chf))"
ONLY = "a partir de|seulement|only|just|for|nur|ab|desde|solo|a partire da|por apenas|por so"
SIGNALS = {
    "offer": whole(
        "codes? ?promos?|(?:code|bon|cheque)s? (?:de )?(?:reduc(?:tion)?|remise|avantage|parrain(?:age)?)|coupons?",
        "(?:avec|utilise[rsz]?|tapez|entrez|saisissez) (?:le|mon|notre|ce) code|(?:use|with) (?:my|our|the )?code",
        r"code ?:? ?[a-z]{3,}\d{1,3}|livraison (?:offerte|gratuite)|frais de port (?:offerts|gratuits)",
        "(?:promo|discount|voucher) codes?|free (?:shipping|delivery)|(?:gutschein|rabatt)codes?|versandkostenfrei|frei haus",
        "codigo (?:de )?(?:descuento|promocional|desconto)|cupon(?:es)?|cupom|envio gratis|frete gratis",
        "codice (?:sconto|promo)|buono sconto|spedizione gratuita",
    ),
    "discount": whole(
        "- ?[1-9][05] ?%|(?:jusqu'a|until|up to|bis zu|hasta|fino al?|ate) -? ?[1-9][05] ?%",
        r"\d\d ?% (?:de )?(?:reduc\w*|remise|rabais|off|rabatt|descuento|dto|di sconto|desconto|discount|offerts?)",
        "(?:vente|offre)s? (?:privee|flash|speciale|exclusive|exceptionnelle)s?|prix (?:casse|fou)s?",
        "preisabschlag|rabatte?|reduziert|gunstige? (?:kaufen|online)|(?:a |camere a )?meta prezzo|mitad de precio",
        "moitie prix|half price|destockage|1 achete ?[=,+-]? ?1 offert|buy (?:1|one),? get (?:1|one)",
    ),
    "price": whole(
        f"(?:{ONLY}) {PRICE}|{PRICE} (?:seulement|only|livraison)|au lieu de {PRICE}|instead of {PRICE}",
        f"(?:prix|price|preis|precio|prezzo|preco) ?: ?{PRICE}|fur (?:insgesamt )?(?:nur )?{PRICE}",
    ),
    "hurry": whole(
        "dernieres? (?:chance|heure)s?|derniers jours|(?:aujourd'hui|ce week-?end) (?:seulement|uniquement)",
        "stocks? limites?|(?:offre|quantite|duree)s? limitees?|offre valable|valable jusqu'au?|epuisement des stocks",
        "today only|last chance|limited (?:time|offer|stock)|while (?:stocks|supplies) last",
        "nur heute|nur solange|solo hoy|ultimas horas|ultima chance|solo oggi|so hoje|tempo limitado",
    ),
    "store": whole(
        "(?:online|web|e)-? ?(?:shop|store)|boutique en ligne|tienda online|negozio online|loja online|sofort-?kauf",
        "(?:bei|chez|sur|on|at|su|em) (?:amazon|ebay|aliexpress|cdiscount|etsy|temu|shein|hood)(?:\\.[a-z]{2,3})?",
    ),
    "tag": whole(
        "#(?:(?:code)?promos?|bons?plans?|deals?|reducs?|reductions?|soldes|ventesprivees?|blackfriday|coupons?)",
        "#(?:discount|sale|gutschein|rabatt|schnappchen|oferta|descuento|chollo|sconto|offerta|desconto|promocao)",
    ),
}
ACTION = whole(
    "clique[rz] (?:ici|vite|sur|le lien)|profite[zr]|foncez|commandez|achetez|inscrivez-vous|telechargez",
    "lien (?:en|dans (?:la|ma)) (?:bio|description|story)|(?:shop|order|buy|book) (?:now|here|yours)",
    "click (?:here|now|the link|below)|link in (?:the |my )?bio|check (?:it |this |these |them )?out",
    "(?:jetzt|hier) (?:kaufen|bestellen|sichern|klicken)|link in der bio|kaufen (?:bei|mit|-|http)",
    "compr[ae] (?:ahora|ya|agora|ja)|haz clic",
    "(?:enlace|link) (?:en|na) (?:la |mi )?bio|aprovech[ae]|acquista ora|clicca qui|approfitta|clique aqui",
)
LINK = r"https?(?:$|[^a-z0-9])|www\.|(?:link|lien|enlace) (?:in|en|dans|na) "
AFFILIATE = (
    r"([?&](?:tag=[a-z0-9_-]+-2[0-2]|aff(?:iliate)?_?(?:id|code|fcid)=|affid=|awc=|clickref=|irclickid=|ranmid="
    r"|utm_(?:medium|source)=affili)"
    r"|//(?:www\.)?(?:amzn\.to|s\.click\.aliexpress\.com|awin1\.com|tidd\.ly|prf\.hn|click\.linksynergy\.com"
    r"|shareasale\.com|shrsl\.com|rstyle\.me|liketk\.it|go\.skimresources\.com|anrdoezrs\.net|jdoqocy\.com"
    r"|tkqlhce\.com|dpbolvw\.net|clk\.tradedoubler\.com|action\.metaffiliation\.com|hop\.clickbank\.net)/)"
)
DECLARED = whole(
    "#(?:ad|sponsored|paidpartnership|sponsorise|collaborationcommerciale|partenariatremunere|anzeige|publicidad)",
    "paid partnership|partenariat remunere|collaboration commerciale|contenu sponsorise|bezahlte partnerschaft",
    r"colaboracion pagada|partnership pubblicitaria|parceria paga|^[^a-z0-9#]*(?:#(?:pub|werbung|adv|publi)|\[pub\])",
)
COMPLAINT = whole(
    "(?:marche|fonctionne|passe|valable|valide|accepte|applique) (?:pas|plus)|pas (?:valable|valide|accepte)",
    r"refuse(?:e?s?|r)|invalide|impossible|(?:jamais|pas) (?:recu|eu|obtenu)|arnaques?|mensong\w*|inadmissible",
    r"honte|decue?s?|deception|remboursement|rembourse[rz]|reclamation|service (?:client|technique)|n'arrive pas",
    r"(?:j'ai|on a|nous avons) (?:\w+ )?(?:achete|commande|recu|paye|utilise|entre|essaye|eu|pris|profite|rate)",
    r"(?:doesn't|does not|isn't|is not|didn't|did not|won't|can't|cannot) (?:\w+ )?(?:work\w*|apply|valid|accept\w*|use)",
    r"not (?:working|valid|accepted)|invalid|expired|declined|rejected|scam\w*|refund\w*|never (?:got|received)",
    r"i (?:\w+ )?(?:bought|ordered|got|paid|used|tried)|funktioniert nicht|ungultig|abgelaufen|ich habe",
    "no (?:funciona|sirve|vale)|he (?:comprado|pagado)|non (?:funziona|vale)|ho (?:comprato|pagato)",
    "nao (?:funciona|aceita)|comprei|paguei",
)


class AdvertisingOptions(Options):
    """How sure it has to be."""

    least: PositiveInt = Field(
        2, description="kinds of signals that a text must hold to be dropped, of eight"
    )
    declared: bool = Field(
        True, description="a declared one (#ad, « partenariat rémunéré ») needs no other signal"
    )


class Advertising:
    """Drops advertising and coupons; what a brand of the topic publishes stays, and so do complaints.

    Signals: an offer (« code promo », « livraison offerte »), a discount (« -20 % »), a price that is praised
    (« 19 € seulement »), haste, an online shop, a hashtag such as #bonplan, a call to action that comes with a
    link, and an affiliate's link. One is not enough, for people speak of prices too. Who says that a code does not work, or
    that they bought something, is no advertiser. Knows French, English, German, Spanish, Italian, Portuguese.
    """

    name = "advertising"
    version = "1"
    reason = "looks like an advertisement"
    options_type = AdvertisingOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else the words that told."""
        links = pl.col("links").list.join(" ").str.to_lowercase()
        seen = mentions.select(text=plain("title", "text"), links=links, owned=of_a_brand())
        text, address = pl.col("text"), pl.concat_str("text", "links", separator=" ", ignore_nulls=True)
        linked = text.str.contains(LINK) | (pl.col("links") != "")
        signs = seen.select(
            *(quoted(pattern, text).alias(kind) for kind, pattern in SIGNALS.items()),
            action=pl.when(linked).then(quoted(ACTION, text)),
            affiliate=quoted(AFFILIATE, address),
        )
        spared = seen.select(pl.col("owned") | text.str.contains(COMPLAINT)).to_series()
        judged = verdict(signs, options.least, spared)
        if not options.declared:
            return judged
        declared = seen.select(why=pl.when(~pl.col("owned")).then(quoted(DECLARED, text)))["why"]
        return judged.select(
            keep=pl.col("keep") & pl.lit(declared.is_null()), why=pl.coalesce(pl.lit(declared), "why")
        )


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Advertising()]
