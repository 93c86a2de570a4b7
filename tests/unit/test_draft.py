"""Drafts: what election.toml and the spreadsheets may say, and what is said of what's wrong."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from pbvote.cli.choices import read_choice
from pbvote.cli.import_ import imported_election
from pbvote.core.currency import minor_digits
from pbvote.core.encoding import decode, encode, is_name
from pbvote.core.errors import InputError
from pbvote.core.manifest import Manifest, Project, Roll
from pbvote.core.selection import Approval
from pbvote.draft import Draft, examine, read_draft, read_slug, trial_manifest
from pbvote.draft.imported import choice_text, days, draft_files, project_ids
from pbvote.draft.projects import projects_csv
from pbvote.draft.template import EXAMPLE_PROJECTS, election_toml
from pbvote.draft.values import amount_text, parse_amount, parse_time, time_zone
from pbvote.pabulib import Election, parse, read
from pbvote_tally.count import count, count_pb

BRUSSELS = time_zone("Europe/Brussels")


class Folder:
    """A draft on disk that starts right, to be spoiled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.toml(election_toml("demo", 2026))
        self.projects(EXAMPLE_PROJECTS)

    def toml(self, text: str) -> None:
        (self.path / "election.toml").write_text(text, "utf-8")

    def projects(self, text: str, encoding: str = "utf-8") -> None:
        (self.path / "projects.csv").write_text(text, encoding)

    def replace(self, old: str, new: str) -> None:
        text = (self.path / "election.toml").read_text("utf-8")
        assert old in text
        self.toml(text.replace(old, new, 1))

    def draft(self) -> Draft:
        return read_draft(self.path)

    def errors(self) -> list[str]:
        return [str(error).replace(f"{self.path}/", "") for error in examine(self.path).errors]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# --- what is right --------------------------------------------------------------------------------


def test_the_template_is_a_right_draft(folder: Folder) -> None:
    examined = examine(folder.path)
    assert examined.errors == []
    assert examined.draft is not None
    draft = examined.draft
    assert draft.slug == read_slug(folder.path) == "demo"
    assert draft.title["de"] == "Bürgerhaushalt 2026"
    assert draft.opens.online == "2026-11-02T07:00:00Z"  # winter time
    assert draft.closes.in_person == "2026-11-14T16:00:00Z"
    assert (draft.trustees, draft.threshold) == (["anne", "bruno", "chloe"], 2)
    (contest,) = draft.contests
    assert contest.budget == 2_000_000
    assert contest.ballot == Approval(min=1, max=3)
    assert [(p.id, p.number, p.cost) for p in contest.projects] == [
        ("verger", "1", 320_000),
        ("lavoir", "2", 1_270_050),
        ("velos", "3", 860_000),
    ]
    assert contest.projects[0].title["nl"] == "Een gedeelde boomgaard"
    assert contest.projects[1].place == "Rue du Lavoir"
    assert contest.projects[1].description == {"fr": "Restaurer le toit et le bassin."}
    assert contest.projects[2].place is UNSET


def test_a_manifest_of_the_draft_is_canonical_and_complete(folder: Folder) -> None:
    manifest = trial_manifest(folder.draft(), Roll(count=3, sha256=bytes(32)))
    assert decode(encode(manifest), Manifest) == manifest
    assert manifest.quorum == 3
    assert manifest.district_names == ["centre", "nord"]
    assert [box.name for box in manifest.boxes] == ["online", "kiosk-1"]


def test_text_becomes_nfc(folder: Folder) -> None:
    folder.replace("Budget participatif", "Budge\u0301t")
    folder.projects(EXAMPLE_PROJECTS.replace("École du centre", "E\u0301cole"))
    assert folder.draft().title["fr"] == "Budgét 2026"
    assert folder.draft().contests[0].projects[0].proposer == "École"


