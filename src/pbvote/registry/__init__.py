"""The roll (private), its registry log (public), and handing out cards.

::

    vkey = Registry.create(folder, "bertrix", "mairie")                  # for the manifest
    roll = Roll.create(folder / ROLL, stream_roll_file(path, columns))
    write_bytes(public, write_roll(roll.public_roll()))                  # roll.csv, signed for
    with Registry.open(folder, election, "mairie", now=now) as registry:
        people = registry.without_card("online")
        cards = registry.issue(people, "online", copy=CheckpointCopy(stick))
"""

from __future__ import annotations

from pbvote.registry.attendance import CheckIn
from pbvote.registry.ballots import Ballots
from pbvote.registry.desk import Desk
from pbvote.registry.folder import CARDS, KEY, LOG, ROLL, export_log, purge
from pbvote.registry.log import Cards, CheckpointCopy, Issued
from pbvote.registry.opened import RegistryStatus
from pbvote.registry.registrar import IssuedCard, Registry
from pbvote.registry.roll import STATUSES, Listed, Progress, Roll, Status

__all__ = [
    "CARDS",
    "KEY",
    "LOG",
    "ROLL",
    "STATUSES",
    "Ballots",
    "Cards",
    "CheckIn",
    "CheckpointCopy",
    "Desk",
    "Issued",
    "IssuedCard",
    "Listed",
    "Progress",
    "Registry",
    "RegistryStatus",
    "Roll",
    "Status",
    "export_log",
    "purge",
]
