"""`pbvote receipt`: what became of a receipt, and what a challenged ballot said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, say, say_json

if TYPE_CHECKING:
    from pbvote.core.ballot import Cast, Challenge
    from pbvote.core.election import Election
    from pbvote.core.note import VerifyKey
    from pbvote.core.receipt import ReceiptText

app = typer.Typer(
    help="For voters: check a receipt, or a ballot that was challenged.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="DIR", help="The election's folder; its bundle unless others are."),
]
BundlePath = Annotated[
    Path | None, typer.Option("--bundle", help="The audit bundle: a folder or a .zip of it.")
]
Commission = Annotated[
    str | None, typer.Option(help="The commission's vkey or a file with it, for --bundle.")
]
BoxPath = Annotated[
    Path | None,
    typer.Option("--box", help="A box's folder or its exported log, instead of a bundle."),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command()
def check(
    receipt: Annotated[
        str,
        typer.Argument(
            metavar="TEXT|PHOTO", help="The receipt's text, or a photo of its QR (PNG or JPEG)."
        ),
    ],
    folder: Folder = None,
    bundle: BundlePath = None,
    commission: Commission = None,
    box: BoxPath = None,
    evidence: Annotated[
        Path | None, typer.Option(help="Write the receipt as a file for evidence/, and go on.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Check a receipt: counted, superseded, set aside, or missing.

    Against a bundle everything up to the merge is checked, so the answer is final. Against a box
    alone (--box, with DIR) it says whether the ballot is in its place; whether it counts is known
    after the closing. Exit status 1 if it is missing or not a receipt of its box: keep it then,
    and bring it to the commission.

    \b
    Example: pbvote receipt check PBVOTE1/R/… --bundle bundle.zip --commission commission.vkey
    Example: pbvote receipt check photo.jpg DIR --box /media/stick/box/online
    """
    import dataclasses

    from pbvote.core.encoding import encode
    from pbvote.files import write_bytes
    from pbvote.receipts import KEEP, signed_receipt, verdict_of_log

    text = _receipt_text(receipt)
    if box is not None:
        election = _election(folder)
        signed = signed_receipt(text, election)
        name, entries = _log(box, election)
        if name != signed.receipt.box:
            _refuse_other_box(name, signed.receipt.box, box)
        found = verdict_of_log(entries, election, signed)
    else:
        from pbvote_tally.bundle import open_bundle
        from pbvote_tally.rebuild import read_election, rebuild
        from pbvote_tally.receipts import verdict

        path, key = _bundle(folder, bundle, commission)
        files = open_bundle(path)
        signed = signed_receipt(text, read_election(files, key))  # before the long work
        with Steps(quiet=json) as steps:
            found = verdict(files, rebuild(files, key, report=steps), signed)
    if evidence is not None:
        write_bytes(evidence, encode(signed))
    if json:
        answer = {"answer": str(found), **dataclasses.asdict(found)}
        say_json({**answer, "tracker": text.tracker.hex(), "at": signed.receipt.at})
    else:
        say(str(found))
        hint(f"{found.place}, tracker {text.tracker.hex()}, taken at {signed.receipt.at}")
    if found.what == "missing":
        hint(f"{found.reason}. {KEEP}.")
        raise typer.Exit(1)


@app.command()
def challenge(
    tracker: Annotated[
        str,
        typer.Argument(
            metavar="TRACKER", help="What the device showed (12 digits or all), or the receipt."
        ),
    ],
    folder: Folder = None,
    bundle: BundlePath = None,
    commission: Commission = None,
    box: BoxPath = None,
    language: Annotated[str, typer.Option(help="Of the projects' titles.")] = "",
    json: AsJson = False,
) -> None:
    """Check a challenged ballot: what had the device sealed?

    The opening is computed here from the published log. If it isn't what was chosen on the
    device, the device cheated. A challenged ballot never counts.

    \b
    Example: pbvote receipt challenge 1a2b-3c4d-5e6f DIR --box DIR/boxes/online
    Example: pbvote receipt challenge PBVOTE1/R/… --bundle bundle.zip
    """
    from pbvote.core.ballot import Challenge
    from pbvote.core.errors import InputError

    begins = _tracker(tracker)
    if box is not None:
        election = _election(folder)
        logs = [_log(box, election)]
    else:
        election, logs = _logs_of_bundle(*_bundle(folder, bundle, commission))
    place, entry = _find(logs, begins)
    if not isinstance(entry, Challenge):
        raise InputError(
            "this ballot was cast, so nobody can open it",
            where=place,
            hint="Only a challenged ballot says what was sealed; check its receipt instead",
        )
    _say_opened(place, entry, election, language or election.manifest.languages[0], json)


def _say_opened(
    place: str, entry: Challenge, election: Election, language: str, json: bool
) -> None:
    from pbvote.cli.choices import as_json, in_words, text_in
    from pbvote.receipts import opened

    contests = opened(entry, election)
    if json:
        said = {o.contest.id: as_json(o.contest, o.selection) for o in contests}
        say_json({"place": place, "sealed": said})
        return
    say(f"{place}: the device had sealed")
    for part in contests:
        say(f"{part.contest.id}: {text_in(part.contest.title, language)}")
        for line in in_words(part.contest, part.selection, language):
            say(f"  {line}")
    hint("It never counts. If it isn't what was chosen, the device cheated: tell the officials.")


