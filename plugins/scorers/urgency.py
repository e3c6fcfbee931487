"""How soon somebody needs an answer: rules over the words of French and English texts."""

from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from listening_etl import Options, Range, hookimpl

from ._signs import any_of, judged, signs, words

LISTS = {
    "spans": words("heure, heures, jour, jours, semaine, semaines, mois, minutes, min, ?h, ??h, ?j, ??j"),
    "times": words(
        "hour, hours, day, days, week, weeks, month, months, minutes, mins, min, hr, hrs, ?hr, ?hrs, ??hrs, ??min, ???min"
    ),
    "jours": words("hier, lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche, matin, midi"),
    "days": words("yesterday, monday, tuesday, wednesday, thursday, friday, saturday, sunday, morning, noon"),
}

SIGNS = {
    "harm": (
        0.7,
        """
        odeur de gaz, fuite de gaz, smell of gas, gas leak, prend feu, pris feu, caught fire, catch fire,
        incendie, en feu, (fumée OR smoke OR smoking) NEAR/5 (moteur OR engine OR appareil OR machine OR
        prise OR plug OR socket OR batterie OR battery OR chargeur OR charger OR cabine OR cabin OR capot OR
        bonnet OR sort OR dégage), étincelles, sparks, électrocut*, electrocut*, choc électrique, décharge
        électrique, electric shock, intoxication, intoxiqué*, poisoning, poisoned, réaction allergique,
        allergic reaction, choc anaphylactique, un malaise, =blessé, =blessée, =blessés, me suis blessé,
        s'est blessé, blessure*, injured, injury, s'est brûlé, s'est brûlée, me suis brûlé, me suis brûlée,
        brûlure*, burns, scalded, à l'hôpital, aux urgences, in hospital, to hospital, to the hospital,
        pompiers, samu, ambulance, en danger, danger, dangereux, dangereuse, dangerous, unsafe, insuline,
        insulin, dialyse, dialysis, oxygène, oxygen, téléassistance, suicid*, agress*, assaulted, freins
        NEAR/4 (lâch* OR plus OR marche*), brakes NEAR/4 (fail* OR gone OR work*), monoxyde, carbon monoxide
        """,
    ),
    "stuck": (
        0.55,
        """
        stranded, enfermé, enfermée, enfermés, locked in, locked out, à la rue, pas où dormir, nowhere to
        sleep, nowhere to go, (bloqué OR bloquée OR bloqués OR bloquées OR coincé OR coincée OR coincés OR
        coincées OR stuck) ONEAR/6 (gare OR aéroport OR airport OR station OR train OR avion OR plane OR
        tarmac OR runway OR autoroute OR motorway OR highway OR ascenseur OR lift OR elevator OR quai OR
        platform OR parking OR dehors OR outside OR route OR road OR étranger OR abroad OR hotel OR bus OR
        voiture OR car OR gate OR porte OR tunnel OR métro OR here OR ici), au bord de la route, (sitting OR
        waiting OR sat OR assis OR attend OR attends) ONEAR/5 (plane OR gate OR runway OR tarmac OR airport
        OR avion OR aéroport OR gare OR quai OR station OR platform), side of the road, sur le tarmac, on
        the tarmac, on the runway, en rade, (miss OR missed OR missing OR raté OR rater OR rate OR manqué OR
        manquer) ONEAR/4 (connection OR connections OR correspondance), passer la nuit, spend the night
        """,
    ),
    "asked": (
        0.5,
        """
        urgent, urgente, urgents, urgentes, en urgence, d'urgence, toute urgence, une urgence, urgemment,
        urgently, urg, emergency, asap, 🆘, sos, le plus vite possible, as soon as possible, vite NEAR/2 svp,
        dans les plus brefs délais
        """,
    ),
    "outage": (
        0.4,
        """
        en panne, panne, hors service, hs, marche plus, marche pas, fonctionne plus, fonctionne pas,
        fonctionnent plus, marchent plus, plus de réseau, plus internet, plus d'internet, plus de connexion,
        plus rien ne, sans internet, sans électricité, sans chauffage, sans eau, sans courant, plus de
        courant, plus d'eau, plus de chauffage, plus d'électricité, pas de réseau, aucun réseau, coupure,
        inaccessible, (vol OR vols OR train OR trains) NEAR/3 (annulé OR annulés OR supprimé OR supprimés),
        (flight OR flights OR train) NEAR/3 cancel*, not working, isn't working, doesn't work, stopped
        working, is down, are down, outage, no internet, no power, no signal, no heating, no hot water, no
        water
        """,
    ),
    "money": (
        0.4,
        """
        compte bloqué, compte est bloqué, carte bloquée, carte est bloquée, carte volée, carte avalée,
        débité deux fois, débitée deux fois, prélevé deux fois, prélevée deux fois, à découvert, mon
        découvert, overdraft, expuls*, evict*, piraté, piratée, hacked, (carte OR card) NEAR/3 (volée OR
        stolen), account is blocked, account blocked, account locked, card blocked, charged twice, plus
        d'argent, plus un sou, can't pay, peux pas payer, payer mon loyer, pay my rent, salaire NEAR/5
        (versé OR reçu OR bloqué), missing money, disparu de mon compte
        """,
    ),
    "legal": (
        0.4,
        """
        mon avocat, mon avocate, notre avocat, nos avocats, avocat NEAR/4 (contact* OR saisi* OR prends OR
        prendre OR consult* OR courrier), mise en demeure, mettre en demeure, mets en demeure, ufc, que
        choisir, 60 millions de consommateurs, porter plainte, porte plainte, dépôt de plainte, déposer
        plainte, déposé plainte, huissier, tribunal, en justice, médiateur, dgccrf, lawyer, lawyers,
        solicitor, sue, suing, legal action, small claims, ombudsman, trading standards, take you to court
        """,
    ),
    "help": (
        0.35,
        """
        aidez moi, aidez nous, au secours, à l'aide, besoin d'aide, besoin de votre aide, besoin d'un coup
        de main, pouvez vous m'aider, peut m'aider, que dois je faire, que faire, je fais quoi, je fais
        comment, on fait quoi, répondez moi, rappelez moi, contactez moi, help me, please help, pls help,
        plz help, need help, help us, can you help, can someone help, what should i do, what do i do, call
        me back, please respond, please reply, please answer, que se passe t il, une solution, impossible de
        joindre, injoignable, any update, any updates, any help, please advise, what's going on, can't get
        through, cannot get through, can't reach, trying to reach, trying to rebook, trying to get, who can
        i, what are my options
        """,
    ),
    "soon": (
        0.25,
        """
        au plus vite, dès que possible, immédiatement, immediately, right now, right away, tout de suite,
        maintenant, 🚨, aujourd'hui même
        """,
    ),
    "waiting": (
        0.3,
        """
        depuis ONEAR/4 $spans, depuis ONEAR/2 $jours, "ça fait" ONEAR/4 $spans, "cela fait" ONEAR/4 $spans,
        "on est à" ONEAR/3 $spans, (attends OR attend OR attente) ONEAR/5 $spans, "au bout de" ONEAR/3
        $spans, depuis des, (for OR after) ONEAR/3 $times, for hours, for days, (waiting OR waited OR hold)
        ONEAR/4 $times, since ONEAR/2 $days, on hold, days without, jours sans, heures sans, semaines sans,
        $times NEAR/3 (delay OR delays OR delayed OR late OR wait), $spans NEAR/3 (retard OR attente), been
        waiting, en attente depuis
        """,
    ),
    "again": (
        0.25,
        """
        toujours pas, toujours rien, toujours aucun, toujours aucune, toujours en panne, encore une fois,
        encore en panne, troisième fois, quatrième fois, énième fois, 3e fois, 3ème fois, 4e fois, 5e fois,
        2e fois, deuxième fois, sans réponse, aucune réponse, pas de réponse, répond pas, répond plus,
        répondez pas, aucun retour, relance, relances, plusieurs fois, personne ne répond, still no, still
        not, still nothing, still waiting, still haven't, still hasn't, third time, second time, fourth
        time, yet again, again and again, no reply, no response, no answer, nobody answers, no one answers
        """,
    ),
    "deadline": (
        0.2,
        """
        demain, ce soir, cette nuit, dans l'heure, dans ONEAR/2 $spans, sous ONEAR/2 $spans, (avant OR
        jusqu'à) ONEAR/2 (demain OR soir OR midi OR lundi OR mardi OR mercredi OR jeudi OR vendredi OR
        samedi OR dimanche), dernier délai, dernier jour, date limite, tomorrow, tonight, (in OR within)
        ONEAR/2 $times, by ONEAR/1 (tomorrow OR tonight OR monday OR tuesday OR wednesday OR thursday OR
        friday OR saturday OR sunday), deadline, expire, expires, (flight OR vol OR train OR rendez-vous OR
        appointment OR wedding OR mariage) NEAR/5 (today OR aujourd'hui OR tonight OR now OR soir OR demain)
        """,
    ),
    "vulnerable": (
        0.2,
        """
        bébé, nourrisson, baby, infant, toddler, enceinte, pregnant, handicapé, handicapée, disabled,
        fauteuil roulant, wheelchair, personne âgée, elderly, enfant malade, (enfant OR enfants OR child OR
        children OR kids OR fils OR fille OR mère OR mamie) NEAR/5 (ans OR year OR malade OR sick OR seul OR
        seule OR alone OR attend* OR waiting)
        """,
    ),
}
"""By kind: how much it counts, and what tells it. Not measured: an order of what can least wait."""

