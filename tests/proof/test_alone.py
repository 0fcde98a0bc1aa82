"""What an auditor reads stands alone: `check.py` copied away works without the project, and fits into one sitting."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

from domain.proof import check

FILE = Path(check.__file__)


def test_it_imports_nothing_of_the_project() -> None:
    """Python's own modules and `cryptography` only."""
    imports = [node for node in ast.walk(ast.parse(FILE.read_text("utf-8"))) if isinstance(node, ast.Import)]
    imported = {alias.name for node in imports for alias in node.names}
    froms = [node for node in ast.walk(ast.parse(FILE.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    assert not any(node.level for node in froms)
    imported |= {str(node.module).partition(".")[0] for node in froms}
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_it_is_short() -> None:
    """At most 300 lines."""
    assert len(FILE.read_text("utf-8").splitlines()) <= 300


def test_it_runs_where_the_project_is_not(tmp_path: Path) -> None:
    """Copied into an empty folder, it checks a proof."""
    shutil.copy(FILE, tmp_path / "check.py")
    code = (
        "import sys; sys.path.insert(0, '.'); import check\n"
        "one, two = check.leaf_hash(b'1'), check.leaf_hash(b'2')\n"
        "check.verify_inclusion(one, 0, 2, [two], check.node_hash(one, two))\n"
        "try: check.verify_inclusion(one, 1, 2, [two], check.node_hash(one, two))\n"
        "except check.ProofError as error: print(error.what)\n"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "tree\n"
