"""What recording would do, in words: the answers of `what-if`, told by day and by year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.web.frame.field_names import FILINGS, GRADES, TIERS, named_in_english
from domain.measures.text.official_text import cited_in_chinese
from domain.values import Bilingual

Item = dict[str, Any]
PART_NAMES = {
    "conduct": ("服务规范", "Conduct"),
    "quality": ("服务质量", "Quality"),
    "effect": ("服务效果", "Effect"),
    "honours": ("荣誉记录", "Honours"),
    "total": ("合计得分", "Total"),
}
"""The parts of a score (annex 1)."""

_FOLLOWS: dict[str, Bilingual] = {
    "notices_due": ("将有通知应发出：", "A notice falls due: "),
    "notices_gone": ("不再应发的通知：", "A notice is due no more: "),
    "flags": ("将标注：", "Flagged: "),
    "hints_raised": ("将产生线索（不计分，由协会核查）：", "Gives a hint (it never counts): "),
    "hints_settled": ("线索随之了结：", "Settles a hint: "),
}
_INVENTED = re.compile(r"what-if-(?:annulment-|inherited-)?\d+")
_OF_EVERY_PROJECT = ("art.15(2)", "art.15(3)")
"""Plan and report are missing of every project that begins."""


@dataclass(frozen=True)
class YearEffect:
    """What would become of one assessment year. Every sentence names it."""

    answer: Item
    """The what-if with the sheets of the year."""

    @property
    def year(self) -> int:
        """The assessment year."""
        return int(self.answer["year"])

    @property
    def as_of(self) -> str:
        """The day on which the two sheets are looked at."""
        return str(self.answer["before"]["standing"]["as_of"])

    @property
    def said(self) -> list[Bilingual]:
        """The sentences, the gravest first; none when nothing of the year changes."""
        found = [*self._grade(), *self._score(), *self._complete(), *self._rank()]
        if not found and (self.lines or self.scores):
            found = [
                (
                    f"{self.year} 年度的打分表有变动，得分和等次不变（见下）。",
                    f"The sheet of {self.year} changes, its score and grade do not (see below).",
                )
            ]
        return found

    def _sides(self, name: str) -> tuple[Any, Any]:
        return self.answer["before"]["sheet"][name], self.answer["after"]["sheet"][name]

    def _grade(self) -> list[Bilingual]:
        before, after = self._sides("grade")
        if before == after:
            return []
        if any(self._sides("provisional")):  # no grade outside the committee's preview (R44)
            return []
        old, new = (GRADES.get(one, ("未评定", "not assessed")) for one in (before, after))
        return [(f"{self.year} 年度考评等次：{old[0]} → {new[0]}。", f"Grade of {self.year}: {old[1]} → {new[1]}.")]

    def _score(self) -> list[Bilingual]:
        before, after = self._sides("total")
        if before == after:
            return []
        old, new, year = before or "—", after or "—", self.year
        return [(f"{year} 年度得分：{old} → {new}。", f"Score of {year}: {old} → {new}.")]

    def _complete(self) -> list[Bilingual]:
        before, after = self._sides("missing")
        if before == after:
            return []
        (old, old_en), (new, new_en) = _missing(before), _missing(after)
        return [(f"{self.year} 年度考评资料：{old} → {new}。", f"Material of {self.year}: {old_en} → {new_en}.")]

    def _rank(self) -> list[Bilingual]:
        ranks = self.answer["ranks"]
        old, new = (ranks[side]["rank"] if ranks[side] else None for side in ("before", "after"))
        if old == new and not ranks["moved"]:
            return []
        span, moved = f"{old or '—'} → {new or '—'}", ranks["moved"]
        said = f"{self.year} 年度名次：{span}，另有 {moved} 家机构名次变动。"
        return [(said, f"Rank of {self.year}: {span}; the ranks of {moved} others move.")]

    @property
    def scores(self) -> list[tuple[str, str | None, str | None]]:
        """The parts of the score that change, before and after, the total last; none when nothing changes."""
        rows = [(name, *self._sides(name)) for name in PART_NAMES]
        return [row for row in rows if row[1] != row[2]]

    @property
    def lines(self) -> list[tuple[bool, Item]]:
        """The lines of the sheet that come (True) and go (False)."""
        before, after = self._sides("lines")
        return [*((False, one) for one in _beyond(before, after)), *((True, one) for one in _beyond(after, before))]


@dataclass(frozen=True)
class PreviewEffect:
    """What would be: on the days of the facts, today, and in every year that they touch."""

    days: list[Item]
    """The answers as of the days of the facts, those of today left out."""
    now: Item
    """The answer as of today."""
    sheets: list[Item]
    """The answers with the sheets of the years that may change, by year."""
    unseen: list[int]
    """The years that were too many to look at."""
    notes: list[Bilingual]
    """What else is to be known before recording."""

    @cached_property
    def successors(self) -> list[tuple[str, PreviewEffect]]:
        """What recording would do to each successor that would inherit another thing (R43), by its name."""
        found = [
            (
                str(one["agency"]["name"] or one["agency"]["uscc"]),
                PreviewEffect(_of_successor(self.days, one), one, _of_successor(self.sheets, one), [], []),
            )
            for one in self.now.get("successors", ())
        ]
        return sorted(found, key=lambda one: one[0])

    @property
    def version(self) -> int:
        """The agency's last record that was seen."""
        return int(self.now["version"])

    @cached_property
    def years(self) -> list[YearEffect]:
        """The years that change."""
        return [one for one in map(YearEffect, self.sheets) if one.said]

    @cached_property
    def said(self) -> list[Bilingual]:
        """The sentences that matter, the gravest first."""
        found = [*self._tier(), *(said for year in self.years for said in year.said), *self._bad_records()]
        found += [*self._filing(), *self._following()]
        return [*(found or [self._nothing()]), *self._unseen(), *self.notes]

    def _nothing(self) -> Bilingual:
        years = [str(one["year"]) for one in self.sheets]
        return (
            f"惩戒等级、不良信息和备案状态不变；{'、'.join(years)} 年度的得分、等次和名次都不变。",
            f"Tier, bad records and filing stay as they are; so do score, grade and rank of {', '.join(years)}.",
        )

    def _unseen(self) -> list[Bilingual]:
        if not self.unseen:
            return []
        years = [str(one) for one in self.unseen]
        return [(f"没有逐一核算的年度：{'、'.join(years)}。", f"Years not worked out here: {', '.join(years)}.")]

    def _tier(self) -> list[Bilingual]:
        found = [said for one in self.days for said in _ladder(one)]
        today = _ladder(self.now)
        if not self.days or not found:
            return today
        first, last = (self.now[side]["standing"]["sanction"]["tier"] for side in ("before", "after"))
        (old, old_en, _), (new, new_en, _) = TIERS[first], TIERS[last]
        if first != last:
            return [*found, (f"今天的惩戒等级：{old} → {new}。", f"Tier today: {old_en} → {new_en}.")]
        return [*found, (f"今天的惩戒等级仍为：{new}。", f"Tier today stays: {new_en}.")]

    def _bad_records(self) -> list[Bilingual]:
        before, after = (self.now[side]["standing"]["bad_records"]["total"] for side in ("before", "after"))
        if before == after:
            return []
        return [(f"不良信息累计：{before} → {after} 次。", f"Bad records in all: {before} → {after}.")]

    def _filing(self) -> list[Bilingual]:
        found: dict[Bilingual, None] = {}
        for one in (*self.days, self.now):
            before, after = (one[side]["standing"]["agency"]["filing"] or "none" for side in ("before", "after"))
            if before != after:
                (old, old_en), (new, new_en), day = FILINGS[before], FILINGS[after], _day_of(one)
                found[f"{day} 的备案状态：{old} → {new}。", f"Filing on {day}: {old_en} → {new_en}."] = None
        return list(found)

    def _following(self) -> list[Bilingual]:
        """Notices that fall due or do no more, what the Measures note about the fact, hints: each once."""
        found: dict[Bilingual, None] = {}
        for answer in (*self.days, self.now):
            told = answer.get("following", {})
            for kind, words in _FOLLOWS.items():
                for one in told.get(kind, ()):
                    if one["article"] not in _OF_EVERY_PROJECT:
                        found[_follows(one, words)] = None
        return list(found)

    @property
    def why(self) -> list[tuple[Bilingual, list[Bilingual]]]:
        """Each difference with its reason, as the API says it, under the day or the year that it is about."""
        found = []
        for one in (*self.days, self.now):
            day = _day_of(one)
            found.append(((f"{day} 的状态", f"Standing on {day}"), _reasons(one, sheet=False)))
        for year in self.years:
            said = f"{year.year} 年度打分表（截至 {year.as_of}）", f"Sheet of {year.year}, as of {year.as_of}"
            found.append((said, _reasons(year.answer, sheet=True)))
        return [one for one in found if one[1]]


