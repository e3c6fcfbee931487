"""Drops spam: begging for subscribers, get-rich schemes, sham shops, fortune tellers, bare advertising links."""

import functools
from pathlib import Path

import polars as pl
from pydantic import Field

from listening_etl import Options, PluginError, hookimpl

WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "spam" / "weights.npz"
WORD_COLUMNS, CHARACTER_COLUMNS = 2**16, 2**16  # of the hashed n-grams
SHAPE = WORD_COLUMNS + CHARACTER_COLUMNS  # the first column of what is counted
READ = 2_000  # characters of a text; more change no answer, and cost time
DECIMALS = 9  # of a feature: the last bits depend on which other rows a processor takes at once
STRONGEST = 4  # signs that are named when a mention is dropped

ENTITIES = {"&amp;": "&", "&#39;": "'", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "\ufeff": ""}
TAG = r"(?s)<[a-zA-Z/!][^>]{0,400}>"
ENDINGS = (
    "com|net|org|info|biz|tk|me|tv|ly|gl|eu|co|io|fr|be|ch|ca|pn|us|uk|de|xyz|top|shop|site|online|example"
)
LINK = (
    rf"(?i)(?:https?://|\bwww\.)\S+|\b[a-z0-9-]{{2,}}\.(?:{ENDINGS})\b(?:/\S*)?"
    r"|\b[a-z0-9-]{2,}(?:\s?\.\s|\s\.|\s?\(dot\)\s?)(?:com|net|org|info|biz|tk)\b"  # written so as not to be found
)
HOST = r"(?i)(?:https?://)?(?:www\.)?([a-z0-9-]+(?:\s?\.\s?[a-z0-9-]+)*)\S*"
HANDLE = r"@\w[\w.]*"
THING = (
    r"channels?|chanel|pages?|vid[eé]?os?|vids?|covers?|remix|songs?|music|accounts?|web ?site|site|blog"
    r"|soundcloud|facebook|insta(?:gram)?|twitter|twitch|rap|raps|rapping|mixtape|album|cha[iî]ne|compte"
    r"|boutique|lien|profile?|clip|canal|serveur discord"
)
CUES = {
    "subscribe": r"\bsu[bs]s?c?r?ib|\bsubs?\b|\bsuscri|\babonn\w*.{0,25}(?:moi|toi|vous|cha[iî]ne|compte"
    r"|page)",
    "check out": r"\bchec?k\w*.{0,25}\bout\b|\bcheck\b.{0,15}\b(?:my|our|this)\b|\bva(?:s)? voir"
    r"|\ballez (?:voir|chec?k)"
    r"|\b(?:venez|viens|passez|passe) (?:voir|d[eé]couvrir|jeter)",
    "my channel": rf"\b(?:my|our|mah|ma|mon|mes|notre|nos)\s+(?:\w+\s+){{0,3}}(?:{THING})\b",
    "follow": r"\bfollow(?:s|ing|er|ers)?\b|\bsuivez|\bsuis[- ]moi\b|\badd me\b|\bajoute[- ]moi",
    "money": r"\b(?:mak|earn|win)\w*.{0,25}(?:money|cash|\$|income)|\bmoney online\b|[$€£]\s?\d"
    r"|\d\s?(?:[$€£]|euros?\b)"
    r"|\bfrom home\b|\bgift ?cards?\b|\bpaypal\b|\bcartes? cadeau|\brevenus? (?:passifs?|compl)"
    r"|\bde chez (?:toi|vous)\b",
    "crypto": r"\bbitcoins?\b|\bbtc\b|\beth\b|\bcrypto|\bforex\b|\btrad(?:ing|er)|\binvest\w*.{0,40}(?:[$€]"
    r"|profit|gain|expert)",
    "like this": r"\b(?:like|thumbs? up|thumbs?|share|likez|partage[rz]?)\b.{0,20}\b(?:this|my|page|comment"
    r"|video|me|if|ma)\b"
    r"|\blike (?:if|for)\b|\bpouces? bleus?\b",
    "please": r"\bpl(?:ea)+s+e*\b|\bpl[sz]+\b|\bsvp\b|\bstp\b|\bs'il (?:vous|te) pla[iî]t",
    "vote or give": r"\bgofundme\b|\bdonat|\bkickstarter\b|\bindiegogo\b|\bvote[rz]?\b|\bpetition"
    r"|\bp[eé]tition|\bcagnotte\b|\bfund",
    "adult": r"\bsex|\bporn|\bnude|\bnaked|\bxxx\b|\bdating\b|\bhookup|\bescort|\brencontres? (?:coquin|sexy"
    r"|chaud|sans)|\bsingles\b",
    "free": r"\bfree\b|\bgratuite?s?\b|\bofferte?s?\b|\bgiveaway",
    "new channel": r"\bnew\b.{0,20}\byou ?tube|\bsmall\b.{0,15}(?:channel|youtube)|\bup[- ]and[- ]coming"
    r"|\bstarted\b.{0,20}\bchannel"
    r"|\bviews?\b.{0,20}\bchannel|\bcha[iî]ne\b.{0,15}\bd[eé]but",
    "greeting": r"^(?:hey|hi|hello|yo|aye|salut|bonjour|coucou)\b",
    "contact": r"\bwhats ?app\b|\btelegram\b|\bwa\.me|\bt\.me/|\b(?:mp|dm|inbox|message) (?:me|moi)\b"
    r"|\b[eé]cri(?:s|vez)[- ](?:moi|nous)|\bcontacte[rz]?[- ](?:moi|nous|le|la)\b|\b(?:lien|link) (?:en"
    r"|dans ma|in my|in) bio",
    "iptv": r"\biptv\b|\b(?:netflix|spotify)\b.{0,25}(?:à vie|lifetime|pas cher|cheap)",
    "fortune teller": r"\bmarabout|\bvoyant|\bvoyance|\bmédium\b|\bretour (?:affectif|de l'(?:[eê]tre"
    r"|amour))|\bd[eé]senvo[uû]t"
    r"|\bspell ?cast|\blove spell|\brituel",
    "loan": r"\bpr[eê]ts? (?:d'argent|entre|rapide|urgent|personnel)|\bcr[eé]dits? (?:s[eé]rieux|entre"
    r"|rapide)|\bloans?\b.{0,40}\d ?%"
    r"|\btaux de \d",
    "casino": r"\bcasino|\bfree spins|\btours gratuits|\bpronos?\b|\bpronostics?\b|\bsans d[eé]p[oô]t"
    r"|\bno deposit",
    "slimming": r"\b(?:perd\w*|lose|mincir|maigrir)\b.{0,20}(?:kilos?|kg|pounds?|lbs|vite|rapidement)"
    r"|\bbr[uû]le[- ]graisse",
    "click here": r"\bclique[rz]? (?:ici|vite|sur ce|sur le|ce lien)|\bclick (?:here|the link|on)\b"
    r"|\binscri(?:s|vez)[- ](?:toi|vous)"
    r"|\bsign up\b|\bdownload\b|\bt[eé]l[eé]charge[rz]",
    "followers for sale": r"\d ?k?\s(?:followers|abonn[eé]s|likes|vues|views|subs\w*).{0,25}(?:€|\$|euros?"
    r"|pour)|\b(?:buy|achete[rz]).{0,20}"
    r"(?:followers|abonn[eé]s|likes|vues|views)",
}


