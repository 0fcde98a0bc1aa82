"""What the deaths of several runs came to, a line of JSON a ledger: runs go on from what is there, and add up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.version import software


@dataclass(frozen=True)
class Judged:
    """One ledger, or one cluster, that was judged; there is none of one that failed, so lost and doubled are 0."""

    database: str
    """`sqlite`, `postgresql`, or `patroni` for a cluster's changes of primary."""
    deaths: int
    acknowledged: int
    seed: str
    parts: dict[str, int] = field(default_factory=dict)
    """How many deaths of each part."""
    version: str = field(default_factory=software)
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class Tally:
    """What was judged so far: in memory, and in a file where one is named."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        lines = file.read_text("utf-8").splitlines() if file is not None and file.exists() else []
        self.judged = [Judged(**json.loads(line)) for line in lines if line.strip()]

    def add(self, judged: Judged) -> None:
        """One more, on the disk before anything else dies."""
        self.judged.append(judged)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(judged), ensure_ascii=False) + "\n")

    def deaths(self, database: str) -> int:
        """How many there were of a database."""
        return sum(one.deaths for one in self.judged if one.database == database)

    def lines(self) -> Iterator[str]:
        """A line of JSON a database: deaths, ledgers, acknowledged, lost, doubled, parts, versions, first and last."""
        for database in dict.fromkeys(one.database for one in self.judged):
            those = [one for one in self.judged if one.database == database]
            parts = sum((Counter(one.parts) for one in those), Counter[str]())
            said = {
                "database": database,
                "deaths": self.deaths(database),
                "ledgers": len(those),
                "acknowledged": sum(one.acknowledged for one in those),
                "lost": 0,
                "doubled": 0,
                "parts": dict(sorted(parts.items())),
                "versions": sorted({one.version for one in those}),
                "first": min(one.at for one in those),
                "last": max(one.at for one in those),
            }
            yield "KILLS " + json.dumps(said, ensure_ascii=False)
