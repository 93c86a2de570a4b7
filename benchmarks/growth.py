"""From 1,000 to 30,000 ballots: seconds and peak memory of merge, mix, open and verify.

    .venv/bin/python benchmarks/growth.py [N ...]

Each step runs in a process of its own, so that its peak memory is its own. Prints a table, and how
far each step is from growing linearly.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from typing import cast

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from election_builder import BuiltElection, build_election, make_contest, pseudonym  # noqa: E402
from pbvote.core import threshold  # noqa: E402
from pbvote.core.ballot import Close, Open  # noqa: E402
from pbvote.core.card import RegistryClose, voter_secret  # noqa: E402
from pbvote.core.closing import SignedClosing  # noqa: E402
from pbvote.core.election import Election  # noqa: E402
from pbvote.core.encoding import encode  # noqa: E402
from pbvote.core.note import add_signature, sign_note  # noqa: E402
from pbvote.core.sealing import Context, first_elements  # noqa: E402
from pbvote.core.selection import Approval  # noqa: E402
from pbvote.core.shuffle import shuffle  # noqa: E402
from pbvote.files import write_bytes  # noqa: E402
from pbvote.store.export import export  # noqa: E402
from pbvote.store.log import SignedLog  # noqa: E402
from pbvote.store.memory import MemoryStore  # noqa: E402
from pbvote.voting import Voter, prepare  # noqa: E402
from pbvote_tally.bundle import CLOSING, MANIFEST, ROLL, FolderBundle  # noqa: E402
from pbvote_tally.close import draft_closing, sign_closing  # noqa: E402
from pbvote_tally.custody import Trustee  # noqa: E402
from pbvote_tally.records import MixRecord  # noqa: E402
from pbvote_tally.tally import Tally  # noqa: E402
from pbvote_tally.verify import verify  # noqa: E402

AT = "2026-11-22T09:00:00Z"
SIZES = (1_000, 3_000, 10_000, 30_000)
CONTEST = make_contest("town", 45, Approval(min=1, max=5))


def election(voters: int) -> BuiltElection:
    """One contest of 45 projects, one box, one registry."""
    return build_election(
        contests=[CONTEST],
        districts=(),
        boxes=(("online", "online"),),
        registrars=("mairie",),
        roll={pseudonym(i): None for i in range(voters)},
    )


def entries(voters: int, numbers: range) -> list[tuple[bytes, bytes]]:
    """(certificate, cast) of some voters."""
    built = election(voters)
    made = []
    for i in numbers:
        code = i.to_bytes(16, "big")
        certificate = built.certificate(code, pseudonym(i))
        voter = Voter(certificate, voter_secret(code, built.election.id))
        vector = tuple(int(p in {i % 45, (i * 7) % 45, (i * 11) % 45}) for p in range(45))
        prepared = prepare(built.election, "online", voter, {"town": vector})
        made.append((encode(certificate), encode(prepared.cast())))
    return made


def make_logs(folder: Path, voters: int) -> None:
    """The bundle's folder up to the closing."""
    built = election(voters)
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        parts = [range(i, min(i + 500, voters)) for i in range(0, voters, 500)]
        made = [pair for part in pool.map(entries, [voters] * len(parts), parts) for pair in part]
    box = [
        encode(Open(election=built.election.id, box="online", at=AT)),
        *(cast for _, cast in made),
        encode(Close(at=AT, cast=voters, challenged=0)),
    ]
    registry = [*(certificate for certificate, _ in made), encode(RegistryClose(at=AT))]
    for kind, name, signer, log in (
        ("box", "online", built.boxes["online"], box),
        ("registry", "mairie", built.registrars["mairie"], registry),
    ):
        store = MemoryStore()
        signed = SignedLog(store, signer)
        for entry in log:
            signed.append(entry)
        export(signed, folder / "logs" / kind / name)
    write_bytes(folder / MANIFEST, built.manifest_note)
    write_bytes(folder / ROLL, built.roll_csv)
    closing = draft_closing(FolderBundle(folder), built.election, AT, {})
    note = sign_closing(closing, built.commission, built.election)
    for trustee in built.trustees:
        note = add_signature(note, trustee)
    write_bytes(folder / CLOSING, note)


class PlainTrustee:
    """A trustee's mix and opening without the custody that a real one has."""

    def __init__(self, built: BuiltElection, number: int) -> None:
        self._signer, self._share = built.trustees[number - 1], built.shares[number - 1]
        self.number, self.name = number, f"trustee-{number}"

    def mix(
        self, e: Election, closing: SignedClosing, contest: str, column: bytes, pool: object
    ) -> tuple[bytes, bytes, bytes]:
        """output.bin, proof.bin, statement.note."""
        context = Context(e.id, contest, self.number)
        output, proof = shuffle(context, e.key, column, e.contest(contest).width)
        record = MixRecord(
            election=e.id,
            contest=contest,
            trustee=self.number,
            input=sha256(column).digest(),
            output=sha256(output).digest(),
            proof=sha256(proof).digest(),
        )
        return output, proof, sign_note(encode(record).decode() + "\n", [self._signer])

    def open(
        self, e: Election, closing: SignedClosing, contest: str, column: bytes, pool: object
    ) -> tuple[bytes, bytes]:
        """shares.bin, proof.bin."""
        context = Context(e.id, contest, self.number)
        return threshold.open_shares(context, self._share, first_elements(column))

    def open_lot(self, e: Election, closing: SignedClosing) -> tuple[bytes, bytes]:
        """The same of the lot."""
        element = threshold.lot_element(e.id, closing.hash)
        return threshold.open_shares(Context(e.id, "", self.number), self._share, [element])


def run_step(step: str, folder: Path, voters: int) -> None:
    """One step over the bundle's folder."""
    built = election(voters)
    bundle = FolderBundle(folder)
    key = built.commission.verify_key
    if step == "verify":
        verify(bundle, key)
        return
    tally = Tally(bundle, folder, key)
    trustees = [cast(Trustee, PlainTrustee(built, i)) for i in (1, 2)]
    if step == "merge":
        tally.merge()
    elif step == "mix":
        for trustee in trustees:
            tally.mix(trustee)
    elif step == "open":
        for trustee in trustees:
            tally.open(trustee)
    elif step == "publish":
        tally.publish(built.commission)


def measured(step: str, folder: Path, voters: int, results: Queue[tuple[float, int]]) -> None:
    """Run a step and tell its seconds and its peak memory in MB."""
    start = time.perf_counter()
    run_step(step, folder, voters)
    seconds = time.perf_counter() - start
    results.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def main(sizes: Sequence[int]) -> None:
    """The table."""
    steps = ("merge", "mix", "open", "publish", "verify")
    print(f"{'ballots':>8}" + "".join(f"{step + ' s':>12}{'MB':>6}" for step in steps))
    rates: dict[str, list[float]] = {step: [] for step in steps}
    context = get_context("spawn")
    for voters in sizes:
        row = f"{voters:>8}"
        with tempfile.TemporaryDirectory() as name:
            make_logs(Path(name), voters)
            for step in steps:
                results: Queue[tuple[float, int]] = context.Queue()
                process = context.Process(target=measured, args=(step, Path(name), voters, results))
                process.start()
                seconds, megabytes = results.get()
                process.join()
                rates[step].append(seconds / voters)
                row += f"{seconds:>12.2f}{megabytes:>6}"
        print(row, flush=True)
    growth = "".join(f"{rates[step][-1] / rates[step][0]:>12.2f}{'':>6}" for step in steps)
    print(f"{'a ballot, last/first':>8}\n{'':>8}{growth}")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or SIZES)