class SpamOptions(Options):
    """How sure to be."""

    threshold: float = Field(0.5, gt=0, le=1, description="least probability of spam that is dropped")


class Spam:
    """Drops what a linear model, trained on English comments and French phrases, takes for spam.

    A text in another language is hardly ever dropped, one that is null or blank never. The model card in
    `models/spam` says how often it is right, and where it is known to be wrong.
    """

    name = "spam"
    version = "1"
    reason = "spam with a probability of {threshold} or more"
    options_type = SpamOptions

    def keep(self, mentions, options):
        """`keep`, null where there is no text; `why` for the dropped: the probability and what weighed most."""
        both = pl.concat_str("title", "text", separator="\n", ignore_nulls=True).cast(pl.String)
        texts = mentions.select(text=pl.when(pl.col("text").str.contains(r"\S")).then(both))["text"]
        asked = texts.drop_nulls().unique(maintain_order=True)
        judged = pl.DataFrame({"text": asked, "p": score(asked)}, schema={"text": pl.String, "p": pl.Float64})
        spam = judged.filter(pl.col("p") >= options.threshold)
        told = spam.select("text", why=explained(spam["text"], spam["p"]))
        answer = texts.to_frame().join(judged, "text", how="left", maintain_order="left")
        answer = answer.join(told, "text", how="left", maintain_order="left")
        return answer.select(pl.col("p").lt(options.threshold).alias("keep"), "why")


def score(texts):
    """The probability of spam of each text (any sequence of strings), from 0 to 1, as a numpy array."""
    import numpy as np

    weights, bias = load()
    return np.round(1 / (1 + np.exp(-(features(texts) @ weights + bias))), 6)


def plain(texts):
    """The texts as a person sees them: without markup, in one line."""
    text = pl.Series("text", texts, dtype=pl.String).str.slice(0, READ).to_frame().lazy()
    for _ in range(2):  # comments come escaped twice over
        text = text.with_columns(pl.col("text").str.replace_many(list(ENTITIES), list(ENTITIES.values())))
    shown = pl.col("text").str.replace_all(TAG, " ").str.normalize("NFKC")
    return text.select(shown.str.replace_all(r"\s+", " ").str.strip_chars()).collect()["text"]


