"""Where clauses begin, language by language: words of contrast, joining words, signs of a verb.

Small on purpose: words that people write every day. A language that is not here is cut at its sentences alone.
"""

from __future__ import annotations

from typing import NamedTuple


class Connectors(NamedTuple):
    """Alternatives of regular expressions in Rust's dialect, each matched as whole words without regard to capitals.

    `contrast` begins a clause wherever it stands, but for words `aside` between a noun and its verb ("le prix, par
    contre, a doublé"); what matches `bound` ends in such a word and begins none.
    `joining` begins one where both sides are full. A side is full when it holds a `verb`, or says something in few
    words ("livraison rapide") that does not begin with an `opener`: such a word needs what comes after it. What
    begins with a `clinging` word belongs to what stands before it, a clause after a `condition` to its condition.
    """

    contrast: str
    aside: str
    bound: str
    joining: str
    verb: str
    opener: str
    clinging: str
    condition: str


FRENCH = Connectors(
    contrast="mais|par contre|en revanche|à l'inverse|cependant|toutefois|néanmoins|pourtant|sauf que|hormis que"
    "|excepté que|alors que|tandis que|même si|bien que|quoique|dommage que|malheureusement|heureusement que"
    "|seul bémol|seul hic|seul point noir|petit bémol|gros bémol",
    aside="par contre|en revanche|à l'inverse|cependant|toutefois|néanmoins|pourtant|malheureusement",
    bound="mais aussi|mais également|mais encore|mais surtout|non mais|oui mais|ah mais|rien que|mais quand même pas",
    joining="et|donc|puis|car|parce que|du coup",
    verb="je|j['’]\\w+|tu|il|elle|on|ils|elles|ça|ca|c['’](?:est|était|etait)|n['’]\\w+|ne|y a|y avait|suis|est|sont"
    "|était|étaient|etait|ai|as|a|ont|avait|avaient|sera|seront|fut|va|vont|fait|font|peut|peuvent|doit|marche"
    "|marchent|fonctionne|fonctionnent|reste|restent|laisse|laissent|arrive|arrivent|manque|manquent|plante|rame"
    "|répond|repond|répondent|vaut|valent|semble|tient|tiennent|devient|augmente|baisse|coûte|met|mettent|permet"
    "|mérite|change|bug|bugue|\\w{3,}(?:aient|ait|eront|erait|eraient|issent)|\\w{3,}[aeio]ra|\\w{3,}ez",
    opener="le|la|les|l['’]\\w+|un|une|des|de|du|d['’]\\w+|ce|cet|cette|ces|mon|ma|mes|ton|ta|tes|son|sa|ses|notre|nos"
    "|votre|vos|leur|leurs|au|aux|à|en|dans|sur|pour|par|avec|chez|sous|sans|entre|depuis|pendant|après|avant|ni"
    "|quel|quelle|comme|bonjour|bonsoir|merci|salut|hello",
    clinging="qui|que|qu['’]\\w+|dont|où|ou|ni|voire|comme|lequel|laquelle|est|sont|était|étaient|a|ont|sera",
    condition="si|s['’]ils?|quand|lorsque",
)
ENGLISH = Connectors(
    contrast="but|however|although|though|even though|except that|whereas|nevertheless|nonetheless|on the other hand"
    "|unfortunately|sadly|only downside|my only complaint",
    aside="however|nevertheless|nonetheless|on the other hand|unfortunately|sadly|though",
    bound="but also|but rather|nothing but|anything but|all but|none but|help but|even though|as though|yeah but",
    joining="and|so|because|then",
    verb="i|i['’]\\w+|you|he|she|it|it['’]s|we|they|there|that['’]s|\\w+n['’]t|dont|cant|wont|am|is|are|was|were|be|been"
    "|has|have|had|do|does|did|will|would|can|could|should|works?|takes?|took|came|comes?|gets?|got|went|goes|makes?"
    "|made|keeps?|kept|needs?|costs?|looks?|feels?|felt|seems?|tastes?|broke|breaks|sucks?|rocks|stopped|arrived"
    "|crashes|love|hate|loved|hated|\\w{3,}ed",
    opener="the|a|an|my|your|his|her|its|our|their|this|that|these|those|of|in|on|at|for|with|by|from|to|as|neither"
    "|without|during|after|before|hi|hello|dear|thanks",
    clinging="who|which|that|whose|where|or|nor|as|like|is|are|was|were|has|have",
    condition="if|when|unless|once",
)
GERMAN = Connectors(
    contrast="aber|jedoch|allerdings|obwohl|dagegen|hingegen|trotzdem|dennoch|leider|während",
    aside="jedoch|allerdings|dagegen|hingegen|trotzdem|dennoch|leider",
    bound="aber auch|oder aber|aber sowas von",
    joining="und|denn|weil",
    verb="ich|du|er|es|wir|ihr|ist|sind|war|waren|hat|haben|hatte|wird|werden|wurde|kommt|kam|kann|könnte|muss|geht"
    "|ging|funktioniert|läuft|bleibt|macht|kostet|dauert|schmeckt|gibt|habe|bin",
    opener="der|die|das|den|dem|des|ein|eine|einen|einem|einer|mein|meine|meinen|ihr|ihre|unser|unsere|dieser|diese|in"
    "|im|am|an|auf|für|mit|bei|von|vom|zu|zum|zur|nach|vor|ohne|seit|hallo|danke",
    clinging="der|die das|welche|welcher|oder|noch|sondern|wie|dass|ist|sind|war|hat",
    condition="wenn|falls|sobald",
)
SPANISH = Connectors(
    contrast="pero|sin embargo|aunque|no obstante|en cambio|por el contrario|lástima que|lamentablemente"
    "|desafortunadamente|mientras que",
    aside="sin embargo|no obstante|en cambio|por el contrario|lamentablemente|desafortunadamente",
    bound="pero también|pero si",
    joining="y|e|porque|así que",
    verb="yo|ella|es|son|está|están|era|eran|fue|fueron|ha|han|he|hay|tiene|tienen|tengo|va|van|funciona|funcionan|llega"
    "|llegó|tarda|tardó|hace|puede|queda|falta|sirve|cuesta|parece|me|no me|se",
    opener="el|la|los|las|un|una|unos|unas|de|del|mi|mis|tu|su|sus|nuestro|este|esta|estos|estas|en|con|por|para|a|al"
    "|sin|desde|ni|hola|gracias",
    clinging="que|quien|cuyo|donde|o|ni|como|es|son|está|sino",
    condition="si|cuando",
)
ITALIAN = Connectors(
    contrast="ma|però|tuttavia|invece|anche se|sebbene|purtroppo|peccato che|mentre",
    aside="però|tuttavia|invece|purtroppo",
    bound="ma anche|ma pure|non solo ma",
    joining="e|ed|perché|quindi",
    verb="io|lui|lei|è|sono|era|erano|ha|hanno|ho|abbiamo|c['’]è|ci sono|funziona|funzionano|arriva|arrivato|va|vanno"
    "|fa|può|resta|manca|costa|sembra|mi|si",
    opener="il|lo|la|i|gli|le|l['’]\\w+|un|uno|una|di|del|della|dei|delle|mio|mia|suo|sua|nostro|questo|questa|in|nel"
    "|nella|con|per|a|al|alla|da|senza|né|ciao|grazie",
    clinging="che|cui|dove|o|né|come|è|sono|bensì",
    condition="se|quando",
)
PORTUGUESE = Connectors(
    contrast="mas|porém|contudo|no entanto|embora|todavia|entretanto|apesar de|infelizmente|pena que",
    aside="porém|contudo|no entanto|todavia|entretanto|infelizmente",
    bound="mas também|mas sim",
    joining="e|porque|então",
    verb="eu|ele|ela|é|são|está|estão|era|foi|foram|tem|têm|tenho|há|vai|vão|funciona|funcionam|chega|chegou|demora"
    "|demorou|faz|pode|fica|falta|custa|parece|me|se",
    opener="o|a|os|as|um|uma|de|do|da|dos|das|meu|minha|seu|sua|nosso|este|esta|em|no|na|com|por|para|ao|sem|desde|nem"
    "|olá|obrigado|obrigada",
    clinging="que|quem|cujo|onde|ou|nem|como|é|são|está|senão",
    condition="se|quando",
)
UNKNOWN = Connectors("", "", "", "", "", "", "", "")

BY_LANGUAGE = {
    "fr": FRENCH,
    "en": ENGLISH,
    "de": GERMAN,
    "es": SPANISH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
}
