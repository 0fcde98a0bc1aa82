"""What is shipped fits together: lock files, the wheel, `run`, the Compose file and the image's scripts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("domain", "projections", "api", "demo")
LOCKS = ("pip", "clients", "runtime", "test")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.*?))? \\$", re.MULTILINE)


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def _pins(name: str) -> dict[tuple[str, str], str]:
    """Version by name and marker: a universal lock may pin one package twice, for different platforms."""
    return {(package, marker): version for package, version, marker in PIN.findall(_lock(name))}


def _versions(name: str) -> dict[str, set[str]]:
    """Versions by name alone: what one package needs on some platforms, another may need on all."""
    found: dict[str, set[str]] = {}
    for (package, _), version in _pins(name).items():
        found.setdefault(package, set()).add(version)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_pins_and_hashes_and_nothing_else(name: str) -> None:
    """Each package has an exact version and SHA-256 hashes; no address of an index or a file ever gets in."""
    lines = [line for line in _lock(name).splitlines() if not line.lstrip().startswith("#")]
    hashes = [line for line in lines if re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line)]
    pins = [line for line in lines if PIN.match(line)]
    assert len(hashes) + len(pins) == len(lines)
    assert len(pins) == len(_pins(name)) > 0
    for line, after in pairwise(lines):
        assert line.endswith("\\") == (after in hashes), f"no hash after: {line}"
    assert "://" not in _lock(name)


@pytest.mark.parametrize(("name", "extra"), [("runtime", None), ("test", "test")])
def test_the_locks_are_in_step_with_pyproject(name: str, extra: str | None) -> None:
    """Every requirement of pyproject.toml is pinned within its bounds; if not: ./run lock."""
    project = _project()["project"]
    wanted = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]
    wanted += _project()["build-system"]["requires"]  # installed without build isolation, so without a download
    versions = _versions(name)
    for requirement in map(Requirement, wanted):
        found = versions.get(requirement.name.lower().replace("_", "-").replace(".", "-"))
        assert found, f"{requirement} is not in requirements/{name}.txt: ./run lock"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement}: {found}"


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    """The test lock is the runtime lock and more, never another version."""
    shipped, tested = _versions("runtime"), _versions("test")
    assert {package: versions for package, versions in shipped.items() if tested.get(package) != versions} == {}


def wheel_of(folder: Path) -> Path:
    """The wheel, made in a folder from a copy of the packages; `source` in it is what it was made from."""
    source = folder / "a source"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), "."], cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    """No module, rulebook, migration, template or static file is forgotten by the packaging; the licence is in it."""
    source = tmp_path / "a source"
    about = f"steward_ledger-{_project()['project']['version']}.dist-info"
    with zipfile.ZipFile(wheel_of(tmp_path)) as archive:
        packed = {name for name in archive.namelist() if name.startswith(tuple(f"{name}/" for name in PACKAGES))}
        entry_points = archive.read(f"{about}/entry_points.txt").decode()
        assert "License-Expression: Apache-2.0" in archive.read(f"{about}/METADATA").decode()
        assert archive.read(f"{about}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    there = {
        path.relative_to(source).as_posix()
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    assert packed == there
    assert "steward = api.cli.main:app" in entry_points


def test_the_client_has_the_version_of_the_service() -> None:
    """It is generated from this version's document."""
    client = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text(encoding="utf-8"))
    assert client["project"]["version"] == _project()["project"]["version"]


def _compose(file: str = "docker-compose.yml") -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    return loaded


