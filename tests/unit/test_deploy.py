"""kiosk/deploy: what makes a kiosk of a bare Debian, as far as it can be tried on any machine."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from conftest import PROJECT
from pbvote_kiosk.officials.settings import Settings, read_settings

DEPLOY = PROJECT / "kiosk" / "deploy"
SCRIPTS = ("install.sh", "screen", "stick-allowed")
MOUNTS = {
    "PBVOTE-COPY": "media-copy.mount",
    "PBVOTE-LOGS": "media-logs.mount",
}


def run(*words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )


def need(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, which this machine doesn't have")


# --- scripts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_right_for_any_shell(name: str) -> None:
    assert run("sh", "-n", DEPLOY / name).returncode == 0
    if shutil.which("shellcheck"):
        done = run("shellcheck", DEPLOY / name)
        assert done.returncode == 0, done.stdout


def changed(tmp_path: Path, name: str, *changes: tuple[str, str]) -> Path:
    """A script with other paths in it."""
    text = (DEPLOY / name).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_a_screen_starts_again_until_officials_end_it(tmp_path: Path) -> None:
    program, codes = tmp_path / "program", tmp_path / "codes"
    program.write_text(f'#!/bin/sh\necho "$@"\nread -r c <{codes} && sed -i 1d {codes}\nexit $c\n')
    program.chmod(0o755)
    codes.write_text("3\n1\n137\n0\n")
    script = changed(
        tmp_path, "screen", ("/opt/pbvote/bin/pbvote-kiosk", str(program)), ("sleep 8", "sleep 0")
    )
    done = subprocess.run(
        ["sh", script, "vote", "DIR"], input="", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.count("vote DIR\n") == 4
    assert "has stopped (1)" in done.stdout and "has stopped (137)" in done.stdout
    assert done.stdout.endswith("Enter starts again.\n")


def test_sticks_may_be_limited_to_those_of_a_list(tmp_path: Path) -> None:
    allowed = tmp_path / "sticks"
    script = changed(tmp_path, "stick-allowed", ("/etc/pbvote/sticks", str(allowed)))
    assert run("sh", script, "4C530001").returncode == 0  # no list
    allowed.write_text("AA00\n4C530001\n")
    assert run("sh", script, "4C530001").returncode == 0
    assert run("sh", script, "4C53").returncode != 0
    assert run("sh", script, "").returncode != 0


# --- installing -----------------------------------------------------------------------------------


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A system's root folder with systemd's own units in it."""
    need("systemctl", "systemd-sysusers", "systemd-analyze")
    root = tmp_path / "root"
    units = Path("/usr/lib/systemd/system")
    if not units.is_dir():
        pytest.skip("needs systemd's units")
    shutil.copytree(units, root / "usr/lib/systemd/system", symlinks=True)
    for program in ("opt/pbvote/bin/pbvote-kiosk", "usr/bin/cage", "usr/bin/foot"):
        path = root / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    for program in ("setfont", "loadkeys"):
        shutil.copy(root / "usr/bin/cage", root / "usr/bin" / program)
    return root


