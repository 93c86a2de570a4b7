"""A town hall's folder on the evening of the count: trustees' folders, and sticks with the logs.

``town = make_town(tmp_path)``: eight people voted at three boxes; every key is at hand. The
passphrase of every trustee is `PASSPHRASE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bundle_builder import Entries, Polling, log_files, signer_of, write_files
from election_builder import BuiltElection, build_election
from pbvote import keyfile
from pbvote.core.selection import Vector
from pbvote.files import COMMISSION, COMMISSION_KEY, MANIFEST, ROLL, write_bytes
from poll_folder import seed
from trustee_builder import CHEAP, NAMES, finished

CHOICES: Sequence[Mapping[str, Vector]] = (
    {"city": (1, 1, 0, 0, 0), "quarter": (6, 4, 0)},
    {"city": (1, 0, 1, 0, 0), "quarter": (0, 0, 0)},
    {"city": (1, 1, 0, 1, 0), "quarter": (3, 3, 3)},
    {"city": (0, 0, 1, 0, 0)},
    {"city": (0, 0, 0, 0, 0), "quarter": (0, 6, 4)},
)
"""What the voters choose, in turn."""


@dataclass(frozen=True)
class Town:
    """DIR, and a stick a log in `sticks`."""

    path: Path
    sticks: Path
    built: BuiltElection
    logs: Entries

    @property
    def bundle(self) -> Path:
        return self.path / "bundle"

    def stick(self, *names: str, entries: int | None = None) -> Path:
        """A stick with these logs, of each the first so many entries; all logs if none is named."""
        folder = self.sticks / "-".join(name.replace("/", "-") for name in names or ("all",))
        for name in names or self.logs:
            files = log_files(signer_of(self.built, name), self.logs[name][:entries])
            write_files(files, folder / name)
        return folder

    def trustee(self, number: int) -> Path:
        """A trustee's own folder."""
        return self.path / "trustees" / NAMES[number - 1]


def make_town(path: Path, *, slug: str = "demo", commission: str | None = None) -> Town:
    """The folder before any log came in; `commission` is the passphrase of its key."""
    circle = finished(path / "town", slug=slug)
    note = circle.manifest()
    for name in NAMES:
        note = circle.sign_manifest(name, note)
    built = replace(
        build_election(slug, trustees=len(NAMES), threshold=2),
        election=circle.election(),
        manifest_note=note,
        commission=circle.commission,
        trustees=[],
        shares=[],
    )
    town, signer = circle.path, circle.commission
    write_bytes(town / MANIFEST, note)
    write_bytes(town / ROLL, built.roll_csv)
    write_bytes(town / COMMISSION, f"{signer.verify_key.text}\n".encode())
    keyfile.save(town / COMMISSION_KEY, signer.name, seed(signer), commission, CHEAP)
    return Town(town, path / "sticks", built, poll(built).finished())


def poll(built: BuiltElection) -> Polling:
    """Eight people vote: one twice, one opens a ballot to check the kiosk."""
    made = Polling(built)
    for person in range(8):
        online = person % 3 == 0
        channel, registrar = ("online", "mairie") if online else ("in-person", "desk-1")
        box = "online" if online else f"kiosk-{person % 3}"
        card = made.card(person, channel=channel, registrar=registrar)
        if person == 4:
            made.challenge(card, box)
        made.cast(card, box, CHOICES[person % len(CHOICES)])
        if person == 5:
            made.cast(card, box, CHOICES[0])
    return made