@pytest.mark.parametrize("written", ['"20000"', '"20 000,00"', "20000", '"20000.00"'])
def test_a_budget_may_be_written_in_many_ways(folder: Folder, written: str) -> None:
    folder.replace('budget = "20000"', f"budget = {written}")
    assert folder.draft().contests[0].budget == 2_000_000


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ('"2026-11-02 08:00"', "2026-11-02T07:00:00Z"),
        ("2026-11-02T08:00:00", "2026-11-02T07:00:00Z"),
        ("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z"),
        ('"2026-07-01T08:00"', "2026-07-01T06:00:00Z"),
        ('"2026-10-25T02:30+01:00"', "2026-10-25T01:30:00Z"),
    ],
)
def test_local_times_become_utc(folder: Folder, written: str, utc: str) -> None:
    folder.replace('"2026-11-02 08:00"', written)
    assert folder.draft().opens.online == utc


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_spreadsheets_are_read_as_they_are_saved(
    folder: Folder, delimiter: str, encoding: str
) -> None:
    rows = [["id", "title", "cost"], ["a", "Café, été", "12,50"], ["b", "Forêt; bois", "7"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    folder.projects(text, encoding)
    projects = folder.draft().contests[0].projects
    assert [(p.id, p.title, p.cost) for p in projects] == [
        ("a", {"fr": "Café, été"}, 1250),
        ("b", {"fr": "Forêt; bois"}, 700),
    ]


def test_a_workbook_is_read_too(folder: Folder) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (
        ["id", "cost", "title.fr", "title.nl"],
        [1, 12.5, "un", "een"],
        [2, 20, "deux", ""],
    ):
        book.active.append(row)
    book.save(folder.path / "projects.xlsx")
    folder.replace("projects.csv", "projects.xlsx")
    projects = folder.draft().contests[0].projects
    assert [(p.id, p.cost, p.title) for p in projects] == [
        ("1", 1250, {"fr": "un", "nl": "een"}),
        ("2", 2000, {"fr": "deux"}),
    ]


def test_a_picture_is_bound_by_its_hash(folder: Folder) -> None:
    (folder.path / "a.jpg").write_bytes(b"jpeg")
    folder.projects('id,cost,title,picture,latitude,url\nx,1,t,a.jpg,"50,1",https://x.be/a\n')
    project = folder.draft().contests[0].projects[0]
    assert project.picture is not UNSET
    assert project.picture.sha256 == hashlib.sha256(b"jpeg").digest()
    assert (project.latitude, project.url) == ("50.1", "https://x.be/a")


def test_warnings_are_no_errors(folder: Folder) -> None:
    folder.replace("threshold = 2", "threshold = 3")
    folder.projects("id,cost,title\nx,1,t\ny,30000,u\nz,1,v\n")
    said = "\n".join(examine(folder.path).warnings)
    assert "if one trustee is lost" in said
    assert "can't win: y" in said
    assert "a project's title isn't there in nl (3 of 3 projects)" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("threshold = 2", "threshold = 1", "alone can open"),
        ("# closing_quorum = 3", "closing_quorum = 2", "two different closings"),
        ("max = 3 }\n\n# The counting", "max = 4 }\n\n# The counting", "allows 4 projects"),
        ('budget = "20000"', 'budget = "90000"', "enough for every project"),
        ('fr = "Projets pour la commune", nl', 'fr = "P", de', "isn't there in nl"),
    ],
)
def test_what_is_worth_a_thought(folder: Folder, old: str, new: str, said: str) -> None:
    if 'de = "Projekte' and new.startswith('fr = "P"'):
        folder.replace(', de = "Projekte für die Gemeinde"', "")
    folder.replace(old, new)
    assert said in "\n".join(examine(folder.path).warnings), folder.errors()


# --- what is wrong --------------------------------------------------------------------------------

