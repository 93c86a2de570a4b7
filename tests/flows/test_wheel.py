"""The built wheel, with the sources out of sight."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import PROJECT

CODE = """
import pbvote, pbvote_tally, pbvote_kiosk
from pathlib import Path
from pbvote.core.note import VerifyKey
from pbvote_tally.bundle import open_bundle
from pbvote_tally.verify import verify
folder = Path({vectors!r})
key = VerifyKey.parse((folder / "bundle.vkey").read_text().strip())
print(pbvote.__file__, len(verify(open_bundle(folder / "bundle"), key).counted))
"""


def test_the_wheel_verifies_a_bundle_by_itself(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(PROJECT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert {"pbvote/py.typed", "pbvote_tally/py.typed", "pbvote_kiosk/py.typed"} <= set(names)
    assert "pbvote_kiosk/look/people.tcss" in names
    assert {
        f"pbvote_kiosk/locale/{language}/LC_MESSAGES/look.{kind}"
        for language in ("fr", "nl", "de")
        for kind in ("po", "mo")
    } <= set(names)
    assert "pbvote/locale/fr/LC_MESSAGES/paper.mo" in names
    assert "pbvote_tally/locale/fr/LC_MESSAGES/minutes.mo" in names
    assert "pbvote/paper/fonts/DejaVuSans.ttf" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "stubs"))]
    code = CODE.format(vectors=str(PROJECT / "tests" / "vectors" / "data"))
    run = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{code}",
    ]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    where, contests = done.stdout.split()
    assert where.startswith(str(tmp_path)) and int(contests) >= 1
