"""What watches the service asks for figures that there are: alert rules, their cases, the dashboard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings

MONITORING = Path(__file__).resolve().parents[1] / "deploy" / "monitoring"
RULES, CASES, DASHBOARD = (
    MONITORING / f"steward-{name}" for name in ("alerts.yml", "alerts-test.yml", "dashboard.json")
)
NAMES = re.compile(r"\bsteward_[a-z_]+")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all figures of a service with everything that can be set."""
    folder = tmp_path_factory.mktemp("figures")
    (folder / "roots.pem").write_text("")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'ledger.db'}",
        metrics="anyone",
        timestamp_url="http://127.0.0.1:9/",
        timestamp_roots=folder / "roots.pem",
    )
    with TestClient(create_app(settings)) as client:
        client.get("/healthz")
        text = client.get("/metrics").text
    return set(re.findall(r"^# TYPE (steward_[a-z_]+)", text, re.MULTILINE)) | set(NAMES.findall(text))


def expressions() -> list[str]:
    """Every expression of the rules and of the dashboard."""
    rules = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    found = [rule["expr"] for group in rules for rule in group["rules"]]
    return found + [target["expr"] for panel in panels for target in panel["targets"]]


def test_rules_and_dashboard_ask_for_figures_that_there_are(figures: set[str]) -> None:
    """A figure that was renamed would leave an alert that never comes."""
    asked = {name for one in expressions() for name in NAMES.findall(one)}
    assert len(asked) > 12
    assert asked - figures == set()


def test_the_figures_say_which_read_models_serve(figures: set[str]) -> None:
    """Which version made the rows, and which this code wants."""
    assert {"steward_read_models_version", "steward_read_models_wanted"} <= figures


def test_panels_do_not_lie_over_one_another() -> None:
    """Each has a place of its own in the 24 columns, a title, and a data source that can be chosen."""
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells
        taken |= cells
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("arguments", [("check", "rules", RULES.name), ("test", "rules", CASES.name)])
def test_promtool_takes_the_rules(arguments: tuple[str, ...]) -> None:
    """The rules are well formed, and their cases raise what they should and nothing else."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: in the package prometheus; .ci/run takes it out of that)")
    done = subprocess.run([promtool, *arguments], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
