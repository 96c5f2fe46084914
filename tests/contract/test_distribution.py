"""Which files a wheel and a source archive hold, and how large they may be."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zlib
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 2_000_000  # bytes of a wheel

CMAKE = ("Config.cmake", "ConfigVersion.cmake", "Targets.cmake", "Targets-release.cmake")
BUILT = {f"otnas_fast/cmake/otnas{part}" for part in CMAKE} | {"otnas_fast/lib/libotnas_core.a"}
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
# Written by the installer, not in the wheel.
INSTALLER = {"INSTALLER", "REQUESTED", "direct_url.json"}


def tracked() -> set[str]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.split("\0") if name}


def installed() -> dict[str, Path]:
    """Return the files that the installed wheel brought, by their names in it."""
    files = {
        str(file): Path(str(file.locate()))
        for file in distribution("otnas").files or ()
        if "__pycache__" not in file.parts and file.parts[0] != ".."
    }
    if not any(name.endswith(".a") for name in files):
        pytest.skip("not installed from a wheel")
    return files


def test_the_wheel_holds_the_packages_and_what_cpp_needs():
    expected = set(BUILT)
    for name in tracked():
        if name.startswith("otnas_fast/"):
            expected.add(name)
        elif name.startswith("python/otnas/"):
            expected.add(name.removeprefix("python/"))
        elif name.startswith("csrc/include/"):
            expected.add(name.replace("csrc/", "otnas_fast/", 1))
    found, metadata = set(), set()
    for name in installed():
        if info := re.match(r"otnas-[^/]*\.dist-info/(.*)", name):
            metadata.add(info[1])
        else:
            found.add(re.sub(r"_core\..*\.so$", "_core.so", name))
    assert found == expected | {"otnas_fast/_core.so"}, "installed before the last change?"
    assert metadata - INSTALLER == METADATA


def test_the_wheel_is_small():
    size = sum(len(zlib.compress(path.read_bytes())) for path in installed().values())
    assert size < LARGEST


def test_the_source_archive_holds_what_is_tracked(tmp_path):
    pytest.importorskip("scikit_build_core", reason="scikit-build-core is not installed")
    code = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as files:
        found = {name.split("/", 1)[1] for name in files.getnames()}
    left_out = (".ci/", ".github/", "benchmarks/")
    expected = {name for name in tracked() if not name.startswith(left_out)}
    assert found == expected | {"PKG-INFO"}


def test_the_command_prints_where_the_files_for_cpp_are():
    installed()
    command = [sys.executable, "-m", "otnas_fast", "--include-dir", "--cmake-dir"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    include, cmake = found.splitlines()
    assert (Path(include) / "otnas" / "dpp" / "dpp.hpp").is_file()
    assert (Path(cmake) / "otnasConfig.cmake").is_file()


def test_the_minimum_versions_are_those_promised():
    path = ROOT / ".ci" / "minimum.txt"
    if not path.exists():
        pytest.skip("not a git checkout")
    minimum = path.read_text()
    project = (ROOT / "pyproject.toml").read_text()
    promised = re.search(r"^dependencies = \[(.*)\]$", project, re.MULTILINE)
    bounds = dict(re.findall(r'"([\w-]+)>=([\d.]+)"', promised[1]))
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", minimum, re.MULTILINE))
    assert {name: f"{bound}.0" for name, bound in bounds.items()} == pinned


def test_every_public_header_is_documented_and_included_by_the_consumer():
    include = ROOT / "csrc" / "include" / "otnas"
    headers = {str(path.relative_to(include)) for path in include.rglob("*.hpp")}
    documented = re.findall(r"`([\w/]+\.hpp)`", (ROOT / "docs" / "cpp.md").read_text())
    assert {name for name in documented if "/" in name} == headers
    consumer = (ROOT / "tests" / "consumer" / "main.cpp").read_text()
    assert set(re.findall(r'#include "otnas/(.*)"', consumer)) == headers


def test_a_program_may_use_another_eigen():
    for path in (ROOT / "csrc" / "include").rglob("*.hpp"):
        assert "Eigen/" not in path.read_text(), path
    # Mangled names of the namespace Eigen, which the linker would mix with the program's.
    for name, path in installed().items():
        if name.endswith((".a", ".so")):
            assert b"N5Eigen" not in path.read_bytes(), name
