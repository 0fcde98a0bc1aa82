"""One appeal: the published sheet, today's, the difference, and the dossier for who decides (R33-R35)."""

from __future__ import annotations

from api.application.assessing.appeal import Appeal, appeal_of
from api.application.assessing.dossier import ZIP, dossier
from api.application.background.checkpoint_signer import sealed_up
from api.application.questions.inquiry import Answer, FileAnswer, Inquiry, question
from domain.errors import Invalid
from domain.measures.chapter4_appeals import made_by


@question("/v1/appeals/{id}")
def appeal_in_full(inquiry: Inquiry, id: str) -> Answer:  # noqa: A002  # the name in the path
    """An appeal: the published sheet, today's, and the difference."""
    with inquiry.replaying() as (questions, reader):
        uscc, filed = appeal_of(reader, id, inquiry.own_only)
        inquiry.about = uscc
        found, caller = Appeal(questions, uscc, filed), inquiry.caller
        separate = inquiry.service.settings.separate_duties
        conflict = made_by(found.basis.trail, filed.disputed, caller.person_id) if separate else []
        content = {**found.answer(caller), "conflict": [one.id for one in conflict]}
    return Answer(content)


@question("/v1/appeals/{id}/dossier")
def dossier_of(inquiry: Inquiry, id: str, known_at: str | None = None) -> FileAnswer:  # noqa: A002  # as above
    """The dossier of an appeal: one ZIP, the same bytes from the same log."""
    log_index = _place_in_log(inquiry, known_at)
    with inquiry.replaying() as (questions, reader):
        uscc, filed = appeal_of(reader, id, inquiry.own_only)
        inquiry.about = uscc
        found = Appeal(questions, uscc, filed, f"log:{log_index}")
        archive = dossier(questions, found, inquiry.caller, log_index)
    name = f"dossier-{uscc}-{filed.year}-{filed.id[:8]}-log{log_index}.zip"
    return FileAnswer(archive, name, ZIP)


def _place_in_log(inquiry: Inquiry, known_at: str | None) -> int:
    """The place of the log that a dossier is made at: the given one, or the last of now. Raises: Invalid, Busy."""
    if known_at is None:
        return sealed_up(inquiry.service.ledger)
    if not known_at.startswith("log:"):
        raise Invalid(
            "卷宗按日志位置制作，known_at 须写作 log:N",
            "a dossier is made at a place of the log: give known_at=log:N",
            cites=("api.md",),
            remedy="请写 log:N，或不填（取最新的已封存位置）",
            remedy_en="Write log:N, or leave it out for the last sealed place.",
            pointer="?known_at",
        )
    return int(known_at.removeprefix("log:"))
