"""Client of the Steward Ledger: `rest` has every question and command with its types, `follow` reads the log for ever.

`rest` is generated from the service's OpenAPI document when the package is made (`./run client`).
"""

from __future__ import annotations

from steward_client.following import START, LogBroken, LogError, LogRefused, LogRestored, Place, follow
from steward_client.rest import AuthenticatedClient

__all__ = ["START", "AuthenticatedClient", "LogBroken", "LogError", "LogRefused", "LogRestored", "Place", "follow"]
