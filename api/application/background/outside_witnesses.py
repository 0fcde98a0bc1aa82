"""Asking others to vouch for the log: witnesses that cosign its checkpoints, an authority that stamps the time.

A thread of its own, as others may be slow: recording, sealing and signing never wait for it. What fails is named by
`readyz` (it can wait) and the figures, and tried again. A witness that has seen more, or something else, than the log
holds is the alarm that it is there for.
"""

from __future__ import annotations

import base64
import http.client
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from api.application.background.degraded import Degraded
from api.settings import Settings
from domain.proof.check import ProofError, parse_note
from domain.proof.cosignatures import WitnessAt, cosigners
from domain.spans import span
from domain.store.db.engine import Engine, reading
from domain.store.proof.outside_notes import OutsideNotes, TimestampedNote
from domain.store.proof.proof_reader import Signed, consistency_proof, latest_checkpoint, origin_of
from domain.values import instant
from projections.proof.certificate_outside import stamped_at

log = structlog.get_logger("steward")

ANSWER_SECONDS = 10.0
MOST_ANSWER_BYTES = 256 * 1024
TURNS = 3
"""How often one witness is asked in a round: it may first say how far it has come."""
NAME = "background.witnesses"
AUTHORITY = "timestamp"
"""The name of the time stamping authority among who is asked, in the figures."""


class NotVouched(Exception):
    """A witness or authority has not vouched for the log, and why; said where the service's state is said."""

    def __init__(self, text: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text, self.text_en = text, text_en


class OutsideWitnesses:
    """Who is asked, and how far each has vouched. `start` begins, where any is set; `stop` ends."""

    def __init__(self, engine: Engine, settings: Settings, degraded: Degraded) -> None:
        self._engine, self._settings, self._degraded = engine, settings, degraded
        self._witnesses = settings.witnesses_asked()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="steward-witnesses", daemon=True)
        self._origin, self._stamped_at = "", float("-inf")
        self.sizes: dict[str, int] = {one.key.name: 0 for one in self._witnesses}
        """Up to which size of the log each has vouched since the process began."""
        self.failures: dict[str, int] = dict.fromkeys(self._asked(), 0)
        self._failing: dict[str, NotVouched] = {}

    def start(self) -> None:
        """Begin, if anybody is to be asked."""
        if self._asked():
            self._thread.start()

    def stop(self) -> None:
        """End; an answer that is waited for is not."""
        self._stop.set()

    def ask_all(self) -> None:
        """One round: everybody who has not vouched for the latest checkpoint yet."""
        with reading(self._engine) as connection:
            signed, origin = latest_checkpoint(connection), origin_of(connection) or ""
        if signed is None or not signed.note.startswith(f"{origin}\n"):
            return
        if origin != self._origin:  # a restore was accepted: another log for everybody
            self._origin, self._stamped_at = origin, float("-inf")
            self.sizes = dict.fromkeys(self.sizes, 0)
        notes = OutsideNotes(self._settings.checkpoints, origin)
        with notes.alone() as alone:
            if alone:
                self._cosign(notes, signed)
                self._stamp(notes, signed)

    def _run(self) -> None:
        while not self._stop.wait(self._settings.witness_seconds):
            try:
                with span("background witnesses"):
                    self.ask_all()
            except Exception:  # whatever it was, the next round has to come
                log.exception("witnesses_failed")

    def _asked(self) -> list[str]:
        return [*(one.key.name for one in self._witnesses), *([AUTHORITY] if self._settings.timestamp_url else [])]

    def _cosign(self, notes: OutsideNotes, signed: Signed) -> None:
        lines = []
        for witness in self._witnesses:
            name = witness.key.name
            if self.sizes[name] >= signed.size and name not in self._failing:
                continue
            try:
                lines.append(self._cosigned(witness, signed))
            except (NotVouched, OSError, http.client.HTTPException) as error:
                self._failed(name, error)
            else:
                self.sizes[name] = signed.size
                self._well(name)
        if lines:
            notes.keep_cosigned(signed.note + "".join(lines))

    def _cosigned(self, witness: WitnessAt, signed: Signed) -> str:
        """The lines of a witness on a checkpoint. Raises: NotVouched, OSError, HTTPException."""
        old, url = self.sizes[witness.key.name], f"{witness.url}/add-checkpoint"
        for _ in range(TURNS):
            status, body = post(url, _request(self._engine, old, signed), "text/plain; charset=utf-8")
            if status == http.client.OK:
                return _lines_of(witness, signed, body)
            if status != http.client.CONFLICT:
                raise _refused(status, body)
            said = body.decode("ascii", "replace").strip()
            seen = int(said) if said.isdigit() else -1
            if not 0 <= seen <= signed.size or seen == old:
                raise _differs(seen, signed.size)
            old = seen
        raise _differs(old, signed.size)

    def _stamp(self, notes: OutsideNotes, signed: Signed) -> None:
        settings, now = self._settings, time.monotonic()
        if not settings.timestamp_url or settings.timestamp_roots is None:
            return
        before = notes.stamped()
        if now - self._stamped_at < settings.timestamp_seconds or (before is not None and before.note == signed.note):
            return
        try:
            notes.keep_stamped(stamped(settings.timestamp_url, settings.timestamp_roots, signed.note))
        except (NotVouched, OSError, http.client.HTTPException) as error:
            self._failed(AUTHORITY, error)
        else:
            self._stamped_at = now
            self._well(AUTHORITY)

    def _failed(self, name: str, error: Exception) -> None:
        said = f"{type(error).__name__}: {error}"[:300]
        why = error if isinstance(error, NotVouched) else NotVouched(f"没有回答（{said}）", f"no answer ({said})")
        if name not in self._failing:
            log.error("not_vouched", by=name, why=why.text_en)
        self._failing[name] = why
        self.failures[name] += 1
        self._tell()

    def _well(self, name: str) -> None:
        self._failing.pop(name, None)
        self._tell()

    def _tell(self) -> None:
        if not self._failing:
            self._degraded.clear(NAME)
            return
        text = "；".join(f"{name}：{why.text}" for name, why in self._failing.items())
        text_en = "; ".join(f"{name}: {why.text_en}" for name, why in self._failing.items())
        self._degraded.set(NAME, f"外部见证未完成：{text}", f"not vouched for outside: {text_en}")