def _of_successor(answers: list[Item], successor: Item) -> list[Item]:
    """What answers say of one successor."""
    uscc = successor["agency"]["uscc"]
    return [one for answer in answers for one in answer.get("successors", ()) if one["agency"]["uscc"] == uscc]


def _follows(one: Item, words: Bilingual) -> Bilingual:
    text, text_en, day = one["text"], one["text_en"], one.get("due_on")
    when, when_en = (f"，{day} 起应发", f", from {day} on") if day else ("", "")
    article = one["article"]
    under, under_en = (f"（{cited_in_chinese(article)}）", f" ({article})") if article else ("", "")
    return f"{words[0]}{text}{when}{under}", f"{words[1]}{text_en}{when_en}{under_en}"


def _missing(parts: list[str]) -> Bilingual:
    if not parts:
        return "齐全", "complete"
    names = [PART_NAMES[one] for one in parts]
    return "缺" + "、".join(one for one, _ in names), "without " + ", ".join(one for _, one in names)


def _day_of(answer: Item) -> str:
    return str(answer["before"]["standing"]["as_of"])


def _reasons(answer: Item, *, sheet: bool) -> list[Bilingual]:
    """The reasons of what differs in the sheets of the answer's year, or of everything else.

    What a standing says of its year's assessment is of a sheet too; it is told with that year alone.
    """
    own = answer["before"]["standing"]["assessment"]["year"] == answer["year"]
    found: dict[Bilingual, None] = {}
    for one in answer["difference"]:
        kind = one["field"].partition(".")[0]
        if (kind == "sheet" or (kind == "assessment" and own)) if sheet else kind not in ("sheet", "assessment"):
            found[_plain(one["why"], "本次记录"), _plain(named_in_english(one["why_en"]), "this record")] = None
    return list(found)


