"""Checkpoints at a second place: a folder and a command, neither of which ever holds up the ledger."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.application.background import checkpoint_signer
from api.application.background.checkpoint_signer import NotCopied, proven_up
from api.application.background.readiness import Service
from api.settings import Settings
from api.starting import start, stop
from domain.proof.check import parse_checkpoint, parse_note


@contextmanager
def service(folder: Path, **settings: Any) -> Iterator[Service]:
    made = start(Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", key_dir=folder / "keys", **settings))
    try:
        yield made
    finally:
        stop(made)


def followed(made: Service) -> str:
    """Sign all there is, let the copies follow; the note."""
    signed = proven_up(made.ledger, made.notary)
    assert signed is not None
    made.housekeeper.copies.follow(made.notary.origin, signed)
    return signed.note


def test_a_second_folder_has_every_checkpoint(tmp_path: Path) -> None:
    """The latest and all, as the first one has; it is made where it is not there."""
    second = tmp_path / "elsewhere" / "checkpoints"
    with service(tmp_path, checkpoint_copy_dir=second) as made:
        note = followed(made)
        name = made.notary.origin.rpartition("/")[2]
        assert (second / f"{name}.txt").read_text() == note
        assert (second / f"{name}.log").read_bytes() == (tmp_path / "checkpoints" / f"{name}.log").read_bytes()


def test_a_command_gets_the_file_and_failures_are_counted_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails first: logged, counted, nothing else is held up; after a while it is tried again and gets the note."""
    target = tmp_path / "sent.txt"
    script = tmp_path / "send.py"
    script.write_text("import sys; print('no route', file=sys.stderr); sys.exit(4)")
    hook = shlex.join([sys.executable, str(script), "--to", "somebody"])
    with service(tmp_path, checkpoint_hook=hook, checkpoint_hook_seconds=0) as made:
        copies = made.housekeeper.copies
        note = followed(made)
        assert copies.failures == {"folder": 0, "hook": 1}
        said = "".join(capsys.readouterr())
        assert "checkpoint_copy_failed" in said
        assert "exit code 4" in said
        assert "no route" in said
        followed(made)
        assert copies.failures["hook"] == 1, "not at once"
        script.write_text(f"import shutil, sys; shutil.copy(sys.argv[-1], {str(target)!r})")
        monkeypatch.setattr(checkpoint_signer, "RETRY_SECONDS", 0.0)
        followed(made)
        assert target.read_text() == note
        copies.require_well()
        assert parse_checkpoint(parse_note(target.read_bytes()).text, made.notary.origin).size > 0
        target.unlink()
        followed(made)
        assert not target.exists(), "the same one is not sent twice"


def test_a_command_that_is_none_and_a_folder_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    """Both are failures that the metrics show; what is recorded is sealed and signed all the same."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with service(tmp_path, checkpoint_copy_dir=in_the_way / "x", checkpoint_hook="/no/such/command") as made:
        followed(made)
        assert made.housekeeper.copies.failures == {"folder": 1, "hook": 1}
        with pytest.raises(NotCopied, match=r"STEWARD_CHECKPOINT_COPY_DIR.*STEWARD_CHECKPOINT_HOOK"):
            made.housekeeper.copies.require_well()
