"""What differs between two explained sheets of one agency, each difference with the events behind it (R34, api.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.events import (
    AgencyDelisted,
    AgencyFiled,
    AgencySucceeded,
    AgencyTerminated,
    ComplaintUpheld,
    EffectScored,
    Event,
    FilingSubmitted,
    HonourAwarded,
    LapseRecorded,
    PenaltyImposed,
    PledgeSigned,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    SubmissionReceived,
    SurveyClosed,
    SurveySubmitted,
)
from domain.values import Bilingual
from projections.answers.comparisons import AnswerDifference
from projections.answers.scalars import plain
from projections.answers.sheets import ScoreSheet
from projections.compare.basis_difference import BasisDifference, shortened
from projections.replay.sheet_lines import CATEGORY_LABELS

Answer = Mapping[str, Any]
PROJECT_FACTS: tuple[type[Event], ...] = (ProjectStarted, ProjectCompleted, ProjectCancelled)
FILING_FACTS: tuple[type[Event], ...] = (FilingSubmitted, AgencyFiled, AgencyTerminated, AgencySucceeded)
LADDER_FACTS: tuple[type[Event], ...] = (ComplaintUpheld, AgencyDelisted)
_SPARING = (SubmissionReceived, ProjectExtended, ProjectCompleted, ProjectCancelled, LapseRecorded)
"""Facts that name what a lapse is about, and bring or spare it."""
_JUDGED: dict[str, tuple[type[Event], ...]] = {
    "conduct": (),
    "quality": (SurveySubmitted, SurveyClosed, *PROJECT_FACTS),
    "effect": (EffectScored, *PROJECT_FACTS),
    "honours": (HonourAwarded,),
}
"""Facts that decide which facts of a category count (a closing, a project, an earlier honour for the same reason)."""
_PARTS = {"quality": "服务质量", "effect": "服务效果"}


def difference(
    field: str, before: Any, after: Any, events: Iterable[str], said: Iterable[Bilingual]
) -> AnswerDifference:
    """One difference: the field, both values, the ids of the events behind it, and why, in both languages."""
    texts = list(dict.fromkeys(said))
    return AnswerDifference(
        field,
        before,
        after,
        tuple(dict.fromkeys(events)),
        "；".join(text for text, _ in texts),
        "; ".join(text_en for _, text_en in texts),
    )


def sheet_differences(
    before: Answer | ScoreSheet, after: Answer | ScoreSheet, moved: BasisDifference | None = None
) -> list[AnswerDifference]:
    """What differs between two answers of `GET …/sheets/{year}`, the parts first, then what follows from them.

    Their lines and what they considered name the events. `moved` adds what lies behind the lines (a completion that was
    annulled); without it the answers speak for themselves, which is all that a frozen sheet has.
    """
    first, then = _plain(before), _plain(after)
    return _Sheets(first, then, moved or BasisDifference.of_answers(first, then)).differences()


def _plain(sheet: Answer | ScoreSheet) -> Answer:
    """A sheet as its JSON has it, as a frozen one is: those of early years lack members that came later."""
    return plain(sheet) if isinstance(sheet, ScoreSheet) else sheet


class _Sheets:
    """Two sheets side by side."""

    def __init__(self, before: Answer, after: Answer, moved: BasisDifference) -> None:
        self.before, self.after, self.moved = before, after, moved
        self.turned: list[Bilingual] = []
        if before["year"] != after["year"]:
            years = before["year"], after["year"]
            self.turned = [("考评年度由 {} 变为 {}".format(*years), "the year is {1}, not {0}".format(*years))]

    def differences(self) -> list[AnswerDifference]:
        parts = [one for name in CATEGORY_LABELS if (one := self._category(name)) is not None]
        found = [*self._span(), *parts, *self._missing(parts)]
        assessed = self._one("assessed", *self._why_assessed())
        override = self._one("override", *self._why_override())
        scored = [one for one in parts if not one.field.endswith(".lines")]
        behind = [one for one in (*scored, assessed) if one is not None]
        total = self._one("total", *self._sum_of(behind, "合计", "summed"))
        grade = self._one("grade", *self._sum_of([one for one in (total, assessed, override) if one], "据此", "from"))
        found += [one for one in (assessed, total, override, grade) if one is not None]
        return found + self._considered()

    def _one(self, field: str, events: Iterable[str], said: list[Bilingual]) -> AnswerDifference | None:
        before, after = self.before[field], self.after[field]
        if before == after:
            return None
        return difference(field, before, after, self.moved.with_annulments(events), self.turned + said)

    def _span(self) -> Iterator[AnswerDifference]:
        """Year, first and last day: another year, or another law."""
        for field in ("year", "from", "to"):
            if self.before[field] != self.after[field]:
                said = self.turned or self.moved.otherwise()
                yield difference(field, self.before[field], self.after[field], (), said)

    # ---- the four categories ----

    def _category(self, name: str) -> AnswerDifference | None:
        """The difference of a category's points, or of its lines where they changed and add up to the same."""
        before, after = self._lines(self.before, name), self._lines(self.after, name)
        gone, came = _without(before, after), _without(after, before)
        same = self.before["exact"][name] == self.after["exact"][name]
        if same and not gone and not came:
            return None
        grounds = {_ground(line) for line in gone} & {_ground(line) for line in came}
        shifted = [line for line in came if _ground(line) in grounds]
        gone = [line for line in gone if _ground(line) not in grounds]
        came = [line for line in came if _ground(line) not in grounds]
        events = [*_apart(gone, came), *self._behind(name, gone + came)]
        if not self.moved.among(events) and (name == "honours" or self.moved.only_facts()):
            events += self.moved.of(*_JUDGED[name]) or self.moved.of()
        on_lines = {id_ for line in gone + came for id_ in line["events"]} if name not in _PARTS else set()
        said = self._lines_said(name, gone, came)
        said += shortened(self.moved.said(id_ for id_ in events if id_ not in on_lines))
        if shifted and (gone or came):
            said.append(
                ("其余各项的实际分值随扣完为止或封顶而变", "what other lines cost shifts with the floor or cap")
            )
        said += self.moved.law if self.moved.among(events) else self.moved.otherwise()
        events = self.moved.with_annulments(events)
        if same:
            return difference(f"{name}.lines", _brief(before), _brief(after), events, self.turned + said)
        return difference(name, self.before[name], self.after[name], events, self.turned + said)

    @staticmethod
    def _lines(sheet: Answer, name: str) -> list[Answer]:
        return [line for line in sheet["lines"] if line["category"] == name]

    def _behind(self, name: str, lines: list[Answer]) -> list[str]:
        """The moved facts that brought or spared these lines without being named on them."""
        if name != "conduct":
            return self.moved.among(id_ for line in lines for id_ in line["events"])
        found: list[str] = []
        for line in lines:
            named = self.moved.among(line["events"]) + self.moved.naming(line["events"], *_SPARING)
            found += named or self._behind_conduct(line)
        return found

    def _behind_conduct(self, line: Answer) -> list[str]:
        """A mean that fell (16.8), a pledge, or the end of business, which ends the duties before it (R6)."""
        year = self.after["year"]
        if line["item"] == 8:
            forms = self.moved.of(SurveySubmitted, where=lambda form: form.year == year)
            return forms or self.moved.of(*PROJECT_FACTS)
        pledges = self.moved.of(PledgeSigned) if line["item"] == 7 else []
        return pledges or self.moved.of(AgencyTerminated, AgencySucceeded, FilingSubmitted)

    def _lines_said(self, name: str, gone: list[Answer], came: list[Answer]) -> list[Bilingual]:
        if name in _PARTS and gone and came:
            (old,), (new,) = gone, came
            return [(f"由“{old['text']}”变为“{new['text']}”", f"“{old['text_en']}” became “{new['text_en']}”")]
        said = [
            (
                f"{verb}：{line['text']}（{line['points']}{why}）",
                f"{verb_en}: {line['text_en']} ({line['points']}{why_en})",
            )
            for lines, verb, verb_en in ((gone, "不再计入", "no longer counted"), (came, "计入", "counted"))
            for line in lines
            for why, why_en in [self._reason(line)]
        ]
        return shortened(said)

    def _reason(self, line: Answer) -> Bilingual:
        """Why a line stands on one side only: how its events moved, else how the later sheet leaves them out."""
        reasons = [self.moved.moves[id_].reason for id_ in self.moved.among(line["events"])]
        left_out = (one for one in self.after["considered"] if not set(one["events"]).isdisjoint(line["events"]))
        reasons = reasons or [(one["reason"], one["reason_en"]) for one in left_out]
        return "".join(f"，{text}" for text, _ in reasons[:1]), "".join(f", {text}" for _, text in reasons[:1])

    # ---- what follows from them ----

    def _missing(self, parts: list[AnswerDifference]) -> Iterator[AnswerDifference]:
        """Parts for which nothing has come in, and whether the sheet is complete (R25)."""
        flipped = set(self.before["missing"]) ^ set(self.after["missing"])
        events = [id_ for one in parts if one.field.removesuffix(".lines") in flipped for id_ in one.events]
        said = [
            (
                f"{_PARTS[part]}{'已有' if part in self.before['missing'] else '不再有'}所需的评价",
                f"{part}: {'something has' if part in self.before['missing'] else 'nothing has'} come in",
            )
            for part in _PARTS
            if part in flipped
        ]
        for field in ("complete", "missing"):
            if (one := self._one(field, events, said)) is not None:
                yield one

    def _why_assessed(self) -> tuple[list[str], list[Bilingual]]:
        """In business and filed, or not (R29)."""
        reasons = [
            {(why["text"], why["text_en"]) for why in sheet["not_assessed"]} for sheet in (self.before, self.after)
        ]
        events = self.moved.of(*PROJECT_FACTS, *FILING_FACTS)
        said = [
            (f"不再有“{text}”的情形", f"no longer so: {text_en}") for text, text_en in sorted(reasons[0] - reasons[1])
        ]
        said += sorted(reasons[1] - reasons[0])
        said += shortened(self.moved.said(events)) or self.moved.otherwise()
        return events, said

    def _why_override(self) -> tuple[list[str], list[Bilingual]]:
        """The events of overrides on one side only, and the complaints behind a blacklisting (art.25)."""
        kinds = [
            {(one["kind"], id_) for one in sheet["override"] for id_ in one["events"]}
            for sheet in (self.before, self.after)
        ]
        apart = [id_ for _, id_ in sorted(kinds[0] ^ kinds[1])]
        moved = self.moved.among(apart) or self.moved.of(PenaltyImposed, *LADDER_FACTS)
        said = shortened(self.moved.said(moved))
        if self.moved.law or not said:
            said += self.moved.law or self.moved.otherwise()
        return apart + moved, said

    def _sum_of(self, parts: list[AnswerDifference], verb: str, verb_en: str) -> tuple[list[str], list[Bilingual]]:
        """What follows from parts that differ; from another law where none does."""
        if not parts:
            return [], self.moved.otherwise()
        said = [
            (
                f"{verb}：{_LABELS[one.field][0]}由 {before} 变为 {after}",
                f"{verb_en}: {_LABELS[one.field][1]} from {before_en} to {after_en}",
            )
            for one in parts
            for (before, before_en), (after, after_en) in [(_shown(one.before), _shown(one.after))]
        ]
        return [id_ for one in parts for id_ in one.events], said + self.moved.law

    def _considered(self) -> list[AnswerDifference]:
        """What was looked at and left out on one side only."""
        before, after = self.before["considered"], self.after["considered"]
        gone = [one for one in before if one not in after]
        came = [one for one in after if one not in before]
        if not gone and not came:
            return []
        said = shortened(
            [
                *((f"不再列为未计入：{one['reason']}", f"no longer left out: {one['reason_en']}") for one in gone),
                *((f"列为未计入：{one['reason']}", f"left out: {one['reason_en']}") for one in came),
            ]
        )
        events = [id_ for one in gone + came for id_ in one["events"]]
        if not self.moved.among(events):  # left out for the sake of others, on whose lines they may stand now
            behind = self.moved.naming(events) or self._behind("conduct", gone + came) or self.moved.of()
            events += self.moved.with_annulments(behind)
        return [difference("considered", gone, came, events, self.turned + said)]


