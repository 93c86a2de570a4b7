"""`pbvote-tally`: close, merge, mix, open, count, publish, verify; each step as a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pbvote.terminal import Steps, commission_key, hint, passphrase, run, say, say_json
from pbvote.words import harmless, plural
from pbvote_tally.commands import correct, explain, minutes, publish, show

if TYPE_CHECKING:
    from pbvote_tally.close import Declared
    from pbvote_tally.custody import Trustee
    from pbvote_tally.tally import Tally
    from pbvote_tally.verify import Counted

app = typer.Typer(
    name="pbvote-tally",
    help="Count a participatory budget in public, and verify the count of another town.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(help="The election's folder; the bundle is in it.")]
Workers = Annotated[int, typer.Option(min=1, help="How many processes share the work.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON, for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No steps on stderr.")]
Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
]
TrusteeFolder = Annotated[Path, typer.Option("--trustee", help="The trustee's own folder.")]


@app.command()
def close(
    folder: Folder,
    logs: Annotated[
        list[Path] | None, typer.Option(help="A stick or folder with exported logs; repeat.")
    ] = None,
    cut: Annotated[
        list[str] | None, typer.Option(help="box/NAME=REASON: counted up to its last checkpoint.")
    ] = None,
    lost: Annotated[
        list[str] | None, typer.Option(help="box/NAME=REASON: nothing of it is at hand.")
    ] = None,
    passphrase_file: Passphrase = None,
) -> None:
    """Take in the logs, and draft the closing with the commission's signature.

    Without --logs, the logs exported so far are taken from DIR/bundle. The trustees sign next:
    pbvote trustee sign. Nothing is added to the count after that.

    \b
    Example: pbvote-tally close DIR --logs /media/stick --cut box/kiosk-2="no power at 14:10"
    """
    from time import time

    from pbvote.core.encoding import time_text
    from pbvote.core.errors import RefusedError
    from pbvote.files import COMMISSION_KEY, load_election, write_bytes
    from pbvote.keyfile import load_signer
    from pbvote_tally.bundle import CLOSING, FolderBundle
    from pbvote_tally.close import draft_closing, sign_closing
    from pbvote_tally.collect import collect, collect_copies, copy_documents

    election = load_election(folder)
    bundle = folder / "bundle"
    if (bundle / CLOSING).exists():
        raise RefusedError(
            "there is a closing already",
            where=str(bundle / CLOSING),
            hint="Nothing is added after it; a box found later is listed, not counted",
        )
    with Steps() as steps:
        for source in logs or []:
            collect(bundle, election, source, steps)
        for source in logs or []:
            for kept in collect_copies(bundle, election, source):
                steps.note(f"A checkpoint that its log doesn't reach is kept as {kept}")
        declared = {**_declared(cut, "cut"), **_declared(lost, "lost")}
        steps.step("The closing: every log read to its end")
        closing = draft_closing(FolderBundle(bundle), election, time_text(int(time())), declared)
    signer = load_signer(folder / COMMISSION_KEY, _key_passphrase(folder, passphrase_file))
    copy_documents(folder, bundle)
    write_bytes(bundle / CLOSING, sign_closing(closing, signer, election))
    for log in closing.logs:
        say(f"{log.status:7}{plural(log.size, 'entry'):>16}  {log.origin}")
        say(f"{'root':>15} {log.root.hex()}")
    trustees = plural(election.manifest.quorum, "trustee")
    say(f"Next, to be signed by {trustees}: `pbvote trustee sign`.")


@app.command()
def merge(folder: Folder, workers: Workers = 1, json: AsJson = False) -> None:
    """Judge every ballot of every log, and write merge.json and the columns to mix.

    \b
    Example: pbvote-tally merge DIR
    """
    import msgspec

    from pbvote_tally.words import merge_lines

    with Steps() as steps:
        record = _tally(folder, folder / "bundle", workers, steps).merge().merge.record
    if json:
        say_json(msgspec.to_builtins(record))
        return
    for line in merge_lines(record):
        say(line)


@app.command()
def mix(
    folder: Folder,
    trustee: TrusteeFolder,
    out: Annotated[
        Path | None, typer.Option(help="Where the mix is written, to be brought back.")
    ] = None,
    passphrase_file: Passphrase = None,
    workers: Workers = 1,
) -> None:
    """A trustee's mix of every contest, after everything before it was checked here.

    On the trustee's own machine: DIR is a copy of the election's folder, --out a stick; at the
    town hall, `pbvote-tally take` brings it in.

    \b
    Example: pbvote-tally mix DIR --trustee trustees/anne
    """
    with _trustee(trustee, passphrase_file) as me, Steps() as steps:
        _tally(folder, out or folder / "bundle", workers, steps).mix(me)
    say("Mixed.")


@app.command("open")
def open_(
    folder: Folder,
    trustee: TrusteeFolder,
    out: Annotated[
        Path | None, typer.Option(help="Where the shares are written, to be brought back.")
    ] = None,
    passphrase_file: Passphrase = None,
    workers: Workers = 1,
) -> None:
    """A trustee's opening of every contest and of the lot, once all mixes were checked here.

    \b
    Example: pbvote-tally open DIR --trustee trustees/anne
    """
    with _trustee(trustee, passphrase_file) as me, Steps() as steps:
        _tally(folder, out or folder / "bundle", workers, steps).open(me)
    say("Opened.")


@app.command()
def take(
    folder: Folder,
    brought: Annotated[Path, typer.Argument(help="The folder or zip that a trustee brings.")],
    workers: Workers = 1,
) -> None:
    """Bring in a trustee's mix or opening made on another machine, once it was checked here.

    \b
    Example: pbvote-tally take DIR /media/stick/anne
    """
    from pbvote_tally.bundle import open_bundle

    with Steps() as steps:
        taken = _tally(folder, folder / "bundle", workers, steps).take(open_bundle(brought))
    say(f"{plural(len(taken), 'file')} taken.")


@app.command()
def count(
    source: Annotated[Path, typer.Argument(help="An election's folder, or a Pabulib .pb file.")],
    rule: Annotated[
        str | None,
        typer.Option(
            help="For a .pb file, else its own: greedy, greedy-per-cost, equal-shares, phragmen, "
            "maximin-support, best-total, majority-judgment, borda, most-votes."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value of the rule; repeat.")
    ] = None,
    ties: Annotated[
        str, typer.Option(help="How ties are broken in a .pb count, in this order.")
    ] = "lower-cost,lot",
    workers: Workers = 1,
    json: AsJson = False,
) -> None:
    """Count opened ballots by the contests' rules, or the plain votes of a Pabulib file.

    \b
    Example: pbvote-tally count DIR
    Example: pbvote-tally count FILE.pb --rule equal-shares --set completion=none --json
    """
    if source.is_dir():
        with Steps(quiet=json) as steps:
            tally = _tally(source, source / "bundle", workers, steps)
            counted = tally.count()
        _say_counted(counted, tally.rebuilt.election.manifest.languages[0], json)
        return
    from pbvote_tally.plain import count_file

    outcome = count_file(source, rule, settings or [], ties)
    if json:
        say_json(outcome)
        return
    for number, winner in enumerate(outcome["winners"], 1):
        say(f"{number:>4}. {winner}")
    say(f"Spent: {outcome['spent']} (in the file's smallest unit)")


@app.command("run")
def run_all(
    folder: Folder,
    trustee: Annotated[
        list[Path], typer.Option(help="A trustee's folder; repeat, at least the threshold.")
    ],
    passphrase_file: Passphrase = None,
    workers: Workers = 1,
) -> None:
    """Merge, mix, open, count and publish in one go, after the closing was signed.

    For one machine that has all trustees' folders at hand. The passphrase file, if given, serves
    for all.

    \b
    Example: pbvote-tally run DIR --trustee trustees/anne --trustee trustees/bert
    """
    from pbvote.files import COMMISSION_KEY
    from pbvote.keyfile import load_signer

    signer = load_signer(folder / COMMISSION_KEY, _key_passphrase(folder, passphrase_file))
    trustees = sorted((_trustee(t, passphrase_file) for t in trustee), key=lambda t: t.number)
    with Steps() as steps:
        tally = _tally(folder, folder / "bundle", workers, steps)
        counted = tally.run(trustees, signer)
    _say_counted(counted, tally.rebuilt.election.manifest.languages[0], json=False)


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The audit bundle: a folder or a .zip of it.")],
    commission: Annotated[
        str | None,
        typer.Option(help="The commission's vkey, or a file with it, as the town published it."),
    ] = None,
    workers: Workers = 1,
    json: AsJson = False,
    quiet: Quiet = False,
    correction: Annotated[
        list[Path] | None,
        typer.Option(help="A corrected result beside the bundle; repeat, in their order."),
    ] = None,
) -> None:
    """Verify an audit bundle from its first signature to its winners. Needs nothing else.

    Exit status 0 and the winners if everything holds; otherwise 1 and one line that names the
    file and the check that failed. Without --commission, the vkey beside the bundle is taken and
    shown: compare it with what the town published. With --correction, the corrected results are
    counted again too; the last is the result.

    \b
    Example: pbvote-tally verify bundle.zip --commission commission.vkey
    Example: pbvote-tally verify bundle.zip --commission commission.vkey --correction 2.note
    """
    from pbvote_tally.bundle import open_bundle
    from pbvote_tally.correction import verify_corrections
    from pbvote_tally.verify import verify as verify_bundle
    from pbvote_tally.workers import executor

    key = commission_key(bundle, commission)
    with Steps(quiet=quiet or json) as steps:
        verified = verify_bundle(open_bundle(bundle), key, executor=executor(workers), report=steps)
    for finding in verified.evidence:
        hint(f"{finding.file}: {finding.finding} ({finding.detail})")
    election = verified.rebuilt.election
    language = election.manifest.languages[0]
    done = verify_corrections(open_bundle(bundle), verified, correction or [])
    if json:
        _say_counted(done[-1].counted if done else verified.counted, language, json)
        return
    _say_counted(verified.counted, language, json)
    for one in done:
        say(f"Corrected result {one.record.number}: {harmless(one.record.reason)}")
        _say_counted(one.counted, language, json)
    say(f"Everything holds. Election {election.id.hex()[:16]}…, {key.text}")


app.command()(publish.publish)
app.command()(explain.explain)
app.command()(minutes.minutes)
app.command()(correct.correct)
app.command()(show.show)
app.command()(show.pre_check)


def main() -> NoReturn:
    """The entry point."""
    run(app)


def _say_counted(counted: list[Counted], language: str, json: bool) -> None:
    from pbvote_tally.count import outcome_json
    from pbvote_tally.words import result_lines

    if json:
        say_json(
            [
                {
                    "contest": c.contest.id,
                    "ballots": c.result.ballots,
                    "blank": c.result.blank,
                    "invalid": c.result.invalid,
                    **outcome_json(c.outcome),
                }
                for c in counted
            ]
        )
        return
    for c in counted:
        for line in result_lines(c, language):
            say(line)


def _declared(given: list[str] | None, status: str) -> dict[str, Declared]:
    from pbvote.core.errors import InputError
    from pbvote_tally.close import Declared

    declared = {}
    for text in given or []:
        name, equals, reason = text.partition("=")
        if not equals or not reason:
            raise InputError(f"--{status} {text!r} has no reason", hint="Write box/NAME=REASON")
        declared[name] = Declared("cut" if status == "cut" else "lost", reason)
    return declared


def _tally(folder: Path, out: Path, workers: int, steps: Steps) -> Tally:
    from pbvote.files import COMMISSION, read_vkey
    from pbvote_tally.bundle import FolderBundle
    from pbvote_tally.tally import OPENING, Tally
    from pbvote_tally.workers import executor

    source, key = FolderBundle(folder / "bundle"), read_vkey(folder / COMMISSION)
    return Tally(source, out, key, executor(workers), steps, opening=folder / OPENING)


def _trustee(folder: Path, file: Path | None) -> Trustee:
    from pbvote_tally.custody import Trustee

    return Trustee(folder, passphrase(f"the trustee in {folder}", file))


def _key_passphrase(folder: Path, file: Path | None) -> str | None:
    from pbvote.files import COMMISSION_KEY
    from pbvote.keyfile import is_sealed

    return passphrase("the commission", file) if is_sealed(folder / COMMISSION_KEY) else None
