"""`python -m drills.run [NAME ...] [OPTIONS]`: the drills one after the other. Exit code 1 when one of them failed.

Options go to the one drill that is named. Those that take long by intention (`LONG`) are run by name only.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback
from itertools import takewhile

import drills

APART = ("common", "facts", "run", "service")
"""Modules of this package that are no drill; a folder is one where it has a module `drill`."""
LONG = ("kills", "load")
WITH_OPTIONS = (*LONG, "mail", "rolling_upgrade")
IN_FOLDERS = {
    "full_publication": "drills.mixed_up.full_publication",
    "point_in_time": "drills.copies.point_in_time",
    "wrong_parts": "drills.mixed_up.wrong_parts",
}
"""Drills that stand below, and where."""


def names() -> list[str]:
    """Every drill there is, by the name of its module or folder."""
    found = pkgutil.iter_modules(drills.__path__)
    own = [one.name for one in found if one.name not in APART and (not one.ispkg or one.name in LONG)]
    return sorted([*own, *IN_FOLDERS])


def main(arguments: list[str]) -> int:
    """Run the drills of these names, or all of them but the long ones; whether one failed (1), or is unknown (2)."""
    wanted = list(takewhile(lambda one: not one.startswith("-"), arguments))
    options = arguments[len(wanted) :]
    if options and len(wanted) != 1:
        print("options belong to one drill: name it before them", file=sys.stderr)
        return 2
    if options and not set(wanted) <= set(WITH_OPTIONS):
        print(f"options are for {', '.join(WITH_OPTIONS)}", file=sys.stderr)
        return 2
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no such drill: {', '.join(sorted(unknown))}. There are: {', '.join(names())}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or [one for one in names() if one not in LONG]:
        print(f"{name}:", flush=True)
        begun = time.monotonic()
        try:
            place = f"drills.{name}.drill" if name in LONG else IN_FOLDERS.get(name, f"drills.{name}")
            drill = importlib.import_module(place)
            drill.main(*([options] if name in WITH_OPTIONS else []))
        except Exception:  # noqa: BLE001  # whatever it was: it is said, and the other drills are to run
            traceback.print_exc()
            failed.append(name)
        print(f"  {'FAILED' if name in failed else 'passed'} in {time.monotonic() - begun:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
