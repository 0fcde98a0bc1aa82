"""The secret of a survey invitation's link (art.23): made again from the invitation when needed, stored nowhere."""

from __future__ import annotations

import base64
import hashlib

from domain.store.keys.vault import Vault

LINK_SECRET = "survey_link"  # noqa: S105  # its name


def link_secret(vault: Vault, invitation_id: str) -> str:
    """The secret of an invitation's link, 256 bits, URL-safe."""
    return base64.urlsafe_b64encode(vault.mac(LINK_SECRET, invitation_id)).rstrip(b"=").decode("ascii")


def link_hash(secret: str) -> bytes:
    """What the table of links knows of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()
