"""A small election's folder, published and corrected, with every kind of receipt, for the site.

Three boxes and one that was lost, two envelopes, four languages, projects on a map, and titles
that would be markup if a page let them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from bundle_builder import AT, Polling, make_bundle, signer_of, write_files
from election_builder import BuiltElection, build_election, make_contest, make_roll
from pbvote.core.card import Channel
from pbvote.core.closing import Status
from pbvote.core.encoding import encode
from pbvote.core.manifest import Contest, Correction
from pbvote.core.receipt import Receipt, SignedReceipt, receipt_text, sign_receipt
from pbvote.core.selection import Points
from pbvote.files import COMMISSION, write_bytes
from pbvote.receipts import tracker_of
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.correction import correct, path_of
from pbvote_tally.published import read_published

TITLE = {
    "fr": "Budget participatif <b>2026</b> & suites",
    "nl": "Burgerbegroting",
    "de": "Bürgerhaushalt",
    "en": "Participatory budget",
}
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
BOXES: tuple[tuple[str, Channel], ...] = (
    ("online", "online"),
    ("kiosk-1", "in-person"),
    ("kiosk-2", "in-person"),
    ("kiosk-3", "in-person"),
)
FILLER = 300  # entries that are no ballots, so that the log has more than one tile
PLACES = (("49.8546", "5.2557"), ("49.8601", "5.2483"), ("49.8466", "5.2666"), ("x", "5"))
AGES = "group,people,ballots\n16-25,6,3\n26-64,20,11\n65+,4,4\n"


@dataclass(frozen=True)
class SiteFolder:
    """The folder, and receipts by what became of their ballots."""

    folder: Path
    built: BuiltElection
    poll: Polling
    receipts: dict[str, str]

    def receipt(self, box: str, index: int, tracker: bytes) -> str:
        """A receipt's text with the box's true signature, whatever it says."""
        return receipt_for(self.built, box, index, tracker)


def signed_receipt(built: BuiltElection, box: str, index: int, tracker: bytes) -> SignedReceipt:
    """A receipt that a box signed for this entry, whatever is there."""
    election = built.election.id
    receipt = Receipt(election=election, box=box, index=index, tracker=tracker, at=AT)
    return sign_receipt(receipt, signer_of(built, f"box/{box}"))


def receipt_for(built: BuiltElection, box: str, index: int, tracker: bytes) -> str:
    """Its text."""
    signed = signed_receipt(built, box, index, tracker)
    return receipt_text(signed, built.election.box_position(box))


def contests() -> list[Contest]:
    """A town's envelope, counted greedily, and a quarter's by Equal Shares."""
    city = make_contest("city", 6)
    projects = [
        structs.replace(p, latitude=PLACES[i][0], longitude=PLACES[i][1]) if i < len(PLACES) else p
        for i, p in enumerate(city.projects)
    ]
    projects[1] = structs.replace(
        projects[1],
        title={"fr": HOSTILE, "en": HOSTILE},
        description={"fr": f"Ligne 1\n{HOSTILE}"},
        proposer='O\'Neil & "fils"',
        url="https://example.org/?a=1&b=2",
        category={"fr": "Nature", "en": "Nature"},
        district="nord",
        place=HOSTILE,
    )
    projects[2] = structs.replace(projects[2], url="javascript:alert(1)", number='"><b>')
    quarter = make_contest(
        "quarter",
        3,
        Points(total=10, max_each=6),
        districts=["nord"],
        rule={"name": "equal-shares", "completion": "add-one"},
    )
    return [structs.replace(city, projects=projects), quarter]


def make_site_folder(folder: Path) -> SiteFolder:
    """The whole folder, made once a session; it takes a second."""
    built = build_election(contests=contests(), boxes=BOXES, roll=make_roll(30), title=TITLE)
    poll = Polling(built)
    places = _vote(poll)
    statuses: dict[str, Status] = {"box/kiosk-2": "cut", "box/kiosk-3": "lost"}
    logs = poll.finished(statuses)
    evidence = {"1.json": encode(signed_receipt(built, "online", 1_000_000, bytes(32)))}
    files = make_bundle(built, logs, statuses, evidence=evidence)
    write_files(files, folder / "bundle")
    write_bytes(folder / COMMISSION, f"{built.commission.verify_key.text}\n".encode())
    write_bytes(folder / "turnout-ages.csv", AGES.encode())
    _correct(folder, built)
    receipts = {
        name: receipt_for(built, box, index, tracker_of(poll.logs[f"box/{box}"][index]) or b"")
        for name, (box, index) in places.items()
    }
    return SiteFolder(folder, built, poll, receipts)


def _vote(poll: Polling) -> dict[str, tuple[str, int]]:
    """A day at the boxes; where a ballot of each fate stands."""
    places: dict[str, tuple[str, int]] = {}
    poll.put("box/online", *[b"%d" % i for i in range(FILLER)])
    for person in range(18):
        vector = tuple(int((person + i) % 4 < 2) for i in range(6))
        if sum(vector) > 3:
            vector = (1, 1, 1, 0, 0, 0)
        choice = {"city": vector, "quarter": (person % 6, 2, 1)}
        index = poll.cast(poll.card(person), "online", choice)
        places["counted"] = ("online", index)
    again = poll.card(0, serial=2, channel="in-person", registrar="desk-1")
    hall = poll.cast(again, "kiosk-1", {"city": (0, 0, 1, 0, 0, 0)})
    places["superseded"] = ("online", FILLER + 1)
    places["successor"] = ("kiosk-1", hall)
    lost = poll.card(20)
    places["set aside"] = ("online", poll.cast(lost, "online"))
    poll.revoke(lost)
    places["challenged"] = ("online", poll.challenge(poll.card(21), "online"))
    places["cut"] = (
        "kiosk-2",
        poll.cast(poll.card(22, channel="in-person", registrar="desk-1"), "kiosk-2"),
    )
    places["lost"] = (
        "kiosk-3",
        poll.cast(poll.card(23, channel="in-person", registrar="desk-1"), "kiosk-3"),
    )
    return places


def _correct(folder: Path, built: BuiltElection) -> None:
    """The first winner of the town's envelope is withdrawn after a complaint."""
    published = read_published(FolderBundle(folder / "bundle"), built.commission.verify_key)
    winner = published.results.contests[0].winners[0]
    withdrawn = Correction(
        contest="city", project=winner, field="withdrawn", value=True, reason="no permit"
    )
    note, _ = correct(
        published,
        [],
        [withdrawn],
        at="2026-12-05T10:00:00Z",
        reason=f"The permit was refused. {HOSTILE}",
        commission=built.commission,
    )
    write_bytes(path_of(folder, 2), note)
