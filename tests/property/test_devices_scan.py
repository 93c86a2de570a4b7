"""Whatever is typed and scanned in any order: each comes out once, in order, as what it is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from pbvote_kiosk.devices.scan import ENTER, Fed, ScanReader
from scanner_keys import LAYOUTS, typed

GAP, STALL, FAST, FOREIGN, LATE = (
    ScanReader.GAP,
    ScanReader.STALL,
    ScanReader.FAST,
    ScanReader.FOREIGN,
    ScanReader.LATE,
)
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
TYPED = "abehopPHBVz0123456789&!-/ '\"éçàÉ§" + ENTER


class Burst(NamedTuple):
    """Characters typed together, and what is to come of them."""

    keys: str
    typed: str
    scans: tuple[str, ...]


def _text(rng: random.Random) -> str:
    kind = rng.choice("CRO")
    return f"PBVOTE1/{kind}/" + "".join(rng.choices(BASE32, k=rng.choice([8, 40, 165, 183])))


def _own_scan(rng: random.Random) -> Burst:
    """One to three scans of ours, glued together or not, the last one with Enter or without."""
    layout, caps = rng.choice(list(LAYOUTS)), rng.random() < 0.5
    texts = tuple(_text(rng) for _ in range(rng.choice([1, 1, 1, 2, 3])))
    keys = ""
    for text in texts:
        front = rng.choice(["", "", "HTTPS://VOTE.EXAMPLE.BE/R/", "HTTP://A-B.BE:80#"])
        keys += typed(front + text, layout, caps=caps) + rng.choice([ENTER, ""])
    return Burst(keys, "", texts)


def _other_scan(rng: random.Random) -> Burst:
    layout, caps = rng.choice(list(LAYOUTS)), rng.random() < 0.5
    if rng.random() < 0.5:
        keys = typed("4" + "".join(rng.choices("012356789", k=12)), layout, caps=caps)
        return Burst(keys + ENTER, keys[: FOREIGN - 1], (keys,))
    keys = typed("HTTPS://WWW.EXAMPLE.COM/" + "".join(rng.choices(BASE32, k=9)), layout, caps=caps)
    return Burst(keys + ENTER, "", (keys,))


def _garbage(rng: random.Random) -> Burst:
    keys = "".join(rng.choices(TYPED.strip(ENTER), k=rng.randrange(1, FOREIGN)))
    keys += rng.choice(["", ENTER])
    return Burst(keys, keys, ())


def _stream(rng: random.Random) -> Iterator[tuple[Burst, float]]:
    """Bursts and the time before each; a person's is a single key."""
    before, open_end = "", False
    for _ in range(rng.randrange(1, 25)):
        make = rng.choice([_person, _person, _person, _person, _own_scan, _other_scan, _garbage])
        burst = make(rng)
        pause = rng.uniform(GAP, 0.4)
        if make is _own_scan and before == "person" and rng.random() < 0.5:
            pause = rng.uniform(0, GAP)
        if open_end:
            pause += STALL
        if open_end and ENTER in burst.keys and make is not _own_scan:
            pause += LATE
        yield burst, pause
        before = "person" if make is _person else ""
        open_end = make is _own_scan and not burst.keys.endswith(ENTER)


def _person(rng: random.Random) -> Burst:
    key = rng.choice(TYPED)
    return Burst(key, key, ())


class Clocked:
    """A reader with the timer of its caller, which is late at times."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.reader, self.fed, self.at = rng, ScanReader(), Fed(), 0.0

    def key(self, character: str, pause: float) -> None:
        patience = self.reader.patience
        if self.reader.waiting and pause >= patience and self.rng.random() < 0.7:
            self.fed = self.fed.then(self.reader.flush(self.at + patience))
        self.at += pause
        self.fed = self.fed.then(self.reader.feed(character, self.at))


def test_every_key_and_every_scan_comes_out_once(rng: random.Random, soak: bool) -> None:
    for _ in range(40_000 if soak else 1_000):
        clocked, wanted = Clocked(rng), Fed()
        speed = rng.choice([(0.0, 0.0), (0.002, 0.020), (0.0, FAST)])
        for burst, pause in _stream(rng):
            for place, character in enumerate(burst.keys):
                clocked.key(character, pause)
                is_stalled = burst.keys.startswith("PBVOTE1/") and rng.random() < 0.02
                known = is_stalled and len(burst.scans) == 1 and place >= ScanReader.SURE
                pause = rng.uniform(0, STALL) if known else rng.uniform(*speed)
            wanted = wanted.then(Fed(burst.typed, burst.scans))
        fed = clocked.fed.then(clocked.reader.flush(clocked.at + GAP))
        assert fed == wanted
        assert not clocked.reader.waiting


def test_typing_at_a_person_s_speed_comes_out_as_typed(rng: random.Random, soak: bool) -> None:
    letters = "PBVOTE1/HTTPS:pbvote&!https" + ENTER
    for _ in range(20_000 if soak else 500):
        clocked = Clocked(rng)
        keys = "".join(rng.choices(letters, k=40)) + "PBVOTE1/C/ABC" + ENTER
        for character in keys:
            clocked.key(character, rng.uniform(GAP, 0.3))
        assert clocked.fed.then(clocked.reader.flush(clocked.at + GAP)) == Fed(keys)


def test_no_noise_is_lost_but_into_scans(rng: random.Random, soak: bool) -> None:
    """Keys at any speed: what isn't typed again is in a scan; no Enter is made up."""
    letters = "PBVOTE1/pbvote&!h3" + ENTER
    for _ in range(20_000 if soak else 500):
        clocked = Clocked(rng)
        keys = "".join(rng.choices(letters, k=60))
        for character in keys:
            clocked.key(character, rng.choice([0.0, 0.01, 0.04, 0.1]))
        fed = clocked.fed.then(clocked.reader.flush(clocked.at + GAP))
        assert fed.typed.count(ENTER) + len(fed.scans) == keys.count(ENTER)
        if not fed.scans:
            assert fed.typed == keys