def shape(text):
    """What is counted instead of read, each from 0 to 1 or so: links, capitals, digits, and the cues above."""
    rest = text.str.replace_all(LINK, " ").str.strip_chars()
    links, words = text.str.count_matches(LINK), rest.str.count_matches(r"\w+")
    letters, length = rest.str.count_matches(r"\p{L}"), text.str.len_chars()
    shouted = pl.when(letters > 8).then(rest.str.count_matches(r"\p{Lu}") / letters).otherwise(0)
    return {
        "link": links > 0,
        "links": links.clip(0, 3) / 3,
        "link alone": (links > 0) & (words <= 3),
        "few words": words <= 3,
        "capitals": shouted,
        "digits": rest.str.count_matches(r"\d") / pl.max_horizontal(length, 1),
        "length": rest.str.len_chars().log1p() / 7,
        "exclamation marks": rest.str.count_matches("!", literal=True).clip(0, 5) / 5,
        "hashtags": rest.str.count_matches(r"#\w").clip(0, 5) / 5,
        "question": rest.str.contains("?", literal=True),
        "handle": rest.str.contains(HANDLE),
        "telephone": rest.str.contains(r"\+?\d[\d .()-]{7,}\d"),
        **{name: text.str.contains(f"(?i){pattern}") for name, pattern in CUES.items()},
    }


def worded(text):
    """Lower case; of a link its host is left, of a handle that there is one."""
    hosts = text.str.replace_all(LINK, " xlink $0 ").str.replace_all(rf"xlink {HOST}", " xlink $1 ")
    return hosts.str.replace_all(HANDLE, " xhandle ").str.to_lowercase().to_list()


@functools.cache
def vectorizers():
    """Words and pairs of words, and characters within words: hashed, so that no vocabulary is kept."""
    from sklearn.feature_extraction.text import HashingVectorizer

    common = {"alternate_sign": False, "norm": None, "lowercase": False}
    words = HashingVectorizer(
        n_features=WORD_COLUMNS, ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", **common
    )
    characters = HashingVectorizer(
        n_features=CHARACTER_COLUMNS, ngram_range=(3, 5), analyzer="char_wb", **common
    )
    return words, characters


def features(texts):
    """One sparse row a text: hashed words, hashed characters, shape. Each text is a row by itself."""
    import numpy as np
    import scipy.sparse
    from sklearn.preprocessing import normalize

    text = plain(texts)
    if not len(text):
        return scipy.sparse.csr_matrix((0, SHAPE + len(shape(pl.lit("")))))
    read, parts = worded(text), []
    for vectorizer in vectorizers():
        counts = vectorizer.transform(read).astype(np.float64)
        counts.data = np.log1p(counts.data)
        parts.append(normalize(counts))
    dense = text.to_frame().select(**shape(pl.col("text"))).select(pl.all().cast(pl.Float64)).to_numpy()
    rows = scipy.sparse.hstack([*parts, scipy.sparse.csr_matrix(dense)], format="csr")
    rows.data = rows.data.round(DECIMALS)
    return rows


@functools.cache
def load():
    """The weights and the intercept, as `models/spam/train.py` writes them."""
    import numpy as np

    try:
        with np.load(WEIGHTS, allow_pickle=False) as stored:
            return stored["weights"] / float(stored["steps"]), float(stored["bias"] / stored["steps"])
    except (OSError, ValueError, KeyError) as error:
        do = "Restore it from the repository, or run `python models/spam/train.py`."
        raise PluginError(
            f"the weights {str(WEIGHTS)!r} cannot be read: {error}", where="filter 'spam'", do=do
        ) from error


def explained(texts, probabilities):
    """For each text its probability and the signs that spoke most for spam, in words."""
    if not len(texts):
        return pl.Series("why", [], dtype=pl.String)
    from sklearn.feature_extraction import FeatureHasher

    rows, (weights, _) = features(texts), load()
    rows.data *= weights[rows.indices]
    named, analyze = list(shape(pl.lit(""))), vectorizers()[0].build_analyzer()
    words = [sorted(set(analyze(text))) for text in worded(plain(texts))]
    distinct = sorted(set().union(*words))
    hasher = FeatureHasher(WORD_COLUMNS, input_type="string", alternate_sign=False)
    columns = hasher.transform([[word] for word in distinct]).indices if distinct else []
    column, said = dict(zip(distinct, columns, strict=True)), []
    for row, p in enumerate(probabilities):  # of what was dropped alone
        inside = slice(rows.indptr[row], rows.indptr[row + 1])
        weight = dict(zip(rows.indices[inside].tolist(), rows.data[inside].tolist(), strict=True))
        signs = {word: weight.get(column[word], 0) for word in words[row]}
        signs |= {name: weight.get(SHAPE + number, 0) for number, name in enumerate(named)}
        best = sorted((name for name in signs if signs[name] > 0), key=lambda name: (-signs[name], name))
        said.append(f"probability {p:.2f}: {', '.join(best[:STRONGEST])}".replace("xlink", "link"))
    return pl.Series("why", said, dtype=pl.String)


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Spam()]
