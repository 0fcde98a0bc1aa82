"""The key that signs the log: outside the database, never shown, changed without a break.

`log.key` signs. `steward keys rotate` keeps it as `log-HASH.key` and makes a new one; the first checkpoint after that
is signed by both, so that who trusts the old key learns the new one from it. `log.pub` lists every public key that has
ever signed, one a line, for anybody. `signed-ID.txt` is the last note that was signed of a log: a key that remembers
what it signed never signs a second history under the same name, wherever the database and its checkpoints went.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from domain.errors import Refusal
from domain.proof.check import Checkpoint, VerifierKey, parse_checkpoint, parse_key, parse_note
from domain.proof.receipts import SigningKey, checkpoint_text, new_seed, signed_note
from domain.store.db.copies import make_folder
from domain.store.keys.secret_files import append, read_or_make, read_secret, replace, write_once
from domain.store.proof.proof_reader import Signed

CURRENT, PUBLIC = "log.key", "log.pub"


class LogKeyMissing(Refusal):
    """The key that signed the log so far is not in the folder: another key must not take its place unsaid."""


class LogKeys:
    """The keys of one log in a folder. Several processes, and several logs, may share the folder."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder, self.origin = folder, origin

    def sign(self, checkpoint: Checkpoint, previous: Signed | None) -> str:
        """A checkpoint's note, by the current key; and by the one before, as long as it has not vouched for this one.

        A previous one under another name of the log (before a restore was accepted) needs no vouching: the key is the
        same. What is signed is written down here first (`signed_last`). Raises: LogKeyMissing, UnsafeKeyFile.
        """
        current = self._current(new=previous is None)
        keys = [current]
        same_log = previous is not None and previous.note.startswith(f"{self.origin}\n")
        if previous is not None and same_log and not self._has_signed(current.verifier, previous.note):
            keys += self._vouching(previous.note)
        note = signed_note(checkpoint_text(checkpoint), keys)
        replace(self._signed_file, note.encode())
        return note

    def signed_last(self) -> Checkpoint | None:
        """What the keys of this folder have signed last of this log, whatever became of the database since.

        Raises: ProofError when the file cannot be read.
        """
        if not self._signed_file.exists():
            return None
        return parse_checkpoint(parse_note(self._signed_file.read_bytes()).text, self.origin)

    @property
    def _signed_file(self) -> Path:
        return self._folder / f"signed-{self.origin.rpartition('/')[2]}.txt"

    def require_current(self) -> None:
        """The key that signs is there, though nothing is to be signed at the moment. Raises: LogKeyMissing."""
        if not (self._folder / CURRENT).exists():
            raise self._missing("")

    def sign_like(self, note: str, text: str) -> str:
        """A text, signed by every key at hand that has signed a note. Raises: LogKeyMissing, UnsafeKeyFile."""
        keys = self._signers(note)
        if not keys:
            raise self._missing(note)
        return signed_note(text, keys)

    def known(self) -> list[VerifierKey]:
        """Every public key that has signed this log, the oldest first; those of other logs are not even read in."""
        return [parse_key(line) for line in self._listed() if line.startswith(f"{self.origin}+")]

    def ever_known(self) -> list[VerifierKey]:
        """Every public key of this folder, under the names too that the log had before a restore was accepted."""
        return [parse_key(line) for line in self._listed()]

    def _listed(self) -> Iterable[str]:
        file = self._folder / PUBLIC
        return dict.fromkeys(file.read_text("utf-8").splitlines() if file.exists() else ())

    def rotate(self, last: Signed | None, *, without_old: bool = False) -> VerifierKey:
        """Make a new key; the next checkpoint is signed by it and by the old one, whose file is kept.

        `without_old`: the old one is lost, and nobody can vouch for the new one: who trusted the old has to be told.
        Raises: LogKeyMissing, UnsafeKeyFile.
        """
        path = self._folder / CURRENT
        if without_old and last is not None:
            for one in parse_note(last.note.encode()).signatures:
                write_once(self._lost(one.key_hash), b"")
        elif last is not None and not self._signers(last.note):
            raise self._missing(last.note)
        if path.exists():
            old = SigningKey(self.origin, read_secret(path))
            write_once(self._folder / f"log-{old.verifier.hash.hex()}.key", old.seed)
        new = SigningKey(self.origin, new_seed())
        self._list(new.verifier)
        replace(path, new.seed)
        return new.verifier

    def _current(self, *, new: bool) -> SigningKey:
        path = self._folder / CURRENT
        if not new and not path.exists():
            raise self._missing("")
        key = SigningKey(self.origin, read_or_make(path, new_seed))
        if key.verifier not in self.known():
            self._list(key.verifier)
        return key

    def _vouching(self, note: str) -> list[SigningKey]:
        """The keys of the last checkpoint; none when an operator has declared them lost."""
        keys = self._signers(note)
        lost = [self._lost(one.key_hash).exists() for one in parse_note(note.encode()).signatures]
        if not keys and not any(lost):
            raise self._missing(note)
        return keys

    def _signers(self, note: str) -> list[SigningKey]:
        """The keys at hand that have signed a note, in its order."""
        files = [self._folder / CURRENT, *sorted(self._folder.glob("log-*.key"))]
        keys = [SigningKey(self.origin, read_secret(file)) for file in files if file.exists()]
        by_hash = {key.verifier.hash: key for key in keys}
        signatures = parse_note(note.encode()).signatures
        return [by_hash[one.key_hash] for one in signatures if one.name == self.origin and one.key_hash in by_hash]

    def _has_signed(self, key: VerifierKey, note: str) -> bool:
        return any((one.name, one.key_hash) == (key.name, key.hash) for one in parse_note(note.encode()).signatures)

    def _lost(self, key_hash: bytes) -> Path:
        return self._folder / f"log-{key_hash.hex()}.lost"

    def _list(self, key: VerifierKey) -> None:
        """Write a public key down, durably, before anything is signed with it."""
        make_folder(self._folder)
        append(self._folder / PUBLIC, f"{key}\n".encode())

    def _missing(self, note: str) -> LogKeyMissing:
        hashes = ", ".join(one.key_hash.hex() for one in parse_note(note.encode()).signatures) if note else CURRENT
        return LogKeyMissing(
            f"密钥文件夹中没有签署过本日志的密钥（{hashes}）",
            f"the key that has signed this log so far ({hashes}) is not in the folder of keys",
            remedy="请设置 STEWARD_KEY_DIR，或从备份恢复该文件夹；确已遗失则运行 steward keys rotate --without-old",
            remedy_en="Set STEWARD_KEY_DIR or restore the folder; when lost, run steward keys rotate --without-old.",
        )


def signed_by(note: str, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Which of the keys a note names as its signers. Raises: ProofError for what is no note."""
    named = {(one.name, one.key_hash) for one in parse_note(note.encode()).signatures}
    return [key for key in keys if (key.name, key.hash) in named]