def _ladder(answer: Item) -> list[Bilingual]:
    """What becomes of the tier on the answer's day; nothing when it stays, with its first and last day."""
    before, after = (answer[side]["standing"]["sanction"] for side in ("before", "after"))
    if (before["tier"], before["since"], before["until"]) == (after["tier"], after["since"], after["until"]):
        return []
    (old, old_en, _), (name, name_en, _), day = TIERS[before["tier"]], TIERS[after["tier"]], _day_of(answer)
    if after["tier"] == "none":
        return [(f"{day} 的惩戒等级：{old} → {name}。", f"Tier on {day}: {old_en} → {name_en}.")]
    until, until_en = (f"至 {after['until']}", f" to {after['until']}") if after["until"] else ("起", " on")
    span = f"自 {after['since']} {until}", f"from {after['since']}{until_en}"
    count = after["verified_complaints"]
    if count > before["verified_complaints"]:
        return [
            (
                f"这是一年内第 {count} 次有效投诉：“{name}”，{span[0]}（第十七条）。",
                f"This is counted complaint no. {count} within one year: {name_en}, {span[1]} (art.17).",
            )
        ]
    said = f"{day} 的惩戒等级：{old} → {name}，{span[0]}。", f"Tier on {day}: {old_en} → {name_en}, {span[1]}."
    return [said]


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
    return _INVENTED.sub(this, text)