WRONG = [
    # old, new, place, what
    ('slug = "demo"', "", "election.toml", "slug is missing"),
    ('slug = "demo"', 'slug = "a/b"', "election.toml, slug", "a name"),
    ('slug = "demo"', 'slug = ".."', "election.toml, slug", "a name"),
    ('slug = "demo"', "slug = 7", "election.toml, slug", "Expected a text, got a whole number"),
    ('currency = "EUR"', 'currency = "euro"', "election.toml, currency", "ISO 4217"),
    (
        'currency = "EUR"',
        'colour = "red"\ncurrency = "EUR"',
        "election.toml",
        "'colour' isn't known",
    ),
    ('["fr", "nl", "de", "en"]', "[]", "election.toml, languages", "Expected a list"),
    (
        '["fr", "nl", "de", "en"]',
        '["fr", "nl", "de", "en", "f r"]',
        "languages",
        "isn't a language",
    ),
    ('["fr", "nl", "de", "en"]', '["fr", "nl", "en"]', "title", "'de' isn't in the list"),
    ('["fr", "nl", "de", "en"]', '["fr", "nl", "en"]', "projects.csv, line 1", "title.de"),
    ('fr = "Budget', 'fr = "", es = "Budget', "election.toml, title", "'es' isn't in the list"),
    ('fr = "Budget participatif 2026", ', "", "election.toml, title", "no text in fr"),
    ("Budget participatif", "Budget\\u001b[2J", "election.toml, title.fr", "can't be shown"),
    ('"Europe/Brussels"', '"Europe/Atlantis"', "election.toml, time_zone", "isn't a time zone"),
    ('"Europe/Brussels"', '"../../etc/passwd"', "election.toml, time_zone", "isn't a time zone"),
    ('"2026-11-02 08:00"', '"2026-11-31 08:00"', "election.toml, opens.online", "isn't a time"),
    ('"2026-11-02 08:00"', "2026-11-02", "election.toml, opens.online", "isn't a time"),
    ('"2026-11-02 08:00"', "true", "election.toml, opens.online", "isn't a time"),
    ('"2026-11-02 08:00"', '"2026-03-29 02:30"', "election.toml, opens.online", "clocks"),
    ('"2026-11-02 08:00"', '"2026-10-25 02:30"', "election.toml, opens.online", "clocks"),
    ('"2026-11-02 08:00"', '"0001-01-01 00:00"', "election.toml, opens.online", "the year"),
    ('"2026-11-02 08:00"', '"2027-11-02 08:00"', "closes.online", "closes before it opens"),
    ('in-person = "2026-11-14 09:00"\n', "", "election.toml, opens", "in-person is missing"),
    (
        '"in-person"\n\n# Only',
        '"newest"\n\n# Only',
        "election.toml, supersede",
        "Invalid enum value",
    ),
    ('["centre", "nord"]', '["nord", "nord", "centre"]', "districts", "nord stands twice"),
    ('["centre", "nord"]', '["nord"]', "projects.csv, line 2", "'centre' isn't in the"),
    ('# districts = ["centre"]', 'districts = ["sud"]', "contests.commune.districts", "'sud'"),
    ('["mairie", "salle"]', "[]", "election.toml, registrars", "Expected a list"),
    ('["mairie", "salle"]', '["a", "a"]', "election.toml, registrars", "a stands twice"),
    ("threshold = 2", "threshold = 4", "election.toml, threshold", "there are 3 trustees"),
    ("threshold = 2", "threshold = 0", "election.toml, ceremony.threshold", ">= 1"),
    ("threshold = 2", 'threshold = "2"', "election.toml, ceremony.threshold", "whole number"),
    ("# closing_quorum = 3", "closing_quorum = 4", "election.toml, closing_quorum", "within 2…3"),
    ('["anne", "bruno", "chloe"]', '["anne", "anne", "b"]', "election.toml, trustees", "twice"),
    ('["anne", "bruno", "chloe"]', '"anne"', "election.toml, ceremony.trustees", "a list"),
    ('channel = "online"  ', 'channel = "post"  ', "boxes.online.channel", "Invalid enum value"),
    ('name = "kiosk-1"', 'name = "online"', "election.toml, boxes", "online stands twice"),
    ('place = "Salle communale"', "", "election.toml, boxes.kiosk-1", "place is missing"),
    ('place = "Salle communale"', 'place = { es = "x" }', "boxes.kiosk-1.place", "'es'"),
    ('budget = "20000"', 'budget = "20000.505"', "contests.commune.budget", "3 decimals"),
    ('budget = "20000"', 'budget = "20.000"', "contests.commune.budget", "3 decimals"),
    ('budget = "20000"', "budget = 20000.5", "contests.commune.budget", "in quotes"),
    ('budget = "20000"', 'budget = "-1"', "contests.commune.budget", "isn't an amount"),
    ('budget = "20000"', 'budget = "many"', "contests.commune.budget", "isn't an amount"),
    ('budget = "20000"', 'budget = "9999999999999999"', "contests.commune.budget", "more money"),
    ('projects = "projects.csv"', 'projects = "no.csv"', "no.csv", "can't be read"),
    ('projects = "projects.csv"', 'projects = "../x.csv"', "contests.commune.projects", "beside"),
    ('id = "commune"', 'id = "a b"', "election.toml, contests.a b.id", "a name"),
    ('id = "commune"', "", "election.toml, contests[1]", "id is missing"),
    ('format = "approval", min = 1, max = 3 }\n\n', 'format = "guess" }\n\n', "ballot", "Invalid"),
    ("min = 1, max = 3 }\n\n", "min = 1 }\n\n", "contests.commune.ballot", "required field `max`"),
    (
        "min = 1, max = 3 }\n\n",
        "min = 4, max = 3 }\n\n",
        "contests.commune.ballot",
        "min is larger",
    ),
    ('rule = { name = "greedy" }', 'rule = "greedy"', "contests.commune.rule", "a table"),
    ('rule = { name = "greedy" }', "rule = { x = 1 }", "contests.commune", "a rule has a name"),
    ('rule = { name = "greedy" }', 'rule = { name = "g", x = 0.5 }', "contests.commune", "integer"),
    ('["lower-cost", "lot"]', '["age"]', "contests.commune.ties", "Invalid enum value"),
    ('["lower-cost", "lot"]', '["lot", "lot"]', "contests.commune.ties", "lot stands twice"),
    ("# vote_url = ", "vote_url = 'https://a.be' # ", "election.toml, vote_url", "capitals"),
    (
        "[[contests]]\nid",
        "[contests]\nid",
        "election.toml, contests",
        "Expected a list, got a table",
    ),
    ("[ceremony]", "[[ceremony]]", "election.toml, ceremony", "Expected a table, got a list"),
    ('slug = "demo"', "slug = demo", "election.toml", "not TOML: Invalid value (at line 10"),
    ('slug = "demo"', 'slug = "demo"\nslug = "demo"', "election.toml", "not TOML"),
    ('slug = "demo"', "slug = " + "9" * 5000, "election.toml", "not TOML"),
]


