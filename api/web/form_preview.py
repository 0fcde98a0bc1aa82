"""What recording would do, in words: asked of `what-if` with exactly the body that would be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from api.web.form_entry import ID, Entry
from api.web.form_lists import trail
from api.web.form_texts import Words
from api.web.inside import Inside, tell
from api.web.words import FILINGS, GRADES, TIERS, named_in_english
from domain.values import Role

Item = dict[str, Any]
PART_NAMES = {
    "conduct": ("服务规范", "Conduct"), "quality": ("服务质量", "Quality"), "effect": ("服务效果", "Effect"),
    "honours": ("荣誉记录", "Honours"), "total": ("合计得分", "Total"),
}  # fmt: skip
"""The parts of a score (annex 1)."""
_WITHOUT = frozenset({"file-agency", "dismiss-hint"})
"""Commands that no what-if takes: the agency is not there yet, or nothing about it changes."""


@dataclass(frozen=True)
class Effect:
    """What would be: on the fact's own day, and today where that is later."""

    then: Item
    """The answer as of the day of the fact."""
    now: Item
    """The answer as of today; the same one for a fact of today or later."""

    @property
    def version(self) -> int:
        """The agency's last record that was seen."""
        return int(self.now["version"])

    @property
    def said(self) -> list[Words]:
        """The sentences that matter, the gravest first."""
        found = [*self._tier(), *self._grade(), *self._score(), *self._bad_records(), *self._filing(), *self._rank()]
        return found or [
            (
                "惩戒等级、不良信息、得分、等次和名次都不变。",
                "Tier, bad records, score, grade and rank all stay as they are.",
            )
        ]

    def _tier(self) -> list[Words]:
        before, after = (self.then[side]["standing"]["sanction"] for side in ("before", "after"))
        found: list[Words] = []
        if (before["tier"], before["since"], before["until"]) != (after["tier"], after["since"], after["until"]):
            found.append(_ladder(before, after))
        first, last = (self.now[side]["standing"]["sanction"]["tier"] for side in ("before", "after"))
        if self.now is not self.then and first != last:
            (old, old_en, _), (new, new_en, _) = TIERS[first], TIERS[last]
            found.append((f"今天的惩戒等级：{old} → {new}。", f"Tier today: {old_en} → {new_en}."))
        elif self.now is not self.then and found:
            name, name_en, _ = TIERS[last]
            found.append((f"今天的惩戒等级仍为：{name}。", f"Tier today stays: {name_en}."))
        return found

    def _grade(self) -> list[Words]:
        before, after = (self.now[side]["sheet"]["grade"] for side in ("before", "after"))
        if before == after:
            return []
        old, new = (GRADES.get(one, ("未评定", "not assessed")) for one in (before, after))
        year = self.now["year"]
        return [(f"{year} 年度考评等次：{old[0]} → {new[0]}。", f"Grade of {year}: {old[1]} → {new[1]}.")]

    def _score(self) -> list[Words]:
        before, after = (self.now[side]["sheet"]["total"] for side in ("before", "after"))
        if before == after:
            return []
        old, new, year = before or "—", after or "—", self.now["year"]
        return [(f"{year} 年度得分：{old} → {new}。", f"Score of {year}: {old} → {new}.")]

    def _bad_records(self) -> list[Words]:
        before, after = (self.now[side]["standing"]["bad_records"]["total"] for side in ("before", "after"))
        if before == after:
            return []
        return [(f"不良信息累计：{before} → {after} 次。", f"Bad records in all: {before} → {after}.")]

    def _filing(self) -> list[Words]:
        before, after = (self.then[side]["standing"]["agency"]["filing"] or "none" for side in ("before", "after"))
        if before == after:
            return []
        (old, old_en), (new, new_en) = FILINGS[before], FILINGS[after]
        return [(f"备案状态：{old} → {new}。", f"Filing: {old_en} → {new_en}.")]

    def _rank(self) -> list[Words]:
        ranks, year = self.now["ranks"], self.now["year"]
        old, new = (ranks[side]["rank"] if ranks[side] else None for side in ("before", "after"))
        if old == new and not ranks["moved"]:
            return []
        span, moved = f"{old or '—'} → {new or '—'}", ranks["moved"]
        said = f"{year} 年度名次：{span}，另有 {moved} 家机构名次变动。"
        return [(said, f"Rank of {year}: {span}; the ranks of {moved} others move.")]

    @property
    def scores(self) -> list[tuple[str, str | None, str | None]]:
        """The parts of the score that change, before and after, the total last; none when nothing changes."""
        before, after = (self.now[side]["sheet"] for side in ("before", "after"))
        rows = [(name, before[name], after[name]) for name in PART_NAMES]
        return [row for row in rows if row[1] != row[2]]

    @property
    def lines(self) -> list[tuple[bool, Item]]:
        """The lines of the sheet that come (True) and go (False)."""
        before, after = (self.now[side]["sheet"]["lines"] for side in ("before", "after"))
        return [*((False, one) for one in _beyond(before, after)), *((True, one) for one in _beyond(after, before))]

    @property
    def why(self) -> list[Words]:
        """Each difference with its reason, as the API says it."""
        told = {(one["why"], one["why_en"]): None for answer in (self.then, self.now) for one in answer["difference"]}
        return [(_plain(text, "本次记录"), _plain(named_in_english(text_en), "this record")) for text, text_en in told]