FIRM = frozenset({"outage", "waiting", "again", "deadline"})
LOUD = 0.1
Kind = Literal[
    "harm",
    "stuck",
    "asked",
    "outage",
    "money",
    "legal",
    "help",
    "soon",
    "waiting",
    "again",
    "deadline",
    "vulnerable",
]


class UrgencyOptions(Options):
    """What the kinds of signs count."""

    weights: dict[Kind, Annotated[float, Field(ge=0, le=1)]] = Field(
        {},
        description="weights, 0 to 1, of kinds of signs: those given replace ours, and 0 leaves a kind out",
    )


class Urgency:
    """How soon somebody needs an answer, 0 to 1, by rules that can be read, in French and English.

    Signs are of twelve kinds, in the order of their weight: harm (gas, fire, injury), being stuck on the way, the word
    itself (« urgent », asap), something fully out of service, money blocked or stolen, legal threats, a cry for help,
    a long wait (« depuis 3 jours »), a wish for haste (« tout de suite »), repetition (« toujours pas »), a near
    deadline, and somebody vulnerable. The value
    is 1 less the product of what the weights of the kinds leave open, (1 - 0.5)(1 - 0.3)… : two signs are more urgent
    than one, and no sum passes 1. Two exclamation marks or words in capitals count 0.1, beside another sign only.

    What a negation takes back (« pas urgent », "no danger") does not count. `detail.signs` quotes the first words of
    each kind. It reads words, not plights: irony, quotations and stories of last year count like cries for help. Null:
    other languages, no text, and articles, which ask for no answer.
    """

    name = "urgency"
    measure = "urgency"
    scale = Range(0, 1)
    version = "1"
    languages = frozenset({"fr", "en"})
    options_type = UrgencyOptions

    def score(self, mentions, options):
        """`value`, and `detail.signs`: "kind: « words »", the heaviest first."""
        weights = {kind: options.weights.get(kind, weight) for kind, (weight, _) in SIGNS.items()}
        lists = tuple(LISTS.items())
        found = signs(mentions, {kind: any_of(words(told), lists) for kind, (_, told) in SIGNS.items()}, FIRM)
        told = (
            found.unique(["row", "kind"], keep="first", maintain_order=True)
            .with_columns(weight=pl.col("kind").replace_strict(weights, return_dtype=pl.Float64))
            .filter(pl.col("weight") > 0)
            .sort("row", "weight", "kind", descending=[False, True, False])
            .group_by("row", maintain_order=True)
            .agg(
                left=(1 - pl.col("weight")).product(),
                signs=pl.format("{}: « {} »", "kind", pl.col("words").str.strip_chars()),
            )
        )
        rows = judged(mentions, self.languages).hstack(mentions.select("kind", loud=loud()))
        rows = rows.join(told, on="row", how="left", maintain_order="left")
        left = pl.col("left") * pl.when("loud").then(1 - LOUD).otherwise(1)
        meant = pl.col("judged") & (pl.col("kind") != "article").fill_null(value=True)
        return rows.select(
            value=pl.when(meant).then((1 - left).fill_null(0).round(6)),
            detail=pl.when(meant & pl.col("left").is_not_null()).then(pl.struct("signs")),
        )


def loud():
    """Whether somebody shouts: two exclamation marks, or two words of four capitals."""
    text = pl.col("text").fill_null("")
    return (text.str.count_matches("!") > 1) | (text.str.count_matches(r"\b\p{Lu}{4,}\b") > 1)


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [Urgency()]
