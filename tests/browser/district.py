"""A district in which every signed-in page has something to show, and how to sign in to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page as Tab

from api.http.documentation.examples import CLIENT_USCC
from domain.values import Role
from tests.http.desk import PASSWORD, account
from tests.http.test_pages import HOSTILE
from tests.http.world import APPEALED, CLIENT_PARTY, World, body_of, new_uscc, today

YEAR = APPEALED


@dataclass(frozen=True)
class District:
    """Where it is served, who may sign in, and what is there to look at."""

    agency: str
    """An agency with something of everything: tiers, lapses, honours, a late fact, an annulment, a published year."""
    hostile: str
    """One whose name tries to break a page."""
    appeal: str
    """An appeal of `agency` against its result of YEAR, still open."""
    impact: str
    """What a late fact would change of that result."""
    event: str
    """A lapse of `agency` that costs a point of its sheet of YEAR, and that the appeal disputes."""
    account: str
    """Of somebody who signs in."""
    batch: str = ""
    """Two inspections that were recorded together."""
    logins: dict[Role, str] = field(default_factory=dict)
    address: str = ""

    def sign_in(self, tab: Tab, role: Role) -> None:
        """Sign in as somebody of this role; those of an agency belong to `agency`."""
        tab.goto(f"{self.address}/sign-in?lang=zh")
        tab.fill("#login", self.logins[role])
        tab.fill("#password", PASSWORD)
        tab.click("main button[type=submit]")
        tab.wait_for_url(lambda url: "/sign-in" not in url)


def make_district(world: World) -> District:
    """Record it all over HTTP."""
    agency = _agency(world, "惠州市安恒安全技术服务有限公司")
    hostile = _agency(world, HOSTILE)
    for number in range(8):
        other = _agency(world, f"惠州市第{number + 1}安全科技有限公司")
        world.assessed(other, YEAR)
    _history(world, agency)
    world.upheld(hostile, *[today()] * 3)
    world.publish(YEAR)
    lapse = next(
        str(one["id"])
        for one in world.trail(agency)
        if one["type"] == "LapseRecorded" and str(YEAR) in one["occurred_on"]
    )
    filed = world.done("FileAppeal", agency, year=YEAR, filed_on=f"{YEAR + 1}-03-12", disputed_event_ids=[lapse])
    _waiting(world, agency)
    bound = {Role.AGENCY: agency, Role.CLIENT: CLIENT_USCC}
    logins = {role: account(world, role, bound.get(role), f"{role} 张三") for role in Role}
    late = world.done("RecordLapse", agency, item=4, occurred_on=f"{YEAR}-09-09")
    somebody = str(world.people[Role.ADMIN].get("/v1/accounts", limit=1).json()["items"][0]["id"])
    impact = str(late["touched"][0]["impact"])
    inspected = [
        {"post": f"/v1/agencies/{uscc}/inspections", "body": body_of("RecordInspection")} for uscc in (agency, hostile)
    ]
    batch = str(world.must(world.association.post("/v1/batches", {"commands": inspected}))["batch"])
    return District(agency, hostile, str(filed["ids"]["appeal"]), impact, lapse, somebody, batch, logins)


def _agency(world: World, name: str) -> str:
    uscc = new_uscc()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": name}))
    world.done("DecideFiling", uscc)
    return uscc


def _history(world: World, uscc: str) -> None:
    """Two years of it: a warning, an annulled complaint, lapses, an honour, a late fact."""
    world.assessed(uscc, YEAR - 1)
    world.assessed(uscc, YEAR)
    world.upheld(uscc, f"{YEAR - 1}-05-06", f"{YEAR - 1}-11-20")
    wrong = world.upheld(uscc, f"{YEAR}-02-11")[0]
    for day in (f"{YEAR - 1}-03-04", f"{YEAR}-04-02", f"{YEAR}-05-20", f"{YEAR}-06-17"):
        world.done("RecordLapse", uscc, occurred_on=day)
    world.done("AwardHonour", uscc, awarded_on=f"{YEAR}-09-01")
    world.done("EnterBadRecord", uscc, entered_on=f"{YEAR}-07-07")
    world.done("AnnulEvent", uscc, event_id=wrong, annulled_on=f"{YEAR}-03-15")
    world.done("RecordLapse", uscc, occurred_on=f"{YEAR - 1}-08-08")


def _waiting(world: World, uscc: str) -> None:
    """Something of everything that waits to be dealt with."""
    world.done("ReportBehaviour", uscc)
    lapse = world.id_of("RecordLapse", uscc, occurred_on=f"{YEAR}-10-10")
    world.done("FileObjection", uscc, event_id=lapse)
    world.done("ReceiveComplaint", uscc, received_on=today())
    world.done("RequestSubmission", uscc, due_on="2099-12-31")
    this_year = int(today()[:4])  # the survey of YEAR is closed, and takes no invitation any more (R22)
    world.done("InviteSurvey", uscc, client=CLIENT_PARTY, year=this_year, invited_on=today())
