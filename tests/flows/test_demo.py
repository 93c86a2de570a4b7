"""`pbvote demo`: a whole election, and what it leaves is verified by another process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from pbvote.cli.demo_day import Day, clear
from pbvote.cli.demo_plan import Plan, plan_of_file, plan_of_town
from pbvote.core.encoding import decode
from pbvote.core.errors import RefusedError
from pbvote.terminal import Steps
from pbvote_tally.records import MergeRecord

SMALL = 600  # residents; one in ten votes


def run(folder: Path, plan: Plan) -> list[str]:
    with Steps(quiet=True) as steps, ProcessPoolExecutor(2, get_context("spawn")) as pool:
        return Day(folder, plan, steps, pool).run()


def command(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    path = Path(sys.executable).with_name(program)
    return subprocess.run(
        [str(path), *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    folder = tmp_path_factory.mktemp("demo") / "town"
    yield folder, run(folder, plan_of_town(1, SMALL))
    shutil.rmtree(folder)


def test_what_is_set_aside_is_what_people_did(town: tuple[Path, list[str]]) -> None:
    folder, lines = town
    merge = decode((folder / "bundle" / "merge.json").read_bytes(), MergeRecord)
    reasons = Counter(entry.reason for entry in merge.set_aside)
    plan = plan_of_town(1, SMALL)
    assert reasons.pop("superseded") == len(plan.again_in_the_hall) + len(plan.two_desks)
    assert reasons == {
        "revoked": len(plan.replaced),
        "bad-proof": len(plan.copied),
        "certificate-not-logged": len(plan.forged),
    }
    assert [len(conflict.entries) for conflict in merge.conflicts] == [2]
    assert merge.accepted == len(plan.voters) == SMALL // 10
    assert sum(box.challenged for box in merge.boxes) == len(plan.challenging) == 3
    assert sum("The box had refused" in line for line in lines) == 2


def test_a_stranger_verifies_it(town: tuple[Path, list[str]]) -> None:
    folder, _ = town
    done = command(
        "pbvote-tally", "verify", folder / "bundle", "--commission", folder / "commission.vkey"
    )
    assert done.returncode == 0, done.stderr
    assert "Everything holds" in done.stdout and "town: 60 ballots" in done.stdout


def test_a_voter_checks_the_receipt_that_it_prints(town: tuple[Path, list[str]]) -> None:
    _, lines = town
    (line,) = (line for line in lines if "pbvote receipt check" in line)
    done = command("pbvote", *line.split()[1:])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"counted"} or done.stdout.startswith("superseded by")


def test_another_key_is_refused(town: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, _ = town
    key = tmp_path / "other.vkey"
    key.write_text("pbvote/other/commission+c4927685+Ad7xyidApeCkqhWZeeHXhdme+D7QJc2r0srXtNYAUikV")
    done = command("pbvote-tally", "verify", folder / "bundle", "--commission", key)
    assert done.returncode == 1 and len(done.stderr.splitlines()) >= 1
    assert "Traceback" not in done.stderr


def test_real_ballots_give_the_winners_that_the_town_announced(
    pabulib: Path, tmp_path: Path
) -> None:
    lines = run(tmp_path / "assen", plan_of_file(pabulib / "Netherlands_Assen_2024.pb", 1))
    assert "The same winners as the town announced." in lines
    assert any(line.startswith("pb: 84 ballots") for line in lines)


def test_only_a_demo_is_ever_replaced(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "roll.db").write_text("the town's")
    for force in (False, True):
        with pytest.raises(RefusedError, match="there is something already"):
            clear(precious, force=force)
    (precious / "demo").touch()
    with pytest.raises(RefusedError):
        clear(precious, force=False)
    clear(precious, force=True)
    assert not precious.exists()
