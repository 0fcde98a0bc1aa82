"""Which of the facts with the same clear content are equal, sealed words compared as well (R46)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.events import Event
from domain.similar import same_words, sealed_content
from domain.store.keys.vault import Vault

MOST_SIMILAR = 20
"""So many earlier facts are looked at, and named, for one that is recorded: the latest."""


def alike(vault: Vault, event: Event, before: Iterable[Event]) -> list[Event]:
    """The events of `before` whose texts equal those of `event` (R46). Texts are decrypted here and go no further."""
    own = sealed_content(event)
    found = [(one, sealed_content(one)) for one in before]
    if not own or not found:
        return [one for one, _ in found]
    every = [*own, *(each for _, sealed in found for each in sealed)]
    texts = dict(zip(every, vault.open_many(every), strict=True))
    words = [texts[each] for each in own]
    return [one for one, sealed in found if same_words(words, [texts[each] for each in sealed])]