@pytest.mark.parametrize(("old", "new", "place", "what"), WRONG)
def test_each_wrong_field_is_named_with_its_place(
    folder: Folder, old: str, new: str, place: str, what: str
) -> None:
    folder.replace(old, new)
    found = folder.errors()
    assert any(place in error.split(": ")[0] and what in error for error in found), found
    with pytest.raises(InputError):
        folder.draft()


WRONG_PROJECTS = [
    ("", "projects.csv", "empty"),
    ("id,cost,title\n", "line 1", "no project"),
    ("id,title\na,x\n", "line 1", "no column cost"),
    ("id,cost,title.nl\na,1,x\n", "line 1", "no column title.fr"),
    ("id,cost,titel\na,1,x\n", "line 1", "'titel' isn't known"),
    ("id,cost,title.fr,title\na,1,x,y\n", "line 1", "stands twice"),
    ("id,cost,title,title.xx\na,1,x,y\n", "line 1", "language"),
    ("id,cost,title\na,1,x\na,2,y\n", "line 3", "a stands on line 2 too"),
    ("id,cost,title\na b,1,x\n", "line 2", "can't be a project's id"),
    ("id,cost,title\n..,1,x\n", "line 2", "can't be a project's id"),
    ("id,cost,title\n,1,x\n", "line 2", "can't be a project's id"),
    ("id,cost,title\na,,x\n", "line 2", "cost: '' isn't an amount"),
    ("id,cost,title\na,1.005,x\n", "line 2", "3 decimals"),
    ("id,cost,title\na,-5,x\n", "line 2", "isn't an amount"),
    ("id,cost,title\na,1,\n", "line 2", "no title in fr"),
    ("id,cost,title,district\na,1,x,sud\n", "line 2", "'sud' isn't in the"),
    ("id,cost,title,latitude\na,1,x,91\n", "line 2", "degrees"),
    ("id,cost,title,longitude\na,1,x,east\n", "line 2", "degrees"),
    ("id,cost,title,url\na,1,x,javascript:alert(1)\n", "line 2", "isn't an address"),
    ("id,cost,title,picture\na,1,x,../a.jpg\n", "line 2", "beside the draft"),
    ("id,cost,title,picture\na,1,x,a.jpg\n", "line 2", "can't be read"),
    ("id,cost,title\na,1,x,y\n", "line 2", "more cells"),
    ("id,cost,title,\na,1,x,y\n", "line 2", "without a name"),
    ("id,cost,title,place,place.nl\na,1,x,y,z\n", "line 2", "of no language"),
    ("id,cost,title\na,1,\ufffd\n", "line 2", "letters were lost"),
    ('id,cost,title\na,1,"x\n', "projects.csv", "quotes"),
]


