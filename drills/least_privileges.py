"""A whole year under exactly the two logins that `deploy/` makes: steward_owner migrates, steward_app does the rest.

Filed, recorded, published, appealed, decided, revised and closed: over HTTP as far as today's date lets a year go, and
in the demonstration, whose clock goes on to the closing of its years. Then every command of the command line.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.store.db.engine import open_engine, writing
from domain.values import Role
from drills.common import require, step
from drills.servers.two_logins import APP, OWNER, ROOT, TwoLogins, two_logins
from tests.cli.import_files import filed, filing, write
from tests.http.world import World

YEAR = 2024


def main() -> None:
    """The year over HTTP with the command line, then the demonstration's years, each on a server of its own."""
    with two_logins() as place:
        place.steward(OWNER, "migrate")
        over_http(place)
        by_the_command_line(place)
    with two_logins() as place:
        place.steward(OWNER, "migrate")
        the_demonstrations_years(place)


def over_http(place: TwoLogins) -> None:
    """File, record, publish, appeal, decide and so revise; a late fact and what becomes of its impact; erase."""
    with TestClient(create_app(Settings(database_url=place.url(APP), data_dir=place.folder))) as client:
        world = World(client)
        hit, other = world.assessed(year=YEAR), world.assessed(year=YEAR)
        first, *_ = world.upheld(hit, "2024-03-04", "2024-05-06", "2024-07-08")
        step("ok: two agencies filed, a year recorded")
        require(world.publish(YEAR)["count"] == 2, "the year is published")
        committee = world.people[Role.COMMITTEE]
        appeal = world.must(
            world.association.post(
                f"/v1/agencies/{hit}/appeals",
                {
                    "year": YEAR,
                    "filed_on": "2025-03-14",
                    "appellant": {"kind": "agency", "name": "陈国栋"},
                    "grounds": "与事实不符",
                    "disputed_event_ids": [first],
                },
            )
        )["ids"]["appeal"]
        body = {"outcome": "upheld", "decided_on": "2025-03-20", "reasons": "经复核", "annul": [first]}
        decided = world.must(committee.post(f"/v1/appeals/{appeal}/decision", body))
        require(
            "ResultRevised" in {one["type"] for one in decided["events"]}, "the appeal is decided, the result revised"
        )
        late = world.done("RecordLapse", other, item=4, occurred_on="2024-09-01")
        require(bool(late["touched"]), "a late fact touches the published result")
        for path in ("/readyz", f"/v1/agencies/{hit}/standing", "/v1/impacts", "/v1/appeals", "/v1/log"):
            require(committee.get(path).status_code == 200, f"GET {path}")


def by_the_command_line(place: TwoLogins) -> None:
    """All that an operator does, each with the login that `docs/operations.md` names for it."""
    ask = ("--json",)
    for arguments in (
        ("token", "create", "--role", "auditor", "--person", "审计"),
        ("token", "list"),
        ("account", "create", "officer", "--role", "association"),
        ("account", "list"),
        ("checkpoint",),
        ("keys", "show"),
        ("keys", "rotate"),
        ("master-key", "check"),
        ("master-key", "rotate"),
        ("audit", *ask),
        ("check", *ask),
        ("replay-under", str(_amendment(place.folder)), "--year", str(YEAR)),
        ("rulebook", "adopt", str(_amendment(place.folder)), "--as", "委员会"),
        ("calendar", "adopt", str(_overlay(place.folder)), "--as", "委员会"),
        ("import", str(_facts(place.folder)), "--as", "经办人"),
    ):
        place.steward(APP, *arguments)
    spoilt = "UPDATE agency_status SET name = '改名'"
    with writing(open_engine(place.url(APP))) as connection:
        connection.exec_driver_sql(spoilt)
    place.steward(APP, "check", *ask, code=7)
    place.steward(OWNER, "rebuild", "--jobs", "1")
    place.steward(APP, "check", *ask)


def the_demonstrations_years(place: TwoLogins) -> None:
    """`steward demo` as steward_app: years published, appealed, decided, disposed of and closed, with its own clock."""
    place.steward(APP, "demo", "--agencies", "4", "--facts", "400")
    place.steward(APP, "audit", "--json")
    last = datetime.now(UTC).year - 2
    with TestClient(create_app(Settings(database_url=place.url(APP), data_dir=place.folder))) as client:
        committee = World(client).people[Role.COMMITTEE]
        status = committee.get(f"/v1/assessments/{last}").json()["status"]
        require(status == "closed", f"the demonstration's {last} is published and closed")
        require(client.get("/readyz").status_code == 200, "the service is ready")


def _amendment(_: Path) -> Path:
    return ROOT / "docs" / "examples" / "dayawan-example-amendment.toml"


def _overlay(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "overlay.toml"
    later = date(datetime.now(UTC).year + 3, 1, 1)
    days = [later + timedelta(days=number) for number in range(3)]
    file.write_text(
        (ROOT / "domain" / "measures" / "holidays-overlay.toml").read_text("utf-8")
        + f'\n[years.{later.year}]\nsource = "国务院办公厅通知"\n'
        + f"holidays = [{', '.join(map(str, days))}]\nworkdays = []\n",
        "utf-8",
    )
    return file


def _facts(folder: Path) -> Path:
    file = folder / "facts.jsonl"
    write(file, [filing(1), filed(1)])
    return file


if __name__ == "__main__":
    main()
