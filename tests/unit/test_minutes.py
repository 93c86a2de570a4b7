"""The official record: what stands in it, in four languages, and the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from msgspec import structs
from typer.testing import CliRunner

from bundle_builder import MemoryBundle, Polling, make_bundle, write_files
from bundle_changes import Town, town
from election_builder import build_election, make_contest, make_roll
from pbvote import keyfile
from pbvote.core.admission import Reason
from pbvote.core.closing import Status
from pbvote.core.encoding import encode
from pbvote.core.errors import EncodingError, InputError, RefusedError, VerificationError
from pbvote.core.manifest import Contest, Correction
from pbvote.registry.reconciliation import DeskPage, Difference, Reconciliation, What
from pbvote_tally.cli import app
from pbvote_tally.correction import correct
from pbvote_tally.language import LANGUAGES, Words
from pbvote_tally.minutes.facts import (
    Minutes,
    pages_in,
    read_incidents,
    read_minutes,
    read_page,
)
from pbvote_tally.minutes.paper import minutes_pdf
from pbvote_tally.minutes.said import DIFFERENCE, NOT_FUNDED, RULE, SET_ASIDE, STATUS
from pbvote_tally.minutes.sections import sections
from pbvote_tally.published import read_published
from pbvote_tally.rules import RULES
from pbvote_tally.rules.profile import Reason as WhyNot
from pdf_pages import codes, facts, pages
from poll_folder import seed

EN = Words("en", "fr")


def minutes_of(own: Town, **given: object) -> Minutes:
    return read_minutes(MemoryBundle(own.files), own.built.commission.verify_key, **given)  # type: ignore[arg-type]  # as its keywords


@cache
def plain() -> Minutes:
    return minutes_of(town())


def lines(minutes: Minutes, words: Words = EN) -> list[str]:
    """Everything the record says, a row or sentence a line."""
    found = []
    for part in sections(minutes, words):
        found += [part.title, *part.before, *(f"{label}: {value}" for label, value in part.rows)]
        for table in part.tables:
            found += [table.title, *(" | ".join(row) for row in table.rows)]
        found += part.after
    return found


def text(pdf: bytes) -> str:
    return " ".join(" ".join(pages(pdf)).split())


# --- what stands in it ----------------------------------------------------------------------------


def test_who_held_which_role() -> None:
    said = lines(plain())
    assert "1 | trustee-1 | ✓ | ✓ | ✓" in said
    assert "2 | trustee-2 | ✓ | – | –" in said
    assert "3 | trustee-3 | ✓ | ✓ | ✓" in said
    assert "2 trustees are needed to open the ballots, and 3 to sign the closing." in said
    assert any(line.startswith("mairie | 5 | 1 | 0 | 0 | 22 Nov 2026") for line in said)


def test_boxes_with_place_opening_closing_and_counts() -> None:
    said = lines(plain())
    at = "22 Nov 2026, 19:00"
    assert f"online | {at} | {at}" in said
    assert "kiosk-2 | – | lost: nothing of it is counted" in said
    assert f"late, gym | {at} | cut: counted up to its last checkpoint" in said
    assert "online | 4 | 1 | 1 | 3" in said and "kiosk-1 | 1 | 0 | 0 | 1" in said
    assert "Total | 5 | 1 | 1 | 4" in said


def test_set_aside_by_reason_and_incidents_with_theirs() -> None:
    said = lines(minutes_of(town(), incidents=["No power from 14:10 to 14:25"]))
    assert "Replaced by another ballot of the same person | 1" in said
    assert "Total | 1" in said
    assert "box/kiosk-2 | lost: nothing of it is counted | no power" in said
    assert "box/late | cut: counted up to its last checkpoint | no power" in said
    assert "1 | No power from 14:10 to 14:25" in said


def test_turnout() -> None:
    said = lines(plain())
    assert "People on the roll: 6" in said and "People who voted: 4 (66.7%)" in said
    assert "of them online: 3" in said and "of them in the hall: 1" in said


def test_an_addendum_is_told() -> None:
    said = lines(plain())
    assert any(line.endswith("| Box added: late") for line in said)
    assert any("4, Project 4: costs €14,000. Reason: quote" in line for line in said)


def test_results_in_the_order_chosen_with_the_money() -> None:
    said = lines(plain())
    start = said.index("Result: Envelope city")
    own = said[start : said.index("Result: Envelope quarter")]
    assert "1 | 3 | Project 3 | 3 | €7,000" in own and "2 | 1 | Project 1 | 1 | €5,000" in own
    assert own.index("1 | 3 | Project 3 | 3 | €7,000") < own.index("2 | 1 | Project 1 | 1 | €5,000")
    assert "Money in the envelope: €20,000" in own
    assert "Money given: €12,000" in own and "Money left: €8,000" in own
    assert "Ballots: 4" in own and "of them invalid: 1" in own
    assert "4 | Project 4 | 2 | €14,000 | Too little money was left" in own
    assert "No project is funded." in said[said.index("Result: Envelope islands") :]


def test_points_are_told_beside_votes() -> None:
    quarter = next(c for c in plain().contests if c.contest.id == "quarter")
    assert [p.votes for p in (*quarter.winners, *quarter.others)]
    tables = [t for s in sections(plain(), EN) if "quarter" in s.title for t in s.tables]
    assert any("Points" in table.head for table in tables)


def test_the_fingerprint_in_words_hex_and_code() -> None:
    pdf = minutes_pdf(plain(), EN)
    mark = plain().published.fingerprint
    found = [text for n in range(1, int(facts(pdf)["Pages"]) + 1) for text in codes(pdf, n)]
    assert [code for code in found if code.startswith("PBVOTE1/B/")] == found and len(found) == 1
    assert mark.hex()[:8] in text(pdf)


# --- ties and the lot -----------------------------------------------------------------------------


@cache
def tied() -> Town:
    """Four projects of the same cost with a vote each, and money for two."""
    contest = make_contest("city", 4, budget=1_000_000)
    same = [structs.replace(project, cost=500_000) for project in contest.projects]
    return _town([structs.replace(contest, projects=same)], [(1, 0, 0, 0), (0, 1, 0, 0)] * 2)


def _town(contests: list[Contest], choices: list[tuple[int, ...]], slug: str = "demo") -> Town:
    built = build_election(slug, contests=contests, districts=(), roll=make_roll(9, ()))
    poll = Polling(built)
    for person, choice in enumerate(choices):
        poll.cast(poll.card(person), "online", {"city": choice})
    logs = poll.finished()
    statuses: Mapping[str, Status] = {}
    return Town(built, logs, statuses, make_bundle(built, logs))


def test_ties_and_how_the_lot_fell() -> None:
    minutes = minutes_of(tied())
    (city,) = minutes.contests
    assert any(tie.lots for tie in city.ties)
    for tie in city.ties:
        assert list(tie.lots) == sorted(tie.lots)
    said = lines(minutes)
    assert any("(lot " in line and "the cheaper first, the lot" in line for line in said)


# --- corrections ----------------------------------------------------------------------------------


def test_a_corrected_result_stands_beside_the_first() -> None:
    own = town()
    published = read_published(MemoryBundle(own.files), own.built.commission.verify_key)
    note, done = correct(
        published,
        [],
        [Correction(contest="city", project="p3", field="withdrawn", value=True, reason="a law")],
        at="2026-12-05T10:00:00Z",
        reason="Decision of 5 December",
        commission=own.built.commission,
    )
    minutes = minutes_of(own, corrections=[("2.note", note)])
    said = lines(minutes)
    assert "This first result was corrected; see below." in said
    assert "Corrected result 2" in said and "Reason: Decision of 5 December" in said
    assert "3, Project 3: withdrawn. Reason: a law" in said
    later = said[said.index("Corrected result 2: Envelope city") :]
    assert "1 | 4 | Project 4 | 2 | €14,000" in later
    assert (
        "1 | 3 | Project 3 | 3 | €7,000" in said
        and "3 | Project 3 | 3 | €7,000 | Withdrawn" in later
    )
    assert f"Fingerprint of result 2: {done.hash.hex()[:8]}" in " ".join(said)
    with pytest.raises(VerificationError, match=r"2\.note"):
        minutes_of(own, corrections=[("2.note", note.replace(b"5 December", b"6 December"))])


# --- the desks' pages -----------------------------------------------------------------------------

NUMBERS = Reconciliation(
    people=1,
    handed_out=1,
    used=1,
    taken_back=0,
    not_used=0,
    cast=1,
    again=0,
    challenged=0,
    struck=2,
    helped=3,
    differences=(),
)


def page(own: Town, **numbers: object) -> DeskPage:
    return DeskPage(
        election=own.built.election.id,
        desk="desk-1",
        at="2026-11-22T17:10:00Z",
        numbers=structs.replace(NUMBERS, **numbers),
    )


def test_a_page_that_fits_the_logs() -> None:
    minutes = minutes_of(town(), pages=[page(town())])
    assert not minutes.day.mismatches
    said = lines(minutes)
    assert "desk-1 | 22 Nov 2026, 18:10 | 1 | 2 | 3" in said
    assert "Cards handed out in the hall: 1" in said
    assert "all logs | 1 | Boxes whose log is lost | kiosk-2" in said


def test_every_difference_is_named() -> None:
    found = Difference("not-signed", 4, ("desk-1",))
    given = page(town(), cast=7, handed_out=9, differences=(found,))
    minutes = minutes_of(town(), pages=[given])
    assert [(m.what, m.said, m.found) for m in minutes.day.mismatches] == [
        ("handed_out", 9, 1),
        ("cast", 7, 1),
    ]
    said = lines(minutes)
    assert "desk-1 | 22 Nov 2026, 18:10 | Ballots cast in the hall | 7 | 1" in said
    assert "desk-1 | 4 | Check-ins that nobody signed | desk-1" in said


def test_the_latest_page_of_a_desk_counts() -> None:
    early = structs.replace(page(town(), cast=0), at="2026-11-22T12:00:00Z")
    minutes = minutes_of(town(), pages=[page(town()), early])
    assert minutes.day.pages == [page(town())] and not minutes.day.mismatches


def test_nothing_differs() -> None:
    said = lines(minutes_of(tied()))
    assert "Nothing differs: all of it fits together." in said
    assert "No incident was reported." in said and "No entry was set aside." in said
    assert not any("lost" in line for line in said)


@pytest.mark.parametrize("wrong", [{"election": bytes(32)}, {"desk": "elsewhere"}])
def test_a_page_of_another_election(wrong: dict[str, object]) -> None:
    with pytest.raises(VerificationError, match="another election"):
        minutes_of(town(), pages=[structs.replace(page(town()), **wrong)])


def test_pages_and_incidents_from_files(tmp_path: Path) -> None:
    folder = tmp_path / "registries" / "desk-1" / "lists"
    folder.mkdir(parents=True)
    (folder / "2026-11-22T171000Z-reconciliation.json").write_bytes(encode(page(town())))
    assert pages_in(tmp_path) == [page(town())]
    (tmp_path / "x.json").write_bytes(b"{}")
    with pytest.raises(EncodingError, match=r"x\.json"):
        read_page(tmp_path / "x.json")
    told = tmp_path / "incidents.txt"
    told.write_bytes("\ufeffNo power\r\nat 14:10\r\n\r\n \r\nA lamp broke\n".encode())
    assert read_incidents(told) == ["No power at 14:10", "A lamp broke"]
    told.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="plain text"):
        read_incidents(told)


# --- on paper -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_bytes_in_each_language(language: str) -> None:
    words = Words(language, "fr")
    pdf = minutes_pdf(plain(), words)
    assert pdf == minutes_pdf(minutes_of(town()), words)
    said = text(pdf)
    for title in ("Boxes", "Turnout", "Entries set aside", "The audit bundle", "Signatures"):
        assert words(title) in said
    assert facts(pdf)["Title"].startswith(words("Minutes of the vote and of the count"))
    if language != "en":
        assert "Turnout" not in said and "Set aside" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_five_projects_with_long_titles(language: str) -> None:
    contest = make_contest("city", 45, budget=20_000_000)
    long = "Rénovation du lavoir, des abords et du chemin de l'église jusqu'à la vieille école de "
    titles = [{"fr": f"{long}Jéhonville n° {i} {'très ' * 30}"} for i in range(1, 46)]
    projects = [
        structs.replace(project, title=title)
        for project, title in zip(contest.projects, titles, strict=True)
    ]
    own = _town(
        [structs.replace(contest, projects=projects)],
        [tuple(int(p in (a, a + 1)) for p in range(45)) for a in range(0, 9)],
    )
    pdf = minutes_pdf(minutes_of(own), Words(language, "fr"))
    there = pages(pdf)
    assert len(there) > 5 and f"{len(there)}/{len(there)}" in there[-1]
    assert all(f"n° {i}" in text(pdf) for i in (1, 22, 45))
    assert "Jéhonville" in there[4]


def test_who_signs() -> None:
    given = minutes_of(town(), signers=["Anne Dupont, présidente", "Bert Schmidt, secrétaire"])
    said = text(minutes_pdf(given, Words("fr")))
    assert "Signature\u00a0: Anne Dupont, présidente" in said or "Anne Dupont, présidente" in said
    assert "trustee-1, dépositaire de la clé" in said and "Présidence" not in said
    assert "Présidence de la commission" in text(minutes_pdf(plain(), Words("fr")))


def test_a_rehearsal_says_test() -> None:
    own = _town([make_contest("city", 2)], [(1, 0)], slug="test-demo")
    assert "TEST: this counts for nothing" in text(minutes_pdf(minutes_of(own), EN))


def test_everything_that_can_be_said_has_words() -> None:
    for kind, said in ((Reason, SET_ASIDE), (Status, STATUS), (What, DIFFERENCE)):
        assert set(get_args(kind)) == set(said)
    assert set(get_args(WhyNot)) - {"chosen"} <= set(NOT_FUNDED)
    assert set(RULES) <= set(RULE)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An election's folder with a published bundle."""
    own = town()
    write_files(own.files, tmp_path / "bundle")
    signer = own.built.commission
    (tmp_path / "commission.vkey").write_text(signer.verify_key.text + "\n")
    keyfile.save(tmp_path / "keys" / "commission.key", signer.name, seed(signer))
    return tmp_path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(part) for part in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_from_the_result_to_a_corrected_record(folder: Path) -> None:
    said = run("minutes", folder)
    first = {path.name: path.read_bytes() for path in (folder / "minutes").iterdir()}
    assert sorted(first) == ["minutes-en.pdf", "minutes-fr.pdf"] and said.count("\n") == 2
    run("correct", folder, "--withdraw", "city/p3", "--reason", "a law\x1b[8m")
    run("correct", folder, "--cost", "city/p1=20000.01", "--reason", "an offer")
    notes = [folder / "corrections" / f"{n}.note" for n in (2, 3)]
    options = [word for note in notes for word in ("--correction", note)]
    held = run("verify", folder / "bundle", "--quiet", *options)
    assert "\x1b" not in held  # which would hide the rest
    assert "Corrected result 2: a law" in held and "Corrected result 3: an offer" in held
    assert held.rstrip().splitlines()[-1].startswith("Everything holds")
    assert '"p4"\n    ]' in run("verify", folder / "bundle", "--json", *options)
    with pytest.raises(VerificationError, match="number 2 comes here"):
        run("verify", folder / "bundle", "--quiet", "--correction", notes[1])
    run("minutes", folder, "--language", "nl", "--out", folder / "out")
    pdf = (folder / "out" / "minutes-nl.pdf").read_bytes()
    assert "Verbeterd resultaat nr. 3" in text(pdf)
    run("correct", folder, "--reinstate", "city/p3", "--reason", "a court")
    assert (folder / "corrections" / "4.note").exists()
    notes[0].unlink()  # the result would be the first again, and nobody would know
    with pytest.raises(InputError, match=r"2\.note: a correction is missing"):
        run("minutes", folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--withdraw", "city", "--reason", "x"], "names no project"),
        (["--withdraw", "city/p9", "--reason", "x"], "no project is called 'p9'"),
        (["--withdraw", "moon/p1", "--reason", "x"], "no contest is called 'moon'"),
        (["--cost", "city/p1", "--reason", "x"], "isn't a cost"),
        (["--cost", "city/p1=much", "--reason", "x"], "much"),
        (["--withdraw", "city/p1", "--reason", " "], "no reason"),
        (["--reason", "x"], "changes nothing"),
        (["--reinstate", "city/p1", "--reason", "x"], "no correction withdrew city/p1"),
    ],
)
def test_a_correction_that_cannot_be(folder: Path, options: list[str], words: str) -> None:
    with pytest.raises((InputError, EncodingError), match=words):
        run("correct", folder, *options)
    assert not (folder / "corrections").exists()


def test_no_minutes_before_the_result_is_signed(folder: Path) -> None:
    (folder / "bundle" / "results.note").unlink()
    for command in (["minutes", folder], ["correct", folder, "--reason", "x"]):
        with pytest.raises(RefusedError, match="isn't published yet"):
            run(*command)
    assert not (folder / "minutes").exists()


def test_a_language_without_words(folder: Path) -> None:
    with pytest.raises(InputError, match="no minutes in 'it'"):
        run("minutes", folder, "--language", "it")


def test_a_page_that_differs_is_said_at_once(folder: Path) -> None:
    path = folder / "page.json"
    path.write_bytes(encode(page(town(), cast=7)))
    result = CliRunner().invoke(app, ["minutes", str(folder), "--desk", str(path)])
    assert "says 7 (cast), the logs say 1" in result.stderr
