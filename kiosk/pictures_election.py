"""The election of the pictures: invented projects of an invented town, in four languages."""

from __future__ import annotations

from pbvote.core.manifest import Contest, Project
from pbvote.core.selection import Knapsack, Points

TITLE = {
    "fr": "Budget participatif de Valmont",
    "nl": "Burgerbegroting van Valmont",
    "de": "Bürgerhaushalt Valmont",
    "en": "Participatory budget of Valmont",
}
_CATEGORIES = {
    "nature": {"fr": "Nature", "nl": "Natuur", "de": "Natur", "en": "Nature"},
    "young": {"fr": "Jeunesse", "nl": "Jeugd", "de": "Jugend", "en": "Young people"},
    "street": {"fr": "Espace public", "nl": "Openbare ruimte", "de": "Straßen", "en": "Streets"},
    "together": {"fr": "Vivre ensemble", "nl": "Samenleven", "de": "Miteinander", "en": "Together"},
}
_Texts = tuple[str, str, str, str]
_TOWN: tuple[tuple[str, int, str, str, _Texts, _Texts], ...] = (
    (
        "01", 3_200, "nature", "École communale",
        (
            "Un verger partagé derrière l'école",
            "Een gedeelde boomgaard achter de school",
            "Ein Obstgarten für alle hinter der Schule",
            "A shared orchard behind the school",
        ),
        (
            "Douze pommiers et poiriers d'anciennes variétés, plantés avec les élèves.",
            "Twaalf appel- en perenbomen van oude rassen, geplant met de leerlingen.",
            "Zwölf Apfel- und Birnbäume alter Sorten, mit den Kindern gepflanzt.",
            "Twelve apple and pear trees of old varieties, planted with the pupils.",
        ),
    ),
    (
        "02", 18_500, "young", "Parc du Moulin",
        (
            "Un pumptrack pour les jeunes",
            "Een pumptrack voor de jeugd",
            "Eine Pumptrack-Bahn für die Jugend",
            "A pump track for the young",
        ),
        (
            "Une piste à bosses pour vélos et trottinettes, ouverte à tous les âges.",
            "Een hobbelbaan voor fietsen en steps, open voor alle leeftijden.",
            "Eine Wellenbahn für Räder und Roller, offen für jedes Alter.",
            "A bumpy track for bicycles and scooters, open to all ages.",
        ),
    ),
    (
        "03", 4_200, "street", "Place du Marché",
        (
            "Une fontaine d'eau potable au marché",
            "Een drinkfontein op de markt",
            "Ein Trinkbrunnen auf dem Markt",
            "A drinking fountain on the market",
        ),
        (
            "De l'eau fraîche et gratuite d'avril à octobre, accessible en fauteuil roulant.",
            "Fris en gratis water van april tot oktober, bereikbaar met een rolstoel.",
            "Frisches Wasser von April bis Oktober, kostenlos und mit Rollstuhl erreichbar.",
            "Fresh water, free of charge, from April to October, within reach of a wheelchair.",
        ),
    ),
    (
        "04", 2_100, "together", "Salle des fêtes",
        (
            "Un café des réparations",
            "Een repaircafé",
            "Ein Reparatur-Café",
            "A repair café",
        ),
        (
            "Un samedi par mois, des bénévoles réparent avec vous ce qui est cassé.",
            "Eén zaterdag per maand herstellen vrijwilligers samen met u wat stuk is.",
            "An einem Samstag im Monat reparieren Freiwillige mit Ihnen, was kaputt ist.",
            "One Saturday a month, volunteers mend with you what is broken.",
        ),
    ),
    (
        "05", 7_900, "together", "Rue Haute",
        (
            "Un four à pain communal",
            "Een gemeenschappelijke broodoven",
            "Ein Backhaus für das Dorf",
            "A village bread oven",
        ),
        (
            "Le vieux four remis en état, avec une fournée commune chaque mois.",
            "De oude oven hersteld, met elke maand een gezamenlijke bakdag.",
            "Der alte Ofen wieder hergerichtet, mit einem Backtag im Monat.",
            "The old oven put right again, with a common baking day each month.",
        ),
    ),
    (
        "06", 9_400, "nature", "Place du Marché",
        (
            "Un jardin de pluie",
            "Een regentuin",
            "Ein Regengarten",
            "A rain garden",
        ),
        (
            "Des plantes en creux qui retiennent l'eau des orages et rafraîchissent la place.",
            "Verdiepte plantvakken die het water van onweders opvangen en het plein verkoelen.",
            "Vertiefte Beete, die Regengüsse aufnehmen und den Platz kühlen.",
            "Sunken beds that take in the water of storms and cool the square.",
        ),
    ),
    (
        "07", 8_300, "street", "Rue de la Gare",
        (
            "Un abri pour l'arrêt de bus",
            "Een schuilhuisje aan de bushalte",
            "Ein Unterstand an der Bushaltestelle",
            "A shelter for the bus stop",
        ),
        (
            "Un banc, un toit et de la lumière.",
            "Een bank, een dak en licht.",
            "Eine Bank, ein Dach und Licht.",
            "A bench, a roof and light.",
        ),
    ),
    (
        "08", 1_100, "together", "Bois de Valmont",
        (
            "Une balade contée aux flambeaux",
            "Een vertelwandeling bij fakkellicht",
            "Eine Märchenwanderung mit Fackeln",
            "A torch-lit story walk",
        ),
        (
            "Une soirée d'hiver, en quatre langues.",
            "Een winteravond, in vier talen.",
            "Ein Winterabend, in vier Sprachen.",
            "An evening in winter, in four languages.",
        ),
    ),
)  # fmt: skip
LANGUAGES = tuple(TITLE)


def _texts(texts: _Texts) -> dict[str, str]:
    return dict(zip(LANGUAGES, texts, strict=True))


def _projects() -> list[Project]:
    return [
        Project(
            id=f"p{number}",
            number=number,
            title=_texts(title),
            cost=euros * 100,
            category=_CATEGORIES[category],
            place=place,
            description=_texts(description),
        )
        for number, euros, category, place, title, description in _TOWN
    ]


def contests() -> list[Contest]:
    """A budget to fill for the whole town, and points for its young people's own."""
    projects = _projects()
    return [
        Contest(
            id="town",
            title=_texts(
                ("Toute la commune", "De hele gemeente", "Die ganze Gemeinde", "The whole town")
            ),
            budget=3_000_000,
            ballot=Knapsack(),
            rule={"name": "greedy"},
            projects=projects,
        ),
        Contest(
            id="young",
            title=_texts(
                ("Idées des jeunes", "Ideeën van jongeren", "Ideen der Jugend", "Young ideas")
            ),
            budget=1_000_000,
            ballot=Points(total=10, max_each=5),
            rule={"name": "greedy"},
            projects=projects[3:],
        ),
    ]
