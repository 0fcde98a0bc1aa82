"""The body of an erasure: a person asks to be forgotten, and the association decides on it (events.md)."""

from __future__ import annotations

from domain.commands.fields import Day, Label, Part


class EraseSubject(Part):
    """Destroy the key of one subject on a lawful request: its texts can never be read again (events.md, personal data).

    Ground and reference stay readable for ever: do not name the person in them.
    """

    erased_on: Day
    ground: Label
    reference: Label | None = None
