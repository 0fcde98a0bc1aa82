"""An agency merges, divides or gets another credit code: others stand in its place from a day on (art.12, R43)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET
from pydantic import Field

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact
from domain.commands.fields import Day, Prose, Uscc
from domain.errors import Contradiction, Invalid
from domain.events import AgencySucceeded
from domain.measures.around.successions import succeeded
from domain.measures.chapter2_filing import filings
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail
from domain.values import agency_stream

MOST_SUCCESSORS = 20


@implements("art.12", "R43")
class RecordSuccession(Command):
    """The association records a merger, division or change of code, by the papers of the registry (art.12, R43)."""

    FACT_DATE: ClassVar[str] = "effective_on"

    effective_on: Day
    kind: Literal["merger", "division", "code_change"]
    successors: Annotated[tuple[Uscc, ...], Field(min_length=1, max_length=MOST_SUCCESSORS)]
    basis: Prose
    bad_records_to: Annotated[tuple[Uscc, ...], Field(max_length=MOST_SUCCESSORS)] = ()
    """Of a division: the successors that have the bad records too, as its papers say."""

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once for who does not go on; every successor is filed here, stands on that day, and no circle arises."""
        self._must_fit(agency)
        if not any(life.filed_on is not None for life in filings(Facts(agency.trail, date.max))):
            raise Contradiction(
                "该机构尚未备案，没有可由他人承继的",
                "this agency was never filed: there is nothing to succeed to",
                cites=("art.12", "R43"),
                remedy="请先办结其备案，或由新机构直接备案",
                remedy_en="Decide its filing first, or let the new agency file.",
            )
        before = succeeded(Facts(agency.trail, date.max))
        if before is not None:
            raise Contradiction(
                f"该机构已于 {before.occurred_on} 由其他机构承继（{before.id}）",
                f"this agency has been succeeded on {before.occurred_on} ({before.id})",
                cites=("art.12", "R43"),
                remedy="如有误，请先撤销该记录",
                remedy_en="If that was wrong, annul it first.",
            )
        for place, uscc in enumerate(self.successors):
            if agency_stream(uscc) != agency.stream:
                self._must_stand(agency, recording, uscc, f"/successors/{place}")
        return fact(
            AgencySucceeded,
            succession_id=recording.event_id,
            kind=self.kind,
            successors=self.successors,
            basis=recording.vault.seal(self.basis),
            bad_records_to=self.bad_records_to or UNSET,
        )

    def _must_fit(self, agency: Agency) -> None:
        """One successor of a merger or change of code, which is another agency; at least two of a division."""
        others = [one for one in self.successors if agency_stream(one) != agency.stream]
        wanted = len(self.successors) >= 2 if self.kind == "division" else len(others) == len(self.successors) == 1
        if wanted and len(set(self.successors)) == len(self.successors):
            self._must_name_others(others)
            return
        raise Invalid(
            "合并和变更代码只写一家承继机构（不是本机构）；分立写两家以上，存续的本机构也写在内；不重复",
            "a merger or change of code names one other agency, a division two or more, itself if it goes on",
            cites=("art.12", "R43"),
            remedy="请核对承继机构",
            remedy_en="Check the successors.",
            pointer="/successors",
        )

    def _must_name_others(self, others: list[str]) -> None:
        """Bad records are given to other successors of a division only: one that goes on has them anyway."""
        if not self.bad_records_to or (self.kind == "division" and set(self.bad_records_to) <= set(others)):
            return
        raise Invalid(
            "只有分立可以写明由谁一并承担不良信息，且须是承继机构之一（存续的本机构不必写）",
            "only a division names who has the bad records too: some of its other successors",
            cites=("art.12", "R43"),
            remedy="请核对，或留空",
            remedy_en="Check it, or leave it empty.",
            pointer="/bad_records_to",
        )

    def _must_stand(self, agency: Agency, recording: Recording, uscc: str, pointer: str) -> None:
        trail = recording.elsewhere.trail(uscc)
        if trail is None:
            raise Invalid(
                f"没有统一社会信用代码为 {uscc} 的机构",
                f"there is no agency with the USCC {uscc}",
                cites=("art.8", "art.12"),
                remedy="承继机构须先提交备案",
                remedy_en="The successor has to submit its filing first.",
                pointer=pointer,
            )
        gone = succeeded(Facts(trail, self.effective_on))
        if gone is not None:
            raise Contradiction(
                f"{uscc} 到 {self.effective_on} 已由其他机构承继",
                f"{uscc} has itself been succeeded by {self.effective_on}",
                cites=("art.12", "R43"),
                remedy="请写明当时存续的机构",
                remedy_en="Name the agency that stood on that day.",
                pointer=pointer,
            )
        if self._comes_back(trail, agency, recording):
            raise Contradiction(
                f"{uscc} 由本机构承继：承继关系不能成环（分立后存续的，分出的一家可在分立之日起并回）",
                f"{uscc} is itself succeeded by this agency: successions make no circle"
                " (a part may be merged back into the one that went on, from the day of its division)",
                cites=("art.12", "R43"),
                remedy="请先核对并撤销有误的承继记录",
                remedy_en="Check the successions and annul the wrong one first.",
                pointer=pointer,
            )

    def _comes_back(self, trail: Trail, agency: Agency, recording: Recording) -> bool:
        """Whether what goes over would come back to this agency and go over once more, without end.

        Who goes on after a division passes on what was before that day: what it gets from that day on stays there.
        """
        if agency.stream in map(agency_stream, self.successors):
            return False
        waiting, seen = [(trail, self.effective_on)], set[tuple[str, date]]()
        while waiting:
            each, arrived = waiting.pop()
            for one in each.of(AgencySucceeded):
                day = max(arrived, one.occurred_on)
                if not one.ends and arrived >= one.occurred_on:
                    continue
                for uscc in one.successors:
                    if agency_stream(uscc) == agency.stream:
                        return True
                    further = None if (uscc, day) in seen else recording.elsewhere.trail(uscc)
                    seen.add((uscc, day))
                    if further is not None and agency_stream(uscc) != one.stream:
                        waiting.append((further, day))
        return False
