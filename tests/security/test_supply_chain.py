"""What is installed is what was tested, to the byte: no index, mirror or network can put anything else in its place."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.articles import ROOT

CONSTRAINTS = ROOT / "constraints.txt"
PIP, TORCH_CPU = (ROOT / "requirements" / name for name in ("pip.txt", "torch-cpu.txt"))
LOCKS = [CONSTRAINTS, PIP, TORCH_CPU]

_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def entries(lock: Path) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its options."""
    text = re.sub(r"(^|\s)#.*", "", lock.read_text(encoding="utf-8"))
    for line in filter(str.strip, text.replace("\\\n", " ").splitlines()):
        requirement, *options = re.split(r"\s+(?=--)", line.strip())
        yield Requirement(requirement), options


def locked() -> Mapping[str, Requirement]:
    """What constraints.txt has, by name."""
    return {canonicalize_name(requirement.name): requirement for requirement, _ in entries(CONSTRAINTS)}


def declared() -> list[Requirement]:
    """All that pyproject.toml asks for, to run, to build and to test."""
    groups = _PYPROJECT["dependency-groups"].values()
    said = [*_PYPROJECT["project"]["dependencies"], *_PYPROJECT["build-system"]["requires"], *(one for group in groups for one in group)]
    return [Requirement(one) for one in said]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_to_one_version_and_to_the_hashes_of_its_files(lock: Path) -> None:
    """An index serves a newer version, or another file under the same name."""
    checked = list(entries(lock))
    assert checked
    for requirement, options in checked:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), f"{requirement} is not pinned"
        assert requirement.url is None
        assert options, f"{requirement} has no hash"
        assert all(_HASH.fullmatch(option) for option in options), f"{requirement} has other options than hashes"


def test_every_dependency_is_locked_in_a_version_that_fits() -> None:
    """A dependency that is only declared would be installed unchecked, or not at all."""
    for requirement in declared():
        pin = locked().get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not in constraints.txt: run `make lock`"
        assert all(requirement.specifier.contains(one.version) for one in pin.specifier), f"constraints.txt has {pin}: run `make lock`"


def test_what_dependencies_depend_on_is_locked_too() -> None:
    """The package that somebody takes over is seldom one that is asked for by name."""
    pins, seen = locked(), set[str]()
    waiting = [(one.name, one.extras) for one in declared()]
    while waiting:
        name, extras = waiting.pop()
        for said in _requires(name):
            one = Requirement(said)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in (extras or {""})):
                canonical = canonicalize_name(one.name)
                assert canonical in pins, f"{one.name}, which {name} needs, is not in constraints.txt: run `make lock`"
                if canonical not in seen:
                    seen.add(canonical)
                    waiting.append((one.name, one.extras))
    assert len(seen) > 50


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:  # of another platform, or of a group that is not installed
        return []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_index(lock: Path) -> None:
    """Where packages come from is for each machine to say; what they are is not."""
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?m)^\s*(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b", text)


def test_what_a_build_needs_is_installed_beforehand() -> None:
    """What pip fetches for a build by itself it checks against no hash."""
    build = {Requirement(one).name for one in _PYPROJECT["dependency-groups"]["build"]}
    assert {Requirement(one).name for one in _PYPROJECT["build-system"]["requires"]} <= build
    assert "--no-build-isolation" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_installs_nothing_unchecked() -> None:
    """Each call of pip verifies hashes and builds nothing, but the one that installs this folder itself, and nothing else."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = dict(re.findall(r"^(PIP|LOCKED) = (.*)$", makefile, re.MULTILINE))
    assert "--require-hashes --only-binary :all: --constraint constraints.txt" in rules["LOCKED"]
    calls = [line.strip() for line in makefile.splitlines() if line.startswith("\t") and re.search(r"\$\((PIP|LOCKED)\)|pip install", line)]
    assert calls
    for call in calls:
        itself = "--no-deps --no-build-isolation --editable ." in call
        assert itself or call.startswith("$(LOCKED)") or "--require-hashes" in call, call


def test_the_build_of_torch_for_cpus_alone_is_of_the_version_that_is_locked() -> None:
    ((small, _),) = entries(TORCH_CPU)
    (one,), (other,) = small.specifier, locked()["torch"].specifier
    assert (small.name, Version(one.version).public, Version(one.version).local) == ("torch", other.version, "cpu")


def test_pip_refuses_a_file_whose_hash_is_another(tmp_path: Path) -> None:
    """Somebody has put another file of the same name and version in the index."""
    wheel = tmp_path / "attacked-1.0-py3-none-any.whl"
    wheel.write_bytes(b"not what was tested")
    pinned = tmp_path / "pinned.txt"
    pinned.write_text(f"attacked==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", str(tmp_path), "--target", str(tmp_path / "target")]
    options = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(pinned)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode != 0
    assert "do not match the hashes" in done.stderr.lower()
    assert not (tmp_path / "target").exists()