def _ground(line: Answer) -> tuple[Any, ...]:
    return line["item"], line["article"], tuple(line["events"])


def _without(lines: list[Answer], others: list[Answer]) -> list[Answer]:
    """The lines that the others do not have (item, points, events), as often as they have them not."""
    left = Counter((_ground(line), line["exact"]) for line in others)
    found = []
    for line in lines:
        key = _ground(line), line["exact"]
        if left[key]:
            left[key] -= 1
        else:
            found.append(line)
    return found


def _apart(gone: list[Answer], came: list[Answer]) -> list[str]:
    """The events that stand on one side's lines only; all of them where both sides name the same."""
    first, then = ([id_ for line in lines for id_ in line["events"]] for lines in (gone, came))
    return [id_ for id_ in first + then if (id_ in first) != (id_ in then)] or first


def _brief(lines: list[Answer]) -> list[Answer]:
    return [{name: line[name] for name in ("item", "points", "events")} for line in lines]


_LABELS: dict[str, Bilingual] = {
    **{name: (label, name) for name, label in CATEGORY_LABELS.items()},
    "total": ("总分", "total"),
    "assessed": ("参与考评", "assessed"),
    "override": ("直接认定", "override"),
}
OVERRIDE_NAMES: dict[str, Bilingual] = {
    "blacklisted": ("列入黑名单", "blacklisted"),
    "penalty": ("行政处罚", "penalty"),
}
"""What makes a year unqualified whatever the score (art.25), by kind."""


def _shown(value: Any) -> Bilingual:
    """A value of a sheet in both languages."""
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, list):
        words = [OVERRIDE_NAMES[one["kind"]] for one in value]
        return "、".join(zh for zh, _ in words) or "—", ", ".join(en for _, en in words) or "—"
    return ("—", "—") if value is None else (str(value), str(value))
