"""The systemd unit of ``docs/operations.md`` gives the bot its data, its cache and the network, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.articles import ROOT

EXPOSURE = 2.0
"""The most that systemd's own rating may be: of 10, where up to 2.9 is "OK", and a unit that says nothing has 9.6."""

PROMISED = """
NoNewPrivileges=true
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallFilter=@system-service
StateDirectoryMode=0700
CacheDirectoryMode=0700
UMask=0077
""".split("\n")[1:-1]

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")


@pytest.fixture
def unit() -> str:
    found = re.search(r"```ini\n(\[Unit\].*?)```", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def written(unit: str, tmp_path: Path) -> Path:
    """The unit in a file, with a program that is here."""
    path = tmp_path / "shipdate.service"
    here = re.sub(r"ExecStart=\S+", f"ExecStart={Path(sys.executable).resolve()}", unit)
    path.write_text(here, encoding="utf-8")
    return path


def test_only_its_user_may_read_what_it_writes_and_it_may_do_nothing_that_it_need_not(unit: str) -> None:
    assert set(PROMISED) <= set(unit.splitlines())


@analyze
def test_systemd_understands_every_line(written: Path) -> None:
    """A line that is misspelt is left out with a warning that nobody reads."""
    done = subprocess.run(["systemd-analyze", "verify", str(written)], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "shipdate.service" in line]) == (0, [])


@analyze
def test_systemd_rates_its_exposure_as_low(written: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(written)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rated = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    if rated is None:
        pytest.skip(f"this systemd rates no files: {done.stderr}")
    assert float(rated[1]) <= EXPOSURE