def install(root: Path, *options: str) -> str:
    done = run("sh", DEPLOY / "install.sh", "--root", root, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tree(root: Path) -> dict[str, str]:
    """Every file and link of a folder, with what is in it."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = f"{path.stat().st_mode:o} {path.read_bytes().hex()}"
    return found


def test_installing_twice_is_installing_once(image: Path) -> None:
    assert "pbvote-kiosk@vote" in install(image)
    first = tree(image)
    install(image)
    assert tree(image) == first
    assert "pbvote:x:" in (image / "etc/passwd").read_text()
    assert (image / "etc/passwd").read_text().strip().endswith("/usr/sbin/nologin")
    for name in ("srv/pbvote", "srv/pbvote/election"):
        assert (image / name).stat().st_mode & 0o777 == 0o700
    (mount,) = (image / "etc/systemd/system").glob("*logs.mount")
    assert re.search(r"uid=\d+,gid=\d+", mount.read_text())


def masked(root: Path) -> set[str]:
    links = (root / "etc/systemd/system").iterdir()
    return {
        link.name for link in links if link.is_symlink() and link.readlink() == Path("/dev/null")
    }


def test_no_other_console_no_swap_no_network(image: Path) -> None:
    install(image)
    consoles = {f"getty@tty{number}.service" for number in range(1, 7)}
    assert consoles | {"autovt@.service", "ctrl-alt-del.target", "swap.target"} <= masked(image)
    assert {"NetworkManager.service", "ssh.service", "networking.service"} <= masked(image)
    install(image, "--network", "--desk", "--console")
    assert consoles <= masked(image) and "networking.service" not in masked(image)
    wants = image / "etc/systemd/system/multi-user.target.wants"
    assert [path.name for path in wants.iterdir() if "pbvote" in path.name] == [
        "pbvote-console@desk.service"
    ]


def test_systemd_has_nothing_against_the_units(image: Path) -> None:
    install(image)
    units = ["pbvote-kiosk@vote.service", "pbvote-console@desk.service", *MOUNTS.values()]
    for unit in units:
        done = run("systemd-analyze", "verify", f"--root={image}", unit)
        about_ours = [line for line in done.stderr.splitlines() if "pbvote" in line]
        assert done.returncode == 0 and not about_ours, done.stderr


def test_an_option_that_is_not_there_is_refused() -> None:
    done = run("sh", DEPLOY / "install.sh", "--destop")
    assert done.returncode == 2 and "--destop" in done.stderr


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["pbvote-kiosk@.service", "pbvote-console@.service"])
def test_a_unit_keeps_ballots_out_of_swap_and_dumps_and_starts_again(unit: str) -> None:
    lines = (DEPLOY / unit).read_text("utf-8").splitlines()
    assert {
        "User=pbvote",
        "LimitCORE=0",
        "MemorySwapMax=0",
        "NoNewPrivileges=yes",
        "Restart=always",
        "StartLimitIntervalSec=0",
    } <= set(lines)


def test_rules_and_mounts_name_the_same_sticks() -> None:
    rules = (DEPLOY / "udev.rules").read_text("utf-8")
    named = re.findall(r'ID_FS_LABEL}=="([^"]+)".*SYSTEMD_WANTS}\+="([^"]+)"', rules)
    assert dict(named) == MOUNTS
    for label, mount in MOUNTS.items():
        assert len(label) <= 11  # all that FAT has room for
        text = (DEPLOY / mount).read_text("utf-8")
        assert f"What=/dev/disk/by-label/{label}\n" in text and "noexec" in text
        where = re.findall(r"^Where=(.+)$", text, re.MULTILINE)[0]
        assert where.strip("/").replace("/", "-") + ".mount" == mount


def test_the_terminal_has_no_key_that_leads_out() -> None:
    text = (DEPLOY / "foot.ini").read_text("utf-8")
    for action in ("spawn-terminal", "show-urls-launch", "search-start", "clipboard-paste"):
        assert f"\n{action}=none\n" in text
    if shutil.which("foot"):
        assert run("foot", "--check-config", f"--config={DEPLOY / 'foot.ini'}").returncode == 0


def test_the_console_has_no_key_that_leads_out() -> None:
    text = (DEPLOY / "no-switch.map").read_text("utf-8")
    for keycode in (*range(59, 69), 87, 88):  # F1 to F12
        assert f"\nalt keycode {keycode} = VoidSymbol\n" in text
        assert f"\ncontrol alt keycode {keycode} = VoidSymbol\n" in text
    if shutil.which("loadkeys"):
        assert run("loadkeys", "-q", "-p", DEPLOY / "no-switch.map").returncode == 0


def test_the_sample_settings_are_the_defaults_and_name_every_setting(tmp_path: Path) -> None:
    text = (DEPLOY / "kiosk.toml").read_text("utf-8")
    (tmp_path / "kiosk.toml").write_text(text, "utf-8")
    assert read_settings(tmp_path) == Settings()
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    settings = [line for line in lines if re.match(r"[a-z]+ = ", line)]
    assert {line.split(" = ")[0] for line in settings} == set(Settings.__struct_fields__)
    examples: Sequence[str] = [line for line in settings if f"# {line}" in text.splitlines()]
    (tmp_path / "kiosk.toml").write_text("\n".join(examples), "utf-8")
    assert read_settings(tmp_path).second == "/media/copy"


# --- the console's font ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fonts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("console_font", DEPLOY / "console-font.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["console_font"] = module
    spec.loader.exec_module(module)
    return module


GREEK = "".join(map(chr, range(0x391, 0x3CA)))


def psf1(characters: str) -> bytes:
    """A console font of 512 signs, 8 × 16, as Debian has them: an own pattern for each sign."""
    glyphs = b"".join(struct.pack(">H", number) * 8 for number in range(512))
    table = b""
    for number in range(512):
        shown = characters[number] if number < len(characters) else chr(0xE000 + number)
        table += struct.pack("<HHHHH", ord(shown), 0xFFFE, ord("e"), 0x301, 0xFFFF)
    return b"\x36\x04\x03\x10" + glyphs + table


def test_the_console_font_gets_the_blocks_of_square_codes(
    fonts: ModuleType, tmp_path: Path
) -> None:
    source, to = tmp_path / "from.psf.gz", tmp_path / "new" / "to.psf.gz"
    source.write_bytes(gzip.compress(psf1("aé█" + GREEK)))
    fonts.main(source, to)
    before, after = fonts.Font(psf1("aé█" + GREEK)), fonts.Font(gzip.decompress(to.read_bytes()))
    assert set("▀▄█▌▐░▒▓▁▂▃▅▆▇▔▕▉▊▋▍▎▏▖▗▘▙▚▛▜▝▞▟◐○●✓aé") <= after.characters
    assert len(after.glyphs) == 512 and (after.width, after.height) == (8, 16)
    kept = [i for i, shown in enumerate(before.shows) if not shown <= set(GREEK)]
    assert [after.glyphs[i] for i in kept] == [before.glyphs[i] for i in kept]
    assert [after.shows[i] for i in kept] == [before.shows[i] for i in kept]

    def glyph(character: str) -> bytes:
        return bytes(after.glyphs[next(i for i, s in enumerate(after.shows) if character in s)])

    assert glyph("▀") == b"\xff" * 8 + b"\x00" * 8
    assert glyph("▄") == b"\x00" * 8 + b"\xff" * 8
    assert glyph("▌") == b"\xf0" * 16
    assert glyph("▎") == b"\xc0" * 16
    assert glyph("▚") == b"\xf0" * 8 + b"\x0f" * 8
    fonts.main(to, to)
    assert fonts.Font(gzip.decompress(to.read_bytes())).glyphs == after.glyphs


def test_a_file_that_is_no_font_is_named_so(fonts: ModuleType) -> None:
    with pytest.raises(SystemExit, match="not a console font"):
        fonts.Font(b"something else")
