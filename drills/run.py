"""`python -m drills.run [NAME ...]`: the drills one after the other. Exit code 1 when one of them failed."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback

import drills

APART = ("common", "facts", "run", "service")
"""Modules of this package that are no drill; what stands in folders below is none either."""


def names() -> list[str]:
    """Every drill there is, by the name of its module."""
    found = pkgutil.iter_modules(drills.__path__)
    return sorted(one.name for one in found if not one.ispkg and one.name not in APART)


def main(wanted: list[str]) -> int:
    """Run the drills of these names, or all of them; how many failed."""
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no such drill: {', '.join(sorted(unknown))}. There are: {', '.join(names())}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or names():
        print(f"{name}:", flush=True)
        begun = time.monotonic()
        try:
            importlib.import_module(f"drills.{name}").main()
        except Exception:  # noqa: BLE001  # whatever it was: it is said, and the other drills are to run
            traceback.print_exc()
            failed.append(name)
        print(f"  {'FAILED' if name in failed else 'passed'} in {time.monotonic() - begun:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