@pytest.mark.parametrize(("text", "place", "what"), WRONG_PROJECTS)
def test_each_wrong_line_of_projects_is_named(
    folder: Folder, text: str, place: str, what: str
) -> None:
    folder.projects(text)
    found = folder.errors()
    assert any(place in error.split(": ")[0] and what in error for error in found), found


def test_all_problems_are_found_at_once(folder: Folder) -> None:
    folder.replace('currency = "EUR"', 'currency = "euro"')
    folder.replace('channel = "online"  ', 'channel = "post"  ')
    folder.replace('budget = "20000"', "budget = 2.5")
    assert len(folder.errors()) == 3
    with pytest.raises(InputError, match="shows 2 more"):
        folder.draft()
    folder.toml(election_toml("demo", 2026))
    folder.projects("id,cost,title\na b,x,\n..,1.234,y\n")
    assert len(folder.errors()) == 5


def test_more_than_256_blocks_are_too_many(folder: Folder) -> None:
    rows = "".join(f"p{i},1,t\n" for i in range(1001))
    folder.projects("id,cost,title\n" + rows)
    assert "length <= 1000" in folder.errors()[0]


def test_a_folder_without_a_draft(tmp_path: Path) -> None:
    (error,) = examine(tmp_path).errors
    assert "can't be read" in str(error)
    (tmp_path / "election.toml").write_bytes(b"slug = '\xff'")
    assert "not UTF-8" in str(examine(tmp_path).errors[0])
    (tmp_path / "election.toml").write_bytes(b"x = 1")
    with pytest.raises(InputError, match="no right slug"):
        read_slug(tmp_path)


@given(st.data())
def test_whatever_stands_in_a_field_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = election_toml("demo", 2026).splitlines()
    fields = [i for i, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    value = st.sampled_from(
        ["1", "-1", "1.5", "nan", "true", '""', '"x"', "[]", "[1]", "{}", "{ a = 1 }", "1979-05-27"]
    )
    for i in data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3)):
        lines[i] = lines[i].split(" = ")[0] + " = " + data.draw(value)
    folder = Folder(tmp_path_factory.mktemp("draft"))
    folder.toml("\n".join(lines))
    examined = examine(folder.path)
    assert (examined.draft is None) == bool(examined.errors)


# --- values ---------------------------------------------------------------------------------------


