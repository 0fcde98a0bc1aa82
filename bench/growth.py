"""Whether a fact costs more the longer the agency's history is: all facts over ten years, and all in one year."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from bench.append import append_all
from bench.generate import History
from bench.measure import Finding, finding, in_turns, rate
from bench.place import fill, place
from tests.postgres_server import PostgresServer

SHORT, LONG = 100, 10_000
TIMED = 100
"""Facts a repetition, to each agency in turn."""


def measure(server: PostgresServer, repetitions: int) -> list[Finding]:
    """The lines of the report: seconds a fact."""
    lines = []
    with place(server, "growth") as target:
        for first, (years, named) in enumerate(((10.0, "over ten years"), (1.0, "within one year"))):
            ways: dict[str, Callable[[], float]] = {}
            for number, length in enumerate((SHORT, LONG)):
                history = History(10 * first + number, years)
                facts = history.facts(length + repetitions * TIMED)
                fill(target.ledger, islice(facts, length))

                def timed(facts=facts) -> float:  # type: ignore[no-untyped-def]
                    waiting = list(islice(facts, TIMED))
                    return 1 / rate(lambda: append_all(target, waiting), TIMED)

                ways[f"{length}"] = timed
            found = in_turns(ways, repetitions)
            lines.append(
                finding(
                    f"a fact to an agency with {LONG:,} facts {named}, to one with {SHORT}",
                    "s",
                    found[f"{LONG}"],
                    found[f"{SHORT}"],
                    most=1.3 if years > 1 else None,
                )
            )
    return lines
