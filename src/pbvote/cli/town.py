"""A made-up town for the demo: people, projects and tastes, the same for the same seed.

The size is that of Bertrix (Belgium) in its first year; every name here is invented.
"""

from __future__ import annotations

import random
from typing import NamedTuple

RESIDENTS = 8000
BUDGET = 2_000_000  # 20,000 € in cents

FIRST_NAMES = (
    "Adèle Alix Amaury Anouk Arthur Aurore Basile Berthe Camille Célestin Clara Côme Denise Élie "
    "Élise Émile Esther Eugénie Félix Fernand Flore Gaston Ginette Hélène Henri Hugo Inès Jeanne "
    "Joseph Jules Juliette Léa Léon Louis Lucie Madeleine Marcel Margot Marius Mathilde Maurice "
    "Nadia Nestor Odette Oscar Paul Pauline Raymond Renée Rose Sami Simone Suzanne Théo Ursule "
    "Valère Victor Yasmine Yvonne Zoé"
).split()
LAST_NAMES = (
    "Aubry Barvaux Bastin Bodart Burnay Charlier Claes Collard Collignon Dardenne Delvaux Demoulin "
    "Deprez Detaille Dufour Evrard Fagnant Gérard Gillet Goffin Grandjean Guillaume Hardy Hubert "
    "Jacquemin Kaiser Lambert Lecomte Ledoux Lejeune Leroy Louis Maréchal Mathieu Ménard Michaux "
    "Nicolas Noël Oger Paquet Peeters Pierret Piron Poncelet Rausch Renard Rossion Schmitz Servais "
    "Simonet Thiry Toussaint Vandamme Verlaine Vigneron Wagner Wauters Weber Yernaux Zeimet"
).split()
STREETS = (
    "rue du Moulin,rue de la Gare,place du Marché,chemin des Ardoises,rue des Écoles,"
    "rue du Lavoir,avenue des Tilleuls,rue de la Forêt,allée des Sorbiers,rue Haute"
).split(",")

PROJECTS = (
    ("Un verger partagé derrière l'école", "A shared orchard behind the school", 3_200),
    ("Des bancs le long de la Semois", "Benches along the river", 2_400),
    ("Une boîte à livres par village", "A book box in each village", 1_800),
    ("Un pumptrack pour les jeunes", "A pump track for the young", 18_500),
    ("Des nichoirs pour les hirondelles", "Nest boxes for swallows", 650),
    ("Un four à pain communal", "A village bread oven", 7_900),
    ("Un café des réparations", "A repair café", 2_100),
    ("Des arceaux à vélos devant les commerces", "Bicycle stands by the shops", 3_600),
    ("Une fontaine d'eau potable au marché", "A drinking fountain on the market", 4_200),
    ("Un sentier pieds nus dans le bois", "A barefoot path in the wood", 5_500),
    ("Des cours d'informatique pour aînés", "Computer lessons for the elderly", 2_800),
    ("Un jardin de pluie place du Marché", "A rain garden on the market square", 9_400),
    ("Un défibrillateur à la salle des fêtes", "A defibrillator at the village hall", 1_950),
    ("Des jeux peints dans la cour", "Painted games in the schoolyard", 1_200),
    ("Une grainothèque à la bibliothèque", "A seed library", 900),
    ("Un mur d'escalade", "A climbing wall", 14_800),
    ("Une fête des voisins par quartier", "A street party in each district", 3_000),
    ("Des poubelles de tri au parc", "Sorting bins in the park", 2_600),
    ("Un abri pour l'arrêt de bus", "A shelter for the bus stop", 8_300),
    ("Une ludothèque ambulante", "A toy library on wheels", 6_700),
    ("Des ruches pédagogiques", "Teaching beehives", 2_300),
    ("Un parcours de santé", "A fitness trail", 11_900),
    ("Une scène couverte pour les fêtes", "A covered stage", 16_400),
    ("Un atelier de théâtre pour tous", "A theatre workshop for all", 3_400),
    ("Des passages pour amphibiens", "Crossings for toads", 4_900),
    ("Une carte tactile du centre", "A tactile map of the centre", 5_200),
    ("Un potager des écoliers", "A pupils' kitchen garden", 1_700),
    ("Le wifi à la salle de quartier", "Wifi in the community room", 1_400),
    ("Un ciné plein air l'été", "Open-air cinema in summer", 4_600),
    ("La restauration du vieux lavoir", "Restoring the old wash-house", 12_700),
    ("Une balade contée aux flambeaux", "A torch-lit story walk", 1_100),
    ("Un terrain de pétanque", "A petanque ground", 6_100),
    ("Des tables d'échecs au parc", "Chess tables in the park", 2_700),
    ("Une aire de jeux inclusive", "A playground for all children", 19_500),
    ("Un compost de quartier", "A district compost", 1_600),
    ("Un marché des producteurs", "A farmers' market", 3_900),
    ("Des haies pour les oiseaux", "Hedges for birds", 2_900),
    ("Une fresque sous le pont", "A mural under the bridge", 4_400),
    ("Des lampes solaires au cimetière", "Solar lamps at the cemetery", 3_100),
    ("Un tandem à louer pour la vue basse", "A tandem for the visually impaired", 2_200),
    ("Une mare pédagogique", "A teaching pond", 5_800),
    ("Un skatepark couvert", "A covered skate park", 20_000),
    ("Des ateliers couture", "Sewing workshops", 1_300),
    ("Une table d'orientation au point de vue", "A panorama table", 3_300),
    ("Un bar à soupe le vendredi", "A soup bar on Fridays", 1_500),
)


class Resident(NamedTuple):
    """A line of the roll."""

    number: str
    name: str
    birth_date: str
    address: str


def residents(count: int, rng: random.Random) -> list[Resident]:
    """So many people aged 16 to 95."""
    return [
        Resident(
            number=f"R{i:05}",
            name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
            birth_date=f"{rng.randint(1931, 2010)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            address=f"{rng.choice(STREETS)} {rng.randint(1, 240)}",
        )
        for i in range(1, count + 1)
    ]


def choice(rng: random.Random, most: int) -> tuple[int, ...]:
    """One voter's ticks: up to `most`, modest projects more often; a few blank."""
    ticks = [0] * len(PROJECTS)
    if rng.random() < 0.01:
        return tuple(ticks)
    weights = [(2 + _taste(i) % 9) * 9_000 // (3_000 + p[2]) for i, p in enumerate(PROJECTS)]
    for i in rng.choices(range(len(PROJECTS)), weights, k=rng.randint(1, most)):
        ticks[i] = 1
    return tuple(ticks)


def _taste(i: int) -> int:
    """A fixed scatter of taste over projects, without the process's hash seed."""
    return i * 2_654_435_761 >> 7
