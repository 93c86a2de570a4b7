"""A desk with a city's roll: how long a keystroke of a search takes, and what the index costs.

Two hundred thousand made-up people. Every beginning of what is typed is searched, as the desk does
while somebody types, and the slowest hundredth is reported.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pbvote.registry import Roll
from pbvote.registry.rollfile import Person


def parts(text: str, between: str = " ") -> list[str]:
    return text.split(between)


PEOPLE = 200_000
SHOWN = 50
SYLLABLES = parts(
    "ma de la van ro pe lam ber del du cha le bou ger mi ha ne sa ti lo ka no ri go fon vi bel"
    " dr er ens art ier ot eau in mans sens ault yck oux ard"
)
PARTICLES = ("", "", "", "", "", "", "De ", "Van ", "Van den ", "D'", "Le ", "El ")
FIRST = parts(
    "Adèle Anna Anne Arthur Béatrice Camille Céline Daan David Denis Élise Emma Fatima François"
    " Geert Hélène Inès Jan Jean Jean-Pierre Jérôme Julie Karim Lars Léa Louis Lucas Maria Marie"
    " Michaël Mohamed Nathalie Nora Olivier Philippe Pieter Sofie Thérèse Wim Yasmine Zoé"
)
STREETS = parts(
    "rue de la Gare,rue du Moulin,avenue de la Liberté,Kerkstraat,Dorpsstraat,place du Marché,"
    "chaussée de Louvain,Bahnhofstraße,allée des Tilleuls,Stationsstraat,rue des Écoles",
    ",",
)
TYPED = (
    "a",
    "de",
    "van",
    "rue de la gare 12",
    "d e l a",
    "marie van den",
    "jean lambert",
    "lamberd",
    "dubertault",
    "vandenlamens",
    "22/11/1980",
    "22111980",
    "1980-11-22",
    "1980",
    "anna 1980",
    "123456",
    "592-1234567-89",
    "mohammed lamens",
    "filipe roensens",
    "xyzzyq",
    "kerkstraat 12 maria",
)


@pytest.fixture(scope="module")
def roll() -> Iterator[Roll]:
    """On the disk that the project lies on."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        start = time.perf_counter()
        made = Roll.create(Path(name) / "roll.db", people(PEOPLE, random.Random(1)))
        took, size = time.perf_counter() - start, (Path(name) / "roll.db").stat().st_size
        print(f"\n  roll of {PEOPLE:,} made in {took:.1f} s, {size / 1e6:.0f} MB")
        with made:
            yield made


def people(count: int, rng: random.Random) -> Iterator[Person]:
    """People whose names, streets and birthdays are spread as unevenly as real ones."""
    surnames = [
        rng.choice(PARTICLES) + "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).capitalize()
        for _ in range(count // 5)
    ]
    weights = [1 / place for place in range(1, len(surnames) + 1)]
    for number, surname in enumerate(rng.choices(surnames, weights, k=count)):
        day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1930, 2008)
        digits = f"{rng.randrange(10**12):012}"
        yield Person(
            id=f"{number:06}",
            name=f"{surname} {rng.choice(FIRST)}",
            birth_date=f"{year}-{month:02}-{day:02}",
            address=f"{rng.choice(STREETS)} {rng.randint(1, 240)}",
            document=f"{digits[:3]}-{digits[3:10]}-{digits[10:]}",
            district=("nord", "sud")[number % 2],
        )


def keystrokes(texts: tuple[str, ...]) -> list[str]:
    """All that is in the field while these are typed, each from nothing."""
    return [text[:end] for text in texts for end in range(1, len(text) + 1)]


def test_keystroke_of_a_search(benchmark: BenchmarkFixture, roll: Roll) -> None:
    """The slowest of a hundred under 100 ms."""
    rng = random.Random(2)
    sample = [p.person.name for p in roll.find("", 2000)]
    names = [name[:at] + name[at + 1 :] for name in rng.sample(sample, 10) for at in (0, 3)]
    texts = keystrokes((*TYPED, *names))
    times: list[tuple[float, str]] = []

    def type_all() -> None:
        times.clear()
        for text in texts:
            start = time.perf_counter()
            roll.find(text, SHOWN)
            times.append((time.perf_counter() - start, text))

    benchmark(type_all)
    times.sort()
    p50, p99 = times[len(times) // 2][0], times[int(len(times) * 0.99)][0]
    benchmark.extra_info.update(p50_ms=p50 * 1000, p99_ms=p99 * 1000)
    print(f"\n  {len(times)} keystrokes: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    print("  slowest: " + ", ".join(f"{text!r} {at * 1000:.0f} ms" for at, text in times[-8:]))
    assert p99 < 0.1


def test_correction(benchmark: BenchmarkFixture, roll: Roll) -> None:
    """The index is written anew, so that nothing of what was corrected stays in the file."""
    listed = roll.get("000017").person
    start = time.perf_counter()
    benchmark(lambda: roll.correct(listed, "as it was"))
    print(f"\n  corrections: {time.perf_counter() - start:.1f} s")