@given(st.integers(0, 2**53 - 1), st.sampled_from(["EUR", "JPY", "TND", "CLF"]))
def test_amounts_survive_their_text(amount: int, currency: str) -> None:
    assert parse_amount(amount_text(amount, currency), currency) == amount


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_an_input_error(text: str) -> None:
    with suppress(InputError):
        assert parse_amount(text, "EUR") >= 0


@pytest.mark.parametrize("text", ["1e3", "٣", "1_000", "1 00", "", " ", "+5", "5.", ".5", "1,2,3"])
def test_amounts_that_are_none(text: str) -> None:
    with pytest.raises(InputError):
        parse_amount(text, "EUR")


def test_yen_have_no_decimals() -> None:
    assert minor_digits("JPY") == 0
    with pytest.raises(InputError, match="JPY has 0"):
        parse_amount("500.0", "JPY")


@given(st.text(max_size=25) | st.datetimes() | st.dates() | st.none() | st.integers())
def test_anything_is_a_time_or_an_input_error(value: object) -> None:
    with suppress(InputError):
        assert parse_time(value, BRUSSELS).endswith("Z")


# --- Pabulib --------------------------------------------------------------------------------------

PB = """META
key;value
description;A town
currency;PLN
language;pl
budget;100.50
num_projects;3
num_votes;3
vote_type;{vote_type}
rule;{rule}
date_begin;03.10.2022
date_end;31.10.2022
{meta}PROJECTS
project_id;cost;name;selected;district
M/01/X;60.25;Park;1;Nord
M-01-X;40;Path;1;
7;50;Pool;0;
VOTES
voter_id;vote;{points}voting_method
1;M/01/X;{p1}internet
1;M-01-X,7;{p2}paper
;M/01/X,7;{p2}
"""


def pb_file(vote_type: str = "approval", rule: str = "greedy", meta: str = "") -> Election:
    points = ("points;", "3;", "2,1;") if vote_type == "cumulative" else ("", "", "")
    text = PB.format(
        vote_type=vote_type, rule=rule, meta=meta, points=points[0], p1=points[1], p2=points[2]
    )
    return parse(text, "Town_2022.pb")


def test_an_import_keeps_ids_money_and_votes() -> None:
    imported = imported_election(pb_file())
    assert [(p.id, p.number, p.cost) for p in imported.contest.projects] == [
        ("M-01-X-2", "M/01/X", 6025),
        ("M-01-X", "M-01-X", 4000),
        ("7", "7", 5000),
    ]
    assert imported.contest.budget == 10050
    assert imported.official == ["M-01-X-2", "M-01-X"]
    votes = [(vote.voter, vote.channel, vote.vector) for vote in imported.votes]
    assert votes == [
        ("1", "online", (1, 0, 0)),
        ("1#2", "in-person", (0, 1, 1)),
        ("#3", None, (1, 0, 1)),
    ]
    assert imported.contest.projects[0].district == "Nord"


def write_import(pb: Election, path: Path) -> None:
    for name, text in draft_files(imported_election(pb), *days(pb)).items():
        (path / name).write_text(text, "utf-8")


@pytest.mark.parametrize("vote_type", ["approval", "choose-1", "ordinal", "cumulative"])
def test_an_imported_folder_is_the_same_draft(tmp_path: Path, vote_type: str) -> None:
    pb = pb_file(vote_type)
    write_import(pb, tmp_path)
    draft, imported = read_draft(tmp_path), imported_election(pb)
    assert draft.contests == [imported.contest]
    assert (draft.currency, draft.slug) == ("PLN", "Town_2022")
    assert draft.opens.online == "2022-10-03T00:00:00Z"
    lines = (tmp_path / "votes.csv").read_text("utf-8").splitlines()
    assert lines[0] == "id,channel,pb"
    assert lines[1] == ("1,online,M-01-X-2:3" if vote_type == "cumulative" else "1,online,M-01-X-2")


