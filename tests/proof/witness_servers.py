"""A witness and a time stamping authority of our own, each a real HTTP server on loopback, for tests.

The witness is written by its specification (c2sp.org/tlog-witness), apart from the code that asks it; it keeps what it
has cosigned in a file. The authority is `openssl ts` behind HTTP.
"""

from __future__ import annotations

import base64
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.proof.check import ProofError, VerifierKey, parse_key, verify_consistency
from domain.proof.cosignatures import WitnessKey

Answer = tuple[int, str, bytes]


@contextmanager
def served(answer: Callable[[str, bytes], Answer]) -> Iterator[str]:
    """A server that answers POSTs by a function of path and body; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, media_type, body = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OwnWitness:
    """One witness: its key, the logs that it knows, and what it has cosigned last, in a file."""

    def __init__(self, name: str, file: Path, *logs: str) -> None:
        self._private, self._file = Ed25519PrivateKey.generate(), file
        self.key = WitnessKey(name, self._private.public_key().public_bytes_raw())
        self.logs: list[VerifierKey] = [parse_key(one) for one in logs]
        self._lock = threading.Lock()
        self.answers: list[int] = []

    def answer(self, path: str, body: bytes) -> Answer:
        """What it answers; one request at a time."""
        with self._lock:
            found = self._answer(path, body)
        self.answers.append(found[0])
        return found

    def last(self) -> tuple[int, bytes]:
        """Size and root of what it has cosigned last; nothing yet: an empty tree."""
        if not self._file.exists():
            return 0, b""
        size, root = self._file.read_text().split()
        return int(size), base64.b64decode(root)

    def _answer(self, path: str, body: bytes) -> Answer:
        text = "text/plain; charset=utf-8"
        if path != "/add-checkpoint":
            return 404, text, b"no such path\n"
        head, _, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        old, proof = int(first.removeprefix("old ")), [base64.b64decode(one, validate=True) for one in lines]
        assert first.startswith("old ")
        assert len(proof) <= 63
        text_of_note, _, signatures = note.rpartition("\n\n")
        text_of_note += "\n"
        origin, size_line, root_line, *_ = text_of_note.split("\n")
        keys = [key for key in self.logs if key.name == origin]
        if not keys:
            return 404, text, b"unknown log\n"
        if not any(_signed_by(key, text_of_note, signatures) for key in keys):
            return 403, text, b"no known key has signed it\n"
        size, root = int(size_line), base64.b64decode(root_line)
        if old > size:
            return 400, text, b"old is beyond\n"
        seen, seen_root = self.last()
        if old != seen or (seen == size and seen_root != root):
            return 409, "text/x.tlog.size", f"{seen}\n".encode()
        try:
            verify_consistency(old, size, seen_root or _empty(), root, proof)
        except ProofError as error:
            return 422, text, error.text_en.encode()
        self._file.write_text(f"{size} {root_line}")
        seconds = int(time.time())
        signature = self._private.sign(f"cosignature/v1\ntime {seconds}\n{text_of_note}".encode())
        line = base64.b64encode(self.key.hash + seconds.to_bytes(8, "big") + signature).decode()
        return 200, text, f"— {self.key.name} {line}\n— somebody.else/w {line}\n".encode()


def _empty() -> bytes:
    from hashlib import sha256

    return sha256(b"").digest()


def _signed_by(key: VerifierKey, text: str, signatures: str) -> bool:
    for line in signatures.splitlines():
        _, name, content = line.split(" ")
        given = base64.b64decode(content)
        if (name, given[:4]) == (key.name, key.hash):
            Ed25519PublicKey.from_public_bytes(key.public).verify(given[4:], text.encode())
            return True
    return False


CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[code]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,codeSigning
[both]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping,codeSigning
[enciphering]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
extendedKeyUsage = critical,timeStamping
[tsa_config]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class OwnAuthority:
    """A time stamping authority: a root, a certificate under it, and `openssl ts -reply`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder, self.roots = folder, folder / "ca.pem"
        self._config("tsa")
        (folder / "serial").write_text("01\n")
        new = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._config("root")
        self._openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-extensions", "ca")
        self.certify("tsa")

    def certify(self, usage: str) -> None:
        """A key with a certificate of this usage, a section of `CONFIG`; valid for a day."""
        self._config(usage)
        new = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl(*new, "-keyout", f"{usage}.key", "-out", f"{usage}.csr")
        signing = ["x509", "-req", "-in", f"{usage}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        self._openssl(*signing, "-out", f"{usage}.pem", "-days", "1", "-extfile", "config", "-extensions", usage)

    def signed_anew(self, answer: bytes, usage: str = "tsa", change: tuple[bytes, bytes] = (b"", b"")) -> bytes:
        """The same stamp, of which some bytes are changed, signed anew under a certificate of this usage."""
        if not (self._folder / f"{usage}.pem").exists():
            self.certify(usage)
        (self._folder / "given").write_bytes(answer)
        self._openssl("ts", "-reply", "-in", "given", "-token_out", "-out", "token")
        self._openssl("cms", "-verify", "-noverify", "-inform", "DER", "-in", "token", "-out", "stamp")
        stamp = (self._folder / "stamp").read_bytes()
        assert change[0] in stamp
        (self._folder / "stamp").write_bytes(stamp.replace(*change) if change[0] else stamp)
        signing = [
            "-signer",
            f"{usage}.pem",
            "-inkey",
            f"{usage}.key",
            "-md",
            "sha256",
            "-cades",
            "-nodetach",
            "-binary",
        ]
        kind = ["-econtent_type", "1.2.840.113549.1.9.16.1.4"]
        self._openssl("cms", "-sign", "-in", "stamp", *signing, *kind, "-outform", "DER", "-out", "token")
        self._openssl("ts", "-reply", "-in", "token", "-token_in", "-out", "reply")
        return (self._folder / "reply").read_bytes()

    def answer(self, _: str, body: bytes) -> Answer:
        """A time stamp."""
        (self._folder / "query").write_bytes(body)
        self._openssl("ts", "-reply", "-queryfile", "query", "-section", "tsa_config", "-out", "reply")
        return 200, "application/timestamp-reply", (self._folder / "reply").read_bytes()

    def verifies(self, content: bytes, answer: bytes) -> bool:
        """Whether openssl finds the stamp right for this content."""
        (self._folder / "content").write_bytes(content)
        (self._folder / "given").write_bytes(answer)
        done = self._run(
            "ts", "-verify", "-data", "content", "-in", "given", "-CAfile", "ca.pem", "-untrusted", "tsa.pem"
        )
        return done.returncode == 0

    def _config(self, name: str) -> None:
        (self._folder / "config").write_text(CONFIG.format(name=name, folder=self._folder))

    def _openssl(self, *arguments: str) -> None:
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"OPENSSL_CONF": str(self._folder / "config"), "PATH": "/usr/bin:/bin"}
        command = ["openssl", *arguments]
        return subprocess.run(command, cwd=self._folder, env=environment, capture_output=True, text=True, check=False)