def _compose_validator() -> Any:
    """The Compose Specification's own JSON schema, from the files of the package check-jsonschema."""
    text = (resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
    schema = json.loads(text)
    return jsonschema.validators.validator_for(schema)(schema)


def test_the_compose_file_follows_the_compose_specification() -> None:
    """Valid by the specification's schema, which does notice a misspelt key."""
    validator = _compose_validator()
    for file in ("docker-compose.yml", "docker-compose.replica.yml"):
        assert [error.message for error in validator.iter_errors(_compose(file))] == [], file
    wrong = _compose()
    wrong["services"]["steward"]["helthcheck"] = {}
    assert any("helthcheck" in error.message for error in validator.iter_errors(wrong))


@pytest.mark.parametrize("name", ["migrate", "steward"])
def test_our_containers_have_no_more_rights_than_they_need(name: str) -> None:
    """Not root, nothing writable but memory, no capabilities; the server listens on the host's loopback only."""
    service = _compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_server_never_gets_the_owners_password() -> None:
    """The login that serves and the login that owns the tables are apart, each in the one container that needs it."""
    services = _compose()["services"]
    assert services["steward"]["secrets"] == ["app_password"]
    assert services["migrate"]["secrets"] == ["owner_password"]
    assert not [key for key in services["steward"]["environment"] if "OWNER" in key]
    conditions = {name: value["condition"] for name, value in services["steward"]["depends_on"].items()}
    assert conditions == {"db": "service_healthy", "migrate": "service_completed_successfully"}


def test_no_password_is_written_down() -> None:
    """Passwords come from files below secrets/, which git and the image leave out; no URL holds one."""
    compose = _compose()
    assert {Path(secret["file"]).parent.name for secret in compose["secrets"].values()} == {"secrets"}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    for service in compose["services"].values():
        for key, value in service["environment"].items():
            assert "PASSWORD" not in key or key.endswith("_FILE")
            assert not re.search(r"://[^@/]*:[^@/]*@", str(value)), key


def test_what_the_dockerfile_copies_is_there_and_let_through() -> None:
    """Every source of a COPY exists and is not kept out by .dockerignore."""
    allowed = [
        line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    ]
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in copies for source in line.split()]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(source == entry or source.startswith(f"{entry}/") for entry in allowed), source


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    """Four different passwords, in a folder closed to others; a second call changes nothing."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "make-secrets.sh", tmp_path / "deploy")
    made = []
    for _ in range(2):
        subprocess.run(["sh", "deploy/make-secrets.sh"], cwd=tmp_path, check=True)
        made.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == {*_compose()["secrets"], *_compose("docker-compose.replica.yml")["secrets"]}
    assert len(set(made[0].values())) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in made[0].values())
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def _bare_run(tmp_path: Path, python: str, *tools: str) -> subprocess.CompletedProcess[str]:
    """`./run` of a fresh copy, in a folder with a space, where `python` (a script) and the tools are all there is."""
    home = tmp_path / "a copy"
    machine = tmp_path / "bin"
    (home / "requirements").mkdir(parents=True)
    machine.mkdir()
    shutil.copy(ROOT / "run", home)
    for tool in ("sh", "dirname", "cat", "id", "mkdir", "rm", "cmp", *tools):
        found = shutil.which(tool)
        assert found is not None, tool
        (machine / tool).symlink_to(found)
    (machine / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (machine / "python3").chmod(0o755)
    environment = {"PATH": str(machine), "HOME": os.fspath(tmp_path)}
    return subprocess.run(["./run"], cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_run_says_what_to_do_when_python_is_too_old(tmp_path: Path) -> None:
    """An old Python, and no other, ends with the version found and how to get a newer one."""
    done = _bare_run(tmp_path, 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    assert done.returncode == 1
    assert "no Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_run_says_what_to_do_when_python_can_make_no_environment(tmp_path: Path) -> None:
    """A Python without pip, ensurepip and virtualenv ends with the command that brings them."""
    python = (
        f'case "$*" in *import\\ *venv*|*ensurepip*|*virtualenv*|*pip*) exit 1 ;; esac; exec "{sys.executable}" "$@"'
    )
    done = _bare_run(tmp_path, python)
    assert done.returncode == 1
    assert "neither pip nor ensurepip nor virtualenv" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_shell_scripts_pass_shellcheck() -> None:
    """Unquoted names and the like are found before a folder with a space finds them."""
    scripts = [ROOT / "run", ROOT / ".ci" / "run", *sorted((ROOT / "deploy").rglob("*.sh"))]
    assert len(scripts) >= 5
    shellcheck = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert all(os.access(script, os.X_OK) for script in scripts)