async def effect_of(request: Request, entry: Entry) -> Effect | Inside | None:
    """What recording the entry would do; the problem when it would be refused; None where nobody can tell.

    Enterprises are shown nothing of an agency's standing, so they get none either.
    """
    if entry.command in _WITHOUT or request.state.visitor.role is Role.CLIENT:
        return None
    gone = await _annulled(request, entry)
    if entry.command == "answer-objection" and gone is None:
        return None
    supposed, day, today = _supposed(entry, gone), entry.day(), request.state.today
    if gone is not None:
        day = gone["occurred_on"]
    path = f"/v1/agencies/{entry.uscc}/what-if"
    then = await tell(request, path, supposed, query=f"as_of={day}")
    if then.status == 404:  # nothing is judged before the Measures: what it does today is all there is to say
        day, then = today, await tell(request, path, supposed, query=f"as_of={today}")
    if then.refused:
        return then
    answer = then.content
    if day >= today:
        return Effect(answer, answer)
    now = await tell(request, path, {**supposed, "year": answer["year"]}, query=f"as_of={today}")
    if now.refused:  # a fact from before the Measures has no year of its own
        now = await tell(request, path, supposed, query=f"as_of={today}")
    return now if now.refused else Effect(answer, now.content)


async def _annulled(request: Request, entry: Entry) -> Item | None:
    """The fact of the trail that would stop counting: what changes is looked for in its year."""
    facts = {one["id"]: one for one in await trail(request, entry.uscc)}
    body = entry.body
    if entry.command in ("annul-event", "correct-event"):
        return facts.get(body["event_id"])
    if entry.command != "answer-objection" or body["outcome"] != "annulled" or entry.id not in facts:
        return None
    return facts.get(facts[entry.id]["fact"].get("event_id"))


def _supposed(entry: Entry, gone: Item | None) -> Item:
    """The what-if's body. What annuls and does more is supposed as an annulment, with what takes its place."""
    body = entry.body
    if entry.command == "correct-event":
        return {"annul": [body["event_id"]], "add": body["replace"]}
    if entry.command == "answer-objection" and gone is not None:
        return {"annul": [gone["id"]]}
    return {"add": [{"post": entry.path, "body": body}]}


def own_errors(entry: Entry, problem: Item) -> list[dict[str, str]]:
    """The errors of a refused what-if, pointing into the entry's own body."""
    return [{**one, "pointer": _own_pointer(entry, one["pointer"])} for one in problem.get("errors", ())]


def _own_pointer(entry: Entry, pointer: str) -> str:
    if entry.command == "correct-event":
        return pointer.replace("/annul/0", "/event_id").replace("/add/", "/replace/")
    if pointer in ("/add/0/post", "/annul/0"):
        return ID
    return pointer.removeprefix("/add/0/body")


def _ladder(before: Item, after: Item) -> Words:
    name, name_en, _ = TIERS[after["tier"]]
    old, old_en, _ = TIERS[before["tier"]]
    if after["tier"] == "none":
        return f"惩戒等级：{old} → {name}。", f"Tier: {old_en} → {name_en}."
    until, until_en = (f"至 {after['until']}", f" to {after['until']}") if after["until"] else ("起", " on")
    span = f"自 {after['since']} {until}", f"from {after['since']}{until_en}"
    count = after["verified_complaints"]
    if count > before["verified_complaints"]:
        return (
            f"这是一年内第 {count} 次有效投诉：“{name}”，{span[0]}（第十七条）。",
            f"This is counted complaint no. {count} within one year: {name_en}, {span[1]} (art.17).",
        )
    return f"惩戒等级：{old} → {name}，{span[0]}。", f"Tier: {old_en} → {name_en}, {span[1]}."


def _beyond(lines: list[Item], others: list[Item]) -> list[Item]:
    """The lines that the others do not have; two equal ones count as two."""
    left = [_without_events(one) for one in others]
    found = []
    for line in lines:
        if _without_events(line) in left:
            left.remove(_without_events(line))
        else:
            found.append(line)
    return found


def _without_events(line: Item) -> Item:
    return {name: value for name, value in line.items() if name != "events"}


def _plain(text: str, this: str) -> str:
    """Without the ids that a what-if invents."""
    for place in range(50, 0, -1):
        text = text.replace(f"what-if-annulment-{place}", this).replace(f"what-if-{place}", this)
    return text