@pytest.mark.parametrize(
    ("rule", "meta", "expected"),
    [
        ("greedy", "", {"name": "greedy"}),
        ("unknown", "", {"name": "greedy"}),
        ("greedy-no-skip", "", {"name": "greedy", "unaffordable": "stop"}),
        (
            "greedy-threshold",
            "min_project_score_threshold;2\n",
            {"name": "greedy", "min_score": 2},
        ),
        (
            "greedy-custom",
            "comment;#1: … if it is enough to fund at least 80% of that project, we fund it …\n",
            {"name": "greedy", "unaffordable": "stop", "overspend": "80/100"},
        ),
        ("equalshares", "", {"name": "equal-shares", "completion": "none", "step": 100}),
        ("equalshares/add1", "", {"name": "equal-shares", "completion": "add-one", "step": 100}),
    ],
)
def test_the_files_rule_becomes_ours(rule: str, meta: str, expected: dict[str, object]) -> None:
    pb = pb_file(rule=rule, meta=meta)
    imported = imported_election(pb)
    assert imported.contest.rule == expected
    ours = count(imported.contest, [vote.vector for vote in imported.votes])
    ids = project_ids([project.id for project in pb.projects])
    assert [ids[name] for name in count_pb(pb).winners] == list(ours.winners)


@given(st.lists(st.text(min_size=1, max_size=70), unique=True, max_size=12))
def test_project_ids_are_names_and_stay_apart(ids: list[str]) -> None:
    mapped = project_ids(ids)
    assert list(mapped) == ids
    assert len(set(mapped.values())) == len(ids)
    assert all(is_name(name) for name in mapped.values())
    assert all(mapped[name] == name for name in ids if is_name(name))


def test_ids_that_only_differ_in_what_is_replaced() -> None:
    assert project_ids(["a/b", "a b", "a-b", "a-b-2"]) == {
        "a/b": "a-b-3",
        "a b": "a-b-4",
        "a-b": "a-b",
        "a-b-2": "a-b-2",
    }


def test_money_that_the_currency_cannot_hold() -> None:
    text = PB.format(vote_type="approval", rule="greedy", meta="", points="", p1="", p2="")
    with pytest.raises(InputError, match="more decimals than JPY"):
        imported_election(parse(text.replace("PLN", "JPY"), "x.pb"))


def test_every_real_file_makes_an_election(pabulib: Path, tmp_path: Path, soak: bool) -> None:
    files = sorted(pabulib.glob("*.pb"), key=lambda path: path.stat().st_size)
    assert files
    for file in files if soak else files[:12]:
        pb = read(file)
        folder = tmp_path / file.stem
        folder.mkdir()
        write_import(pb, folder)
        draft, imported = read_draft(folder), imported_election(pb)
        assert draft.contests == [imported.contest], file.name
        contest = imported.contest
        for vector in set(pb.vectors):
            assert read_choice(contest, choice_text(contest, vector)) == vector


def test_a_spreadsheet_written_is_read_again(folder: Folder) -> None:
    draft = folder.draft()
    before = draft.contests[0].projects
    folder.projects(projects_csv(before, draft.languages, draft.currency))
    assert folder.draft().contests[0].projects == before


@given(
    st.lists(
        st.builds(
            Project,
            id=st.integers(0, 10**9).map(str),
            number=st.sampled_from(["1", "2a", "A / 3"]),
            cost=st.integers(0, 10**9),
            title=st.sampled_from([{"fr": 'Un "mot", et; plus'}, {"fr": "a", "nl": "b"}]),
            place=st.sampled_from([UNSET, "ici", "là"]),
            description=st.sampled_from([UNSET, {"nl": "x"}, {"fr": "y", "en": "z"}]),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda project: project.id,
    )
)
def test_any_projects_survive_their_spreadsheet(
    tmp_path_factory: pytest.TempPathFactory, projects: list[Project]
) -> None:
    folder = Folder(tmp_path_factory.mktemp("draft"))
    folder.projects(projects_csv(projects, ["fr", "nl", "de", "en"], "EUR"))
    assert folder.draft().contests[0].projects == projects
