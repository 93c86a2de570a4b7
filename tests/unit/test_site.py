"""The results site's files: the same bytes again, links that lead somewhere, what is downloaded."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from typer.testing import CliRunner

from pbvote.core.errors import InputError, RefusedError, VerificationError
from pbvote.core.note import VerifyKey
from pbvote.pabulib import read
from pbvote_tally.bundle import open_bundle
from pbvote_tally.cli import app
from pbvote_tally.site import folder as folders
from pbvote_tally.site.folder import SUMS, whole_folder
from pbvote_tally.site.others import age_groups
from pbvote_tally.site.publish import must_be_signed, read_source, write_site
from pbvote_tally.site.source import AgeGroup, Source, read_ages
from pbvote_tally.verify import verify
from site_folder import HOSTILE, SiteFolder, make_site_folder


@pytest.fixture(scope="module")
def election(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    return make_site_folder(tmp_path_factory.mktemp("election"))


@pytest.fixture(scope="module")
def source(election: SiteFolder) -> Source:
    return read_source(election.folder, key_of(election))


@pytest.fixture(scope="module")
def site(election: SiteFolder, source: Source) -> Path:
    write_site(source, election.folder / "site")
    return election.folder / "site"


def key_of(election: SiteFolder) -> VerifyKey:
    return election.built.commission.verify_key


def read_all(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_result_gives_the_same_bytes(
    election: SiteFolder, site: Path, tmp_path: Path
) -> None:
    number = write_site(read_source(election.folder, key_of(election)), tmp_path / "again")
    again = read_all(tmp_path / "again")
    assert again == read_all(site)
    assert number == len(again)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_sums_name_every_file(site: Path) -> None:
    files = read_all(site)
    lines = (site / SUMS).read_text("utf-8").splitlines()
    named = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    del files[SUMS]
    assert named == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


class Page(HTMLParser):
    """What a page links to, its ids, and what could run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.external: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        link = given.get("href") or given.get("src")
        if link and "external" in (given.get("rel") or ""):
            self.external.append(link)
        elif link:
            self.links.append(link)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        self.wrong += [name for name in given if name.startswith("on") or name == "style"]
        if tag in ("iframe", "object", "img", "style", "base") or (
            tag == "script" and not given.get("src") and given.get("type") != "application/json"
        ):
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), path
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.scheme and not parts.netloc, (path, link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file() and site.resolve() in target.parents, (path, link)
            if parts.fragment:
                assert parts.fragment in pages[target].ids, (path, link)
        assert set(page.external) <= {"https://example.org/?a=1&b=2"}


def test_every_page_of_every_language_is_there(site: Path, pages: dict[Path, Page]) -> None:
    names = {
        language: sorted(p.name for p in pages if p.parent.name == language)
        for language in ("fr", "nl", "de", "en")
    }
    assert names["fr"] == names["nl"] == names["de"] == names["en"]
    assert len(names["fr"]) == 6 + 3 + 7  # projects of both envelopes, and the other pages
    reached = {
        (path.parent / link.split("#")[0]).resolve()
        for path, p in pages.items()
        for link in p.links
    }
    assert {path.resolve() for path in pages} - reached == {(site / "index.html").resolve()}


def test_nothing_from_outside_can_run(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert page.wrong == [], path
        text = path.read_text("utf-8")
        assert "default-src &#39;none&#39;" in text
        assert HOSTILE not in text
        assert "javascript:" not in text


def test_hostile_titles_are_shown(site: Path) -> None:
    assert "&lt;script&gt;alert" in (site / "en" / "project-1-2.html").read_text("utf-8")


def test_the_bundle_verifies_as_downloaded(site: Path, election: SiteFolder) -> None:
    verified = verify(open_bundle(site / "downloads" / "bundle.zip"), key_of(election))
    assert verified.rebuilt.election.id == election.built.election.id
    vkey = (site / "downloads" / "bundle.vkey").read_text().strip()
    assert VerifyKey.parse(vkey) == key_of(election)
    digest = hashlib.sha256((site / "downloads" / "bundle.zip").read_bytes()).hexdigest()
    assert digest in (site / "fr" / "data.html").read_text("utf-8")


def test_evidence_is_told(site: Path) -> None:
    page = (site / "en" / "process.html").read_text("utf-8")
    assert "evidence/1.json" in page
    assert "online, entry 1000000 isn&#39;t in the log" in page


def test_signed_again_only_for_evidence(election: SiteFolder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(election.folder, tmp_path / "election"))
    assert not must_be_signed(folder, key_of(election))
    evidence = folder / "bundle" / "evidence"
    shutil.copyfile(evidence / "1.json", evidence / "2.json")
    with pytest.raises(RefusedError, match="evidence was added"):
        must_be_signed(folder, key_of(election))
    shutil.rmtree(folder / "corrections")
    assert must_be_signed(folder, key_of(election))
    (evidence / "2.json").unlink()
    (folder / "bundle" / "letter.txt").write_text("no evidence")
    assert not must_be_signed(folder, key_of(election))
    with pytest.raises(VerificationError, match=r"letter\.txt"):
        read_source(folder, key_of(election))


def test_the_command_needs_no_key_for_what_is_signed(
    election: SiteFolder, site: Path, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, ["publish", str(election.folder), "--out", f"{tmp_path}/out"])
    assert done.exit_code == 0, done.output
    assert read_all(tmp_path / "out") == read_all(site)
    assert f"{tmp_path}/out/index.html" in done.output


def test_open_data(site: Path, source: Source) -> None:
    folder = site / "downloads"
    assert json.loads((folder / "results.json").read_bytes())["number"] == 2
    assert json.loads((folder / "results-1.json").read_bytes())["number"] == 1
    assert (folder / "corrections" / "2.note").read_bytes() == source.notes[0]
    rows = list(csv.DictReader(io.StringIO((folder / "projects.csv").read_text("utf-8-sig"))))
    assert len(rows) == 9
    assert {row["status"] for row in rows} == {"winner", "not-funded", "withdrawn"}
    for number, counted in enumerate(source.counted, 1):
        path = folder / f"{number}-{counted.contest.id}.pb"
        pb = read(path)
        place = {project.id: i for i, project in enumerate(counted.contest.projects)}
        order = [place[project.id] for project in pb.projects]
        named = [v for v in counted.selections if v is not None and any(v)]
        assert pb.vectors == [tuple(v[i] for i in order) for v in named]
        assert set(pb.official or ()) == set(counted.outcome.winners)


def test_a_formula_is_a_text_in_a_table() -> None:
    from pbvote_tally.site.open_data import _inert

    assert [_inert(cell) for cell in ("=1+1", "@x", "-5", "-x", "a", "+32", "")] == [
        "'=1+1",
        "'@x",
        "-5",
        "'-x",
        "a",
        "'+32",
        "",
    ]


def test_small_age_groups_are_put_together() -> None:
    ages = [AgeGroup("a", 20, 3), AgeGroup("b", 20, 12), AgeGroup("c", 50, 40), AgeGroup("d", 9, 4)]
    groups = age_groups(ages)
    assert [(g.names, g.ballots, g.roll) for g in groups] == [
        (["a + b"], 15, 40),
        (["c + d"], 44, 59),
    ]
    assert age_groups([]) == []
    assert [g.ballots for g in age_groups([AgeGroup("a", 9, 3)])] == [3]


@pytest.mark.parametrize(
    "text", ["", "group,people\n", "group,people,ballots\na,1\n", "group,people,ballots\na,1,2\n",
             "group,people,ballots\na,x,2\n", "group,people,ballots\n,3,2\n", "\xff"],
)  # fmt: skip
def test_a_table_of_ages_that_is_wrong(text: str, tmp_path: Path) -> None:
    (tmp_path / "turnout-ages.csv").write_text(text, "latin-1")
    with pytest.raises(InputError, match=r"turnout-ages\.csv"):
        read_ages(tmp_path)


def test_another_folder_is_never_replaced(tmp_path: Path) -> None:
    place = tmp_path / "own"
    place.mkdir()
    (place / "letter.txt").write_text("mine")
    with pytest.raises(RefusedError, match="publish didn't make"), whole_folder(place):
        pass
    assert (place / "letter.txt").read_text() == "mine"


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    place = tmp_path / "site"
    with whole_folder(place) as out:
        out.write("a", b"1")
    with pytest.raises(ZeroDivisionError), whole_folder(place) as out:
        out.write("a", b"2")
        raise ZeroDivisionError
    assert (place / "a").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


KILLED = """
import sys, time
from pathlib import Path
from pbvote_tally.site.folder import whole_folder
with whole_folder(Path(sys.argv[1])) as out:
    out.write("a", b"2")
    print("written", flush=True)
    time.sleep(60)
"""


def test_killed_in_the_middle_the_old_folder_stays(tmp_path: Path) -> None:
    place = tmp_path / "site"
    with whole_folder(place) as out:
        out.write("a", b"1")
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(place)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "written\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert (place / "a").read_bytes() == b"1"
    with whole_folder(place) as out:
        out.write("a", b"3")
    assert (place / "a").read_bytes() == b"3"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_killed_between_two_renames_the_old_folder_comes_back(tmp_path: Path) -> None:
    """Where folders can't change places at once, there is a moment without any."""
    place = tmp_path / "site"
    with whole_folder(place) as out:
        out.write("a", b"1")
    place.rename(folders._aside(place))
    with pytest.raises(ZeroDivisionError), whole_folder(place):
        assert (place / "a").read_bytes() == b"1"
        raise ZeroDivisionError
    assert (place / "a").read_bytes() == b"1"