def _find(logs: list[tuple[str, Iterator[bytes]]], begins: str) -> tuple[str, Cast | Challenge]:
    """The place and entry of a tracker, a challenge rather than a cast."""
    from pbvote.core.ballot import Challenge
    from pbvote.core.errors import InputError
    from pbvote.receipts import find_tracker

    found: tuple[str, Cast | Challenge] | None = None
    for name, entries in logs:
        here = find_tracker(entries, begins)
        if here is not None and (found is None or isinstance(here[1], Challenge)):
            found = f"{name}, entry {here[0]}", here[1]
    if found is None:
        raise InputError(
            "missing: no ballot with this tracker is there",
            where=", ".join(name for name, _ in logs),
            hint="Compare it digit by digit. A box in the hall publishes its log after closing",
        )
    return found


def _logs_of_bundle(
    path: Path, commission: VerifyKey
) -> tuple[Election, list[tuple[str, Iterator[bytes]]]]:
    """The election, and every box's checked entries."""
    from pbvote.core.closing import open_closing
    from pbvote.core.election import box_origin
    from pbvote_tally import bundle as names
    from pbvote_tally.bundle import open_bundle
    from pbvote_tally.rebuild import check_checkpoints, log_streams, read_election

    files = open_bundle(path)
    election = read_election(files, commission)
    closing = open_closing(files.read(names.CLOSING), election)
    check_checkpoints(files, election, closing)
    streams = log_streams(files, closing)
    origins = {name: box_origin(election.slug, name) for name in election.box_keys}
    return election, [(n, streams[origin]()) for n, origin in origins.items() if origin in streams]


def _log(path: Path, election: Election) -> tuple[str, Iterator[bytes]]:
    """The name and the checked entries of a box's log, wherever it lies."""
    from pbvote.at_hand import log_at
    from pbvote.core.errors import InputError
    from pbvote.core.note import parse_note

    log = log_at(path)
    origin = parse_note(log.checkpoint, str(path)).text.split("\n", 1)[0]
    for name, key in election.box_keys.items():
        if key.name == origin:
            return name, log.checked(key)
    raise InputError(
        f"the log of {origin}, which is no box of this election",
        where=str(path),
        hint=f"This election has: {', '.join(election.box_keys)}",
    )


def _refuse_other_box(name: str, wanted: str, path: Path) -> None:
    from pbvote.core.errors import InputError

    raise InputError(
        f"this is the log of {name}, the receipt is of {wanted}",
        where=str(path),
        hint=f"Check it against the log of {wanted}",
    )


def _election(folder: Path | None) -> Election:
    from pbvote.core.errors import InputError
    from pbvote.files import load_election

    if folder is None:
        raise InputError(
            "a box alone doesn't say whose it is",
            hint="Give the election's folder too: its manifest.note and commission.vkey",
        )
    return load_election(folder)


def _bundle(
    folder: Path | None, bundle: Path | None, commission: str | None
) -> tuple[Path, VerifyKey]:
    """The bundle's path and the commission's key; the key beside it is shown, to be compared."""
    from pbvote.core.errors import InputError
    from pbvote.files import COMMISSION, read_vkey
    from pbvote.terminal import commission_key, show_key

    if bundle is None:
        if folder is None:
            raise InputError(
                "nothing to check it against",
                hint="Give --bundle PATH, or the election's folder, or --box FOLDER with it",
            )
        bundle = folder / "bundle"
        if not (bundle / "closing.note").exists():
            raise InputError(
                "nothing is closed yet here",
                where=str(bundle),
                hint="Until then, check it against the box alone: --box",
            )
    if commission is None and folder is not None:
        return bundle, show_key(read_vkey(folder / COMMISSION))
    return bundle, commission_key(bundle, commission)


def _receipt_text(given: str) -> ReceiptText:
    """The receipt in a text, a photo, or a text file."""
    from pbvote.core.receipt import RECEIPT_PREFIX, read_receipt_text

    texts = [given] if RECEIPT_PREFIX in given else _texts(given)
    return read_receipt_text(next((t for t in texts if RECEIPT_PREFIX in t), texts[0]))


def _texts(given: str) -> list[str]:
    """What stands in the file of this name, or `given` itself; never an empty list."""
    from pbvote.cli.qr_photo import is_photo, read_photo
    from pbvote.files import read_bytes

    path = Path(given)
    looks_like_file = path.suffix.lower() in {".png", ".jpg", ".jpeg", ".txt"}
    if not looks_like_file and not (len(given) < 255 and path.is_file()):
        return [given]
    data = read_bytes(path)
    if is_photo(data):
        return read_photo(path)
    return [data[:4096].decode("utf-8", errors="replace")]


def _tracker(given: str) -> str:
    """The hex that a tracker begins with, from typed digits or a receipt."""
    from pbvote.core.errors import InputError
    from pbvote.core.receipt import RECEIPT_PREFIX

    texts = [given] if RECEIPT_PREFIX in given else _texts(given)
    if texts != [given] or RECEIPT_PREFIX in given:
        return _receipt_text(given).tracker.hex()
    digits = given.replace("-", "").replace(" ", "").lower()
    if not 12 <= len(digits) <= 64 or set(digits) - set("0123456789abcdef"):
        raise InputError(
            f"{given[:80]!r} is no tracker", hint="It has 12 digits or more, 0-9 and a-f"
        )
    return digits
