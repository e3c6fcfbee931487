"""Words that say nothing of what a text is about, in the languages whose labels people read."""

from __future__ import annotations

from functools import cache

BY_LANGUAGE = {
    "fr": """
        a à abord ah ai aie ainsi ait aller alors après as assez attend au aucun aucune aujourd auquel aura aurait aussi
        autant autre autres aux avait avant avec avez avoir avons ayant beaucoup bien bon bonjour bonsoir bref c ça car ce
        ceci cela celle celles celui cependant ces cet cette ceux chacun chaque chez ci cinq combien comme comment contre
        coucou d dans de dedans dehors déjà depuis dernier derrière des dès deux devant devez devrait dire dis dit dites
        dois doit doivent donc dont du elle elles en encore enfin entre es est et étaient étais était étant été êtes être
        eu eux fais faire fait faites fallait fallu faut fois font franchement hein hier hors hui ici il ils j jamais je
        jour jours juste l la là laquelle le lequel les lesquels leur leurs lol lors lui m ma maintenant mais malgré me
        même mêmes merci mes mettre mieux moi moins mois mon mr n ne ni non nos notre nous on ont or ou où oui par parce
        pareil parfois parmi partout pas pendant personne petit peu peut peuvent peux plein plus plusieurs plutôt pour
        pourquoi pourtant pouvez pouvoir pris puis puisque qu quand quatre que quel quelle quelles quelqu quelque quelques
        quels qui quoi rien s sa sait salut sans se sera serait ses seul seulement si sinon soi soir soit son sont sous
        souvent suis sur surtout svp t ta tant te tel telle tellement tes toi ton toujours tous tout toute toutes très
        trois trop tu un une va vais vas venir vers veut veux vient voilà voir vois vont vos votre voulez vous vraiment vu
        y""",
    "en": """
        a able about actually after again ago ain all almost already also always am amp an and another any anyone anything
        are aren around as at away back be because been before being best better both but by came can can't cannot come
        could couldn d day days did didn do does doesn doing don done dont down each either else enough even ever every
        everyone everything few first for from get gets getting give go goes going gone gonna good got great had has hasn
        have haven having he hello help her here hers hey hi him his how hope i if im in instead into is isn it its itself
        ive just keep know last least left less let like ll lol look lot lots m made make many may maybe me mean might mine
        more most much must my myself need never new next no nobody none nor not nothing now o of off oh ok okay on once
        one only or other others our ours out over own people please pls put quite rather re really right s said same saw
        say says see seen several shall she should shouldn since so some somebody someone something soon still such sure t
        take tell than thank thanks that the their theirs them then there these they thing things think this those though
        three through till time to today told tomorrow tonight too took try trying two u under until up upon ur us use used
        using ve very want wants was wasn way we well went were weren what when where which while who whole whom whose why
        will with within without won would wouldn yeah yes yesterday yet you your yours yourself""",
    "de": """
        aber ach alle allem allen aller alles als also am an andere anderen anderer auch auf aus bei beim bereits besser bin
        bis bist bitte da dabei dafür damit danach danke dann daran darauf darf darum das dass dazu dein deine dem den denn
        denen der deren des deshalb dich die dies diese diesem diesen dieser dieses dir doch dort drei du durch eben echt
        ein eine einem einen einer eines einfach einmal er erst es etwas euch euer eure fast für ganz gar geht gerade gern
        gibt ging gut hab habe haben hallo hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im
        immer in ins ist ja jede jedem jeden jeder jedes jemand jetzt kann kannst kein keine keinen keiner können könnt
        konnte leider los machen macht mal man mehr mein meine meinem meinen meiner mich mir mit muss müssen nach nachdem
        neu nicht nichts nie noch nun nur ob oder oft ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so
        sogar soll sollen sollte sondern sonst tag tage trotz tun über um und uns unser unsere unter viel viele vielleicht
        vom von vor wann war wäre waren warum was weg wegen weil weiter welche wenn wer werde werden wie wieder wir wird
        wirklich wo wohl wollen wurde wurden würde zu zum zur zwei zwischen""",
    "es": """
        a acá ahí ahora al algo alguien algún alguna algunas algunos allí ante antes aquel aquella aquí así aún aunque ayer
        bien bueno buenos cada casi como cómo con contra cosa cosas cual cuál cuando cuándo cuánto de del desde después día
        días donde dónde dos durante e el él ella ellas ellos en entonces entre era eran eres es esa esas ese eso esos esta
        está estaba están estar estas este esto estos estoy fue fueron gracias ha había hace hacer hago han hasta hay he hola
        hoy igual ir la las le les lo los luego más me mejor menos mi mí mientras mis mismo misma mucha muchas mucho muchos
        muy nada nadie ni no nos nosotros nuestra nuestro nunca o os otra otras otro otros para pero poco por porque pues
        puede puedo que qué quien quién quiero sé sea según ser si sí siempre sin sino sobre solo sólo somos son soy su sus
        tal también tampoco tan tanto te tener tengo ti tiene tienen toda todas todavía todo todos tres tu tú tus un una unas
        uno unos va vamos ver vez y ya yo""",
    "it": """
        a abbiamo ad adesso agli ai al alla alle allo allora altra altre altri altro anche ancora anni appena avere aveva
        avevo bene buongiorno c che chi ci ciao ciò come con contro cosa così cui d da dagli dai dal dalla dalle dallo davvero
        degli dei del della delle dello dentro di dice dire dopo dove dovrebbe due e è ecco ed era erano essere fa fare fatto
        fino forse fra fuori già giorni giorno gli grazie ha hai hanno ho i il in infatti insieme invece io l la le lei li lo
        loro lui ma mai me meglio meno mentre mi mia mie miei mio molta molti molto ne nei nel nella nelle nello nessun
        nessuno niente no noi non nostra nostro nulla o oggi ogni ora ormai per perché perchè però più poco poi prima proprio
        può qualche qualcosa quale quando quanto quasi quattro quel quella quelle quelli quello questa queste questi questo
        qui quindi sa sarà se sei sempre senza si sì sia siamo siete solo sono sono sta stata stato sto su sua sue sugli sui
        sul sulla suo suoi tanto te ti tra tre troppo tu tua tue tuo tutta tutte tutti tutto un una uno va vai verso vi via
        voi volta""",
    "pt": """
        a agora ainda além algo alguém algum alguma algumas alguns ali antes ao aos apenas após aquela aquele aqui as às assim
        até bem boa bom cada coisa coisas com como da daí dar das de dela dele deles depois desde dessa desse desta deste dia
        dias disso do dois dos durante e é ela elas ele eles em embora então entre era eram és essa essas esse esses esta está
        estão estar estas estava este estes estou eu fazer faz feito fez foi foram gente há havia hoje ir isso isto já la lá
        lhe lo mais mal mas me melhor menos mesma mesmo meu meus minha minhas muita muitas muito muitos na nada não nas nem
        nenhum nessa nesse nesta neste ninguém no nos nós nossa nosso num numa nunca o obrigada obrigado olá onde ontem os ou
        outra outras outro outros para pela pelas pelo pelos pode pois por porque porquê pra pro qual quando quanto quase que
        quê quem quero se sem sempre ser será seu seus sido só sobre sou sua suas tal também tanto tão te tem têm tenho ter
        teu teve tinha toda todas todo todos três tu tua tudo um uma umas uns vai vamos vão ver vez vezes você vocês vos vou""",
    "ar": """
        أن أنا أنت أو أي إذا إلا إلى إن ان انا انت او اي اذا الا الى التي الذي الذين اللي الله الي اليوم بس بعد بعض بل بين تم
        ثم جدا حتى حد خلال دون ذلك ذا رح زي شي شو عليه عليها على علي عن عند عندما غير فقط في فيه فيها فى قال قبل قد كان كانت
        كل كلها كما كم كنت كيف لا لأن لان لازم لكن لكم لم لما لن لنا له لها لهم لو لي ليس ليه ليش ما ماذا متى مثل مش مع معه
        معي من منه منها مو نحن نعم هاد هذا هذه هل هم هناك هنا هو هي هيك وال واحد وأن وان ولا ولكن وما ومن وهو وهي يا يعني
        يكون يوم""",
}
MASKS = "author http https rt user www via amp"
"""What stands where a text was masked, and marks of links and reshares."""


@cache
def stop_words() -> frozenset[str]:
    """All of them, in lower case."""
    return frozenset(" ".join([*BY_LANGUAGE.values(), MASKS]).split())
