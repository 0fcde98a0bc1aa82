"""A program of somebody else's that uses the generated Python client: type-checked, and run against a service.

`python use_client.py ADDRESS TOKEN USCC`: records a lapse at the agency and prints what the service then says of it.
"""

from __future__ import annotations

import sys
from datetime import date

from steward_client import AuthenticatedClient
from steward_client.rest.api.business import record_lapse
from steward_client.rest.api.one_agency import events, standing
from steward_client.rest.models import Problem, Recorded, RecordLapse, RecordLapseItem, Standing, Tier, TrailPage


def main(address: str, token: str, uscc: str) -> None:
    """Ask, record, ask again, and be refused."""
    client = AuthenticatedClient(base_url=address, token=token)
    found = standing.sync(uscc, client=client)
    assert isinstance(found, Standing)
    tier: Tier = found.sanction.tier
    assert tier is Tier.NONE
    item = RecordLapseItem.VALUE_1
    lapse = RecordLapse(item=item, occurred_on=date(2024, 5, 20))
    receipt = record_lapse.sync(uscc, client=client, body=lapse)
    assert isinstance(receipt, Recorded)
    trail = events.sync(uscc, client=client)
    assert isinstance(trail, TrailPage)
    assert trail.items[-1].id == receipt.events[0].id
    refused = record_lapse.sync(uscc, client=client, body=RecordLapse(item=item, occurred_on=date(2999, 1, 1)))
    assert isinstance(refused, Problem)
    print(tier.value, trail.items[-1].type_, refused.status)


if __name__ == "__main__":
    main(*sys.argv[1:])
