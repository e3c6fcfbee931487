"""Common aspects of products and services and the words for them, in French and English.

Settings name one (`aspects: [delivery, price]`) or build on it (`delivery: [$delivery, coursier]`). Entries are
those of a list of the settings' `terms`: queries in the language of docs/query.md; words side by side are a phrase.
Accents and capitals do not matter. A word that means several things stands with one that says which.
"""

from __future__ import annotations

SHIPPED: dict[str, tuple[str, ...]] = {
    "delivery": (
        "livraison*", "livrer", "=livré", "=livrée", "=livrés", "=livrées", "livreur*", "livreuse*", "livrent", "colis",
        "transporteur*", "point relais", "expédi*", "acheminement", "suivi de commande", "coursier*",
        "deliver*", "shipping", "shipped", "shipment*", "parcel*", "package", "packages", "courier*", "tracking number",
    ),
    "price": (
        "prix", "tarif*", "cher", "chère", "chers", "chères", "chere*", "coût", "coûts", "coûte*", "couteux", "coûteuse",
        "onéreu*", "abordable*", "rapport qualité prix", "promo", "promos", "promotion*", "augmentation*", "arnaque*",
        "bon marché", "gratuit*", "hors de prix", "addition",
        "price*", "pricing", "pricey", "expensive", "overpriced", "cheap", "cheaper", "cheapest", "affordable", "cost",
        "costs", "value for money", "rip off", "fee", "fees", "discount*",
    ),
    "staff": (
        "personnel", "employé*", "vendeur*", "vendeuse*", "conseiller*", "conseillère*", "serveur*", "serveuse*",
        "équipe", "équipes", "accueil", "accueilli*", "caissi*", "technicien*", "patron", "patronne", "gérant*",
        "hôtesse*", "steward*", "interlocuteur*", "chauffeur*",
        "staff", "employee*", "waiter*", "waitress*", "cashier*", "salesman", "salesperson", "sales rep*", "crew",
        "flight attendant*", "agent", "agents", "technician*", "manager*", "team", "reception*", "driver*",
    ),
    "app": (
        "appli", "applis", "application", "applications", "site", "site web", "site internet", "interface*",
        "mise à jour", "mises à jour", "espace client", "bug", "bugs", "bugué*", "connexion NEAR/3 compte", "identifiant*",
        "app", "apps", "website*", "web site", "login", "log in", "update", "updates", "user interface", "UI",
    ),
    "quality": (
        "qualité* NOT (rapport NEAR/2 qualité)", "solide*", "solidité", "fragile*", "robuste*", "fiable*", "fiabilité",
        "finition*", "camelote", "matériau*", "durable*", "défaut*", "défectueu*", "casse", "cassé*",
        "quality", "sturdy", "flimsy", "durab*", "reliable", "reliability", "unreliable", "well made", "faulty",
        "defective", "defect*", "broke", "broken",
    ),
    "waiting": (
        "attente", "attendre", "attendu", "attends", "attend", "attendons", "file d'attente", "queue", "délai", "délais",
        "retard", "retards", "patienter", "patienté*", "lenteur*", "poireaut*", "heures au téléphone",
        "waiting", "waited", "wait", "wait time*", "queue*", "queuing", "delay*", "on hold", "late", "slow service",
    ),
    "billing": (
        "factur*", "prélèvement*", "prélevé*", "préleve*", "débité*", "mensualité*", "abonnement*", "résiliation*",
        "résilier", "échéance*", "trop perçu", "frais NEAR/3 (dossier OR bancaire* OR résiliation OR cachés OR service)",
        "bill", "bills", "billing", "billed", "invoice*", "charged", "overcharged", "direct debit", "subscription*",
        "hidden fee*",
    ),
    "network": (
        "réseau", "réseaux NOT sociaux", "couverture", "débit", "débits", "fibre", "4G", "5G", "3G", "wifi", "wi-fi",
        "connexion", "connexions", "ping", "hors ligne", "ne capte*", "capte", "signal", "panne*", "coupure*", "box",
        "network*", "coverage", "signal", "bandwidth", "broadband", "fiber", "fibre", "download speed*", "internet speed*",
        "outage*", "connection*",
    ),
    "cleanliness": (
        "propre*", "propreté", "sale", "sales NOT rep", "saleté*", "hygiène", "crasse*", "crade*", "dégueulasse*",
        "poussière*", "moisissure*", "cafard*", "nettoy*", "odeur*",
        "clean", "cleanliness", "dirty", "filthy", "hygien*", "mold", "mould", "smelly", "smell*", "stain*", "cockroach*",
    ),
    "food": (
        "plat", "plats", "cuisine", "nourriture", "repas", "menu", "menus", "carte des vins", "dessert*", "entrée", "entrées",
        "goût", "goûts", "saveur*", "assiette*", "viande*", "poisson*", "vin", "vins", "petit déjeuner", "boisson*", "mets",
        "savoureu*", "délicieu*", "café NEAR/3 (goût OR bon OR mauvais OR tiède OR froid)",
        "food", "meal*", "dish", "dishes", "taste*", "tasty", "delicious", "flavour*", "flavor*", "breakfast", "dinner",
        "lunch", "wine*", "drink*",
    ),
    "comfort": (
        "confort*", "inconfort*", "literie", "lit", "lits", "matelas", "siège*", "chaise*", "bruit", "bruits", "bruyant*",
        "clim", "climatisation", "chauffage", "calme", "isolation", "espace NEAR/3 jambes", "ambiance",
        "cadre NOT (dans NEAR/2 cadre)",
        "comfort*", "uncomfortable", "bed", "beds", "mattress*", "seat*", "noise", "noisy", "legroom", "leg room",
        "air conditioning", "quiet", "atmosphere", "ambience",
    ),
    "refund": (
        "rembours*", "avoir NEAR/3 (bon OR achat)", "bon d'achat", "geste commercial", "dédommag*", "indemni*",
        "compensation*", "retour NEAR/3 (gratuit OR produit OR colis OR article)",
        "refund*", "reimburs*", "money back", "compensat*", "voucher*", "return policy",
    ),
    "after_sales": (
        "SAV", "service après vente", "service client*", "service clientèle", "service consommateur*", "support",
        "support technique", "assistance", "hotline", "garantie*", "réparation*", "réparé*", "réparer", "réclamation*",
        "conseiller NEAR/4 téléphone", "joindre", "injoignable*",
        "customer service", "customer support", "customer care", "help desk", "helpdesk", "after sales", "support team",
        "tech support", "warranty", "repair*", "complaint*",
    ),
    "choice": (
        "choix", "gamme", "gammes", "assortiment", "rupture de stock", "en rupture", "stock", "stocks", "disponibilité*",
        "indisponible*",
        "choice", "selection", "product range", "out of stock", "in stock", "availability", "unavailable",
    ),
    "safety": (
        "sécurité", "sécurisé*", "dangereu*", "danger", "surchauffe*", "prend feu", "brûlure*", "incendie*", "rappel produit",
        "safety", "unsafe", "dangerous", "hazard*", "overheat*", "caught fire", "fire hazard", "product recall*",
    ),
    "privacy": (
        "données personnelles", "vie privée", "RGPD", "piratage", "piraté*", "fuite de données", "mes données", "démarchage*",
        "personal data", "my data", "privacy", "GDPR", "data breach*", "hacked", "leaked", "spam calls",
    ),
    "ease": (
        "facile*", "facilité", "simple d'utilisation", "simplicité", "pratique", "ergonomi*", "intuitif*", "intuitive",
        "compliqué*", "notice", "mode d'emploi", "prise en main", "installation",
        "easy to use", "ease of use", "easy", "user friendly", "intuitive", "complicated", "instructions", "set up", "setup",
    ),
}  # fmt: skip
