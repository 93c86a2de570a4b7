"""What "check your receipt" reads in the browser, as scripts that a page from a disk may load.

The signed documents and tiles byte for byte, so that the browser checks signatures and proofs
itself; where a tracker stands and which ballot counts instead, which it proves from them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from pbvote.core.encoding import to_base64
from pbvote.core.tiles import CHECKPOINT, layout
from pbvote_tally import bundle as names
from pbvote_tally.bundle import Bundle
from pbvote_tally.published import Published
from pbvote_tally.site.ballots import Ballots, box_log

SHARD = 1000  # trackers a file holds at most, about
DIGITS = 12  # of a short tracker

File = tuple[str, bytes]


def receipt_files(bundle: Bundle, published: Published, ballots: Ballots) -> Iterator[File]:
    """Names below `data/` and contents."""
    yield _script("documents", _documents(bundle, published))
    yield from _tiles(bundle, published)
    yield from _trackers(ballots)
    successors = ballots.successors()
    pairs = {f"{old.box}/{old.entry}": list(new) for old, new in successors.items()}
    yield _script("superseded", pairs)


def _script(name: str, value: object) -> File:
    """A file that hands its value to the page; JSON is ASCII, so no page's encoding spoils it."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return f"data/{name}.js", f'pbvote.put("{name}",{text});\n'.encode("ascii")


def _documents(bundle: Bundle, published: Published) -> dict[str, object]:
    def text(name: str) -> str:
        return bundle.read(name).decode("utf-8")

    election = published.election
    logs = [box_log(published, box) for box, _ in enumerate(election.boxes)]
    return {
        "commission": election.commission.text,
        "manifest": text(names.MANIFEST),
        "addenda": [text(names.addendum(i)) for i, _ in enumerate(election.addenda, 1)],
        "closing": text(names.CLOSING),
        "results": text(names.RESULTS),
        "merge": text(names.MERGE),
        "checkpoints": [
            None if log.status == "lost" else text(f"{names.log_folder(log.origin)}/{CHECKPOINT}")
            for log in logs
        ],
    }


def _tiles(bundle: Bundle, published: Published) -> Iterator[File]:
    for box, _ in enumerate(published.election.boxes):
        log = box_log(published, box)
        if log.status == "lost":
            continue
        folder = names.log_folder(log.origin)
        for tile in layout(log.size):
            data = bundle.read(f"{folder}/{tile.path}")
            yield _script(f"box/{box}/{tile.path}", to_base64(data))


def _trackers(ballots: Ballots) -> Iterator[File]:
    """Short tracker → places, spread over files by its first digits."""
    digits = 0
    while len(ballots.all) > SHARD * 16**digits:
        digits += 1
    shards: dict[str, dict[str, list[list[int]]]] = defaultdict(dict)
    for prefix in range(16**digits):
        shards[f"{prefix:0{digits}x}" if digits else "all"] = {}
    for ballot in ballots.all:
        short = ballot.tracker.hex()[:DIGITS]
        shards[short[:digits] or "all"].setdefault(short, []).append(list(ballot.place))
    yield _script("trackers", {"digits": digits})
    for name, shard in shards.items():
        yield _script(f"trackers/{name}", shard)
