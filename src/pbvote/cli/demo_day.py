"""The demo's day, step by step, with the same calls as the single commands and the kiosk."""

from __future__ import annotations

import shutil
from concurrent.futures import Executor
from pathlib import Path

from pbvote.at_hand import now
from pbvote.box import Box
from pbvote.cli.demo_plan import Plan
from pbvote.cli.demo_poll import Poll
from pbvote.cli.one_machine import OneMachine
from pbvote.core.card import Channel
from pbvote.core.election import Election
from pbvote.core.encoding import time_text
from pbvote.core.errors import RefusedError
from pbvote.core.manifest import Hours
from pbvote.core.receipt import SignedReceipt, receipt_text
from pbvote.draft import Draft
from pbvote.draft.draft import DraftBox
from pbvote.files import COMMISSION, write_bytes
from pbvote.registry import Registry
from pbvote.registry.rollfile import Person as RollPerson
from pbvote.terminal import Steps
from pbvote_tally.verify import Verified
from pbvote_tally.words import merge_lines, result_lines

SLUG = "demo"
TRUSTEES = ("anne", "bilal", "chloe")
MIXING = ("anne", "chloe")
THRESHOLD = 2
REGISTRARS = ("mairie", "desk-1", "desk-2")
CHANNELS: dict[str, Channel] = {
    "online": "online",
    "kiosk-1": "in-person",
    "kiosk-2": "in-person",
}
DAY = 86_400
SIGN = "demo"  # a file that says: a demo made this folder


def clear(out: Path, *, force: bool) -> None:
    """Make room for a new demo; only a folder that a demo made is ever removed."""
    if not out.exists():
        return
    if not force or not (out / SIGN).exists():
        raise RefusedError(
            "there is something already", where=str(out), hint="Choose another --out, or --force"
        )
    shutil.rmtree(out)


class Day:
    """One election in a folder, from the keys to the verified bundle."""

    def __init__(self, folder: Path, plan: Plan, steps: Steps, pool: Executor) -> None:
        self.folder, self.plan, self.steps, self.pool = folder, plan, steps, pool
        self.whole = OneMachine(folder, steps)
        self.bundle, self.stick = self.whole.bundle, folder / "stick"

    def run(self) -> list[str]:
        """Everything; the lines to be read at the end."""
        write_bytes(self.folder / SIGN, b"A folder that `pbvote demo` made.\n")
        election = self.whole.make(self.draft(), self.people())
        desks = {
            name: Registry.open(self.whole.registry(name), election, name, now=now)
            for name in REGISTRARS
        }
        boxes = {name: self.whole.box(name) for name in CHANNELS}
        poll = Poll(election, self.plan, boxes, desks, self.stick, self.steps)
        poll.run()
        self.close(election, desks, boxes)
        self.whole.count(MIXING, self.pool)
        self.steps.note("Now a stranger verifies the bundle, with nothing but the vkey:")
        verified = self.whole.verify(self.pool)
        return self.lines(poll, verified)

    def people(self) -> list[RollPerson]:
        """The roll."""
        return [
            RollPerson(id=p.number, name=p.name, birth_date=p.birth_date, address=p.address)
            for p in self.plan.people
        ]

    def draft(self) -> Draft:
        """What everybody signs, but for the keys."""
        opens, closes = time_text(now() - DAY), time_text(now() + DAY)
        return Draft(
            slug=SLUG,
            title=self.plan.title,
            currency=self.plan.currency,
            languages=self.plan.languages,
            time_zone="Europe/Brussels",
            opens=Hours(online=opens, in_person=opens),
            closes=Hours(online=closes, in_person=closes),
            supersede=None,
            districts=[],
            trustees=list(TRUSTEES),
            threshold=THRESHOLD,
            closing_quorum=len(TRUSTEES),
            registrars=list(REGISTRARS),
            boxes=[DraftBox(name, channel, name) for name, channel in CHANNELS.items()],
            contests=[self.plan.contest],
            vote_url=None,
            receipt_url=None,
        )

    def close(self, election: Election, desks: dict[str, Registry], boxes: dict[str, Path]) -> None:
        """Logs on sticks, collected at the town hall; the closing, signed by all trustees."""
        self.steps.step("Closing: every log brought in on a stick, checked, and signed for")
        for name, desk in desks.items():
            desk.export(self.stick / "registry" / name)
            desk.stop()
        for name, folder in boxes.items():
            with Box.in_folder(folder, election, name, now=now) as box:
                box.export(self.stick / "box" / name)
        self.whole.close([self.stick])

    def lines(self, poll: Poll, verified: Verified) -> list[str]:
        """What happened, in the end."""
        election = verified.rebuilt.election
        lines = ["", *merge_lines(verified.rebuilt.merge.record)]
        lines += [f"The box had refused: {what}" for what in poll.refused]
        for counted in verified.counted:
            lines += ["", *result_lines(counted, self.plan.languages[0])]
            lines += self.official_lines(set(counted.result.winners))
        return [
            *lines,
            "",
            f"Everything holds. Election {election.id.hex()[:16]}…",
            *self.receipt_lines(election, poll),
            f"The bundle is {self.bundle}; verify it yourself:",
            f"  pbvote-tally verify {self.bundle} --commission {self.folder / COMMISSION}",
        ]

    def official_lines(self, winners: set[str]) -> list[str]:
        """Our winners beside those the town announced, where the file says them."""
        official = self.plan.official
        if official is None:
            return []
        if winners == official:
            return ["The same winners as the town announced."]
        return [
            f"The town announced others. Only here: {_listed(winners - official)}; "
            f"only there: {_listed(official - winners)}"
        ]

    def receipt_lines(self, election: Election, poll: Poll) -> list[str]:
        """A receipt to try."""
        receipts: list[SignedReceipt] = next(iter(poll.receipts.values()))
        signed = receipts[-1]
        text = receipt_text(signed, election.box_position(signed.receipt.box))
        return ["A voter's receipt to check:", f"  pbvote receipt check {text} {self.folder}"]


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