def stamped(url: str, roots: Path, note: str) -> TimestampedNote:
    """A time stamp of a note, verified against the roots (RFC 3161). Raises: NotVouched, OSError, HTTPException."""
    try:
        import rfc3161_client as tsp  # the extra `timestamps`
    except ImportError as error:
        raise NotVouched(
            "缺少 RFC 3161 组件：pip install 'steward-ledger[timestamps]'",
            "what reads RFC 3161 is missing: pip install 'steward-ledger[timestamps]'",
        ) from error
    content = note.encode()
    asked = tsp.TimestampRequestBuilder().data(content).hash_algorithm(tsp.HashAlgorithm.SHA256).build()
    status, body = post(url, asked.as_bytes(), "application/timestamp-query")
    if status != http.client.OK:
        raise _refused(status, body)
    try:
        at = stamped_at(body, content, roots.read_bytes(), asked.nonce)
    except ProofError as error:
        raise NotVouched(error.text, error.text_en) from error
    return TimestampedNote(note, base64.b64encode(body).decode(), instant(at))


def post(url: str, body: bytes, media_type: str) -> tuple[int, bytes]:
    """The status and body of an answer; redirects are not followed. Raises: OSError, HTTPException."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=ANSWER_SECONDS)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", path, body, {"Content-Type": media_type})
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_ANSWER_BYTES)
    finally:
        connection.close()


def _request(engine: Engine, old: int, signed: Signed) -> bytes:
    with reading(engine) as connection:
        proof = consistency_proof(connection, old, signed.size)
    lines = [f"old {old}\n", *(f"{base64.b64encode(one).decode()}\n" for one in proof)]
    return ("".join(lines) + "\n" + signed.note).encode()


def _lines_of(witness: WitnessAt, signed: Signed, body: bytes) -> str:
    """What the witness's own key has signed among the lines of an answer. Raises: NotVouched."""
    try:
        lines = body.decode("utf-8").splitlines(keepends=True)
        own = "".join(line for line in lines if line.startswith(f"— {witness.key.name} "))
        parse_note((signed.note + own).encode())
        if cosigners((signed.note + own).encode(), [witness.key]):
            return own
    except (UnicodeDecodeError, ProofError) as error:
        raise NotVouched(f"联署无效（{error}）", f"its cosignature is not valid ({error})") from error
    raise NotVouched("回答中没有该公钥的联署", "its answer has no cosignature by the key that is set")


def _refused(status: int, body: bytes) -> NotVouched:
    said = body[:200].decode("utf-8", "replace").strip()
    return NotVouched(f"拒绝（{status} {said}）", f"refused ({status} {said})")


def _differs(seen: int, size: int) -> NotVouched:
    return NotVouched(
        f"见证人见过的日志（{seen} 条）与本日志（{size} 条）不是同一历史",
        f"the witness has seen another history of this log ({seen} entries; it has {size} here)",
    )
