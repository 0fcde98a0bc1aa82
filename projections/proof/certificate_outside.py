"""Who else vouches for the log of a certificate: witnesses that cosigned a checkpoint, an authority that stamped it.

A stamp (RFC 3161) is checked against the authority's own roots, which are the reader's to name, never the file's: its
imprint is the note's hash, its signature of a certificate for stamping time alone that was valid then and leads to a
root. Without roots, or without what reads stamps, nothing of it is proven, and that is said.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from domain.proof.check import Checkpoint, ProofError, VerifierKey, verify_checkpoint, verify_consistency
from domain.proof.cosignatures import cosigners, parse_witness_key
from domain.values import instant
from projections.proof.certificate_file import OutsideNote, path_of
from projections.proof.certificate_verdict import VerdictNote

if TYPE_CHECKING:
    from rfc3161_client import SignedData

IMPRINTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
"""The hashes that a stamp may be of, by their object identifier (RFC 5754)."""
STAMPING_ALONE = [ExtendedKeyUsageOID.TIME_STAMPING]


class StampsUnread(Exception):
    """What reads stamps of RFC 3161 is not installed."""


def stamped_at(answer: bytes, content: bytes, roots: bytes | None, nonce: int | None = None) -> datetime:
    """When an authority says that it saw this content. `answer`: its whole answer, DER; `roots`: certificates, PEM.

    Without roots only that the stamp is of this content. Raises: ProofError; StampsUnread.
    """
    try:
        import rfc3161_client as tsp  # the extra `timestamps`
    except ImportError as error:
        raise StampsUnread("rfc3161_client") from error
    try:
        read = tsp.decode_timestamp_response(answer)
        info = read.tst_info
        hash_ = IMPRINTS.get(info.message_imprint.hash_algorithm.dotted_string)
        if hash_ is None or info.message_imprint.message != hashlib.new(hash_, content).digest():
            raise ProofError("timestamp", "时间戳不是这一检查点的", "the time stamp is of something else")
        if roots is not None:
            builder = tsp.VerifierBuilder(nonce=nonce, roots=x509.load_pem_x509_certificates(roots))
            builder.build().verify_message(read, content)
            _require_stamping_alone(read.signed_data)
    except (tsp.VerificationError, ValueError, UnsupportedAlgorithm) as error:
        raise ProofError(
            "timestamp", f"时间戳核验不通过（{error}）", f"the time stamp does not verify ({error})"
        ) from error
    found: datetime = info.gen_time
    return found


def outside_shown(
    one: OutsideNote, checkpoint: Checkpoint, keys: Sequence[VerifierKey], roots: bytes | None
) -> VerdictNote:
    """An earlier checkpoint of the log that this one goes on from, and who has vouched for it. Raises: ProofError."""
    earlier = verify_checkpoint(one.note.encode(), keys)
    if earlier.origin != checkpoint.origin:
        raise ProofError("outside", f"检查点属于 {earlier.origin}", f"the checkpoint is of {earlier.origin}")
    verify_consistency(earlier.size, checkpoint.size, earlier.root, checkpoint.root, path_of(one.proof))
    if one.token:
        return stamp_shown(one, earlier.size, roots)
    found = cosigners(one.note.encode(), [parse_witness_key(key) for key in one.keys])
    if not found:
        raise ProofError("outside", "没有见证人的联署", "no witness has cosigned it")
    names = ", ".join(f"{cosigner.key} ({_posix(cosigner.seconds)})" for cosigner in found)
    return VerdictNote(
        f"前 {earlier.size} 条另有见证人联署；请核对其公钥：{names}",
        f"the first {earlier.size} entries are cosigned by witnesses, whose keys are to be compared: {names}",
    )


def stamp_shown(one: OutsideNote, size: int, roots: bytes | None) -> VerdictNote:
    """What the time stamp of a note of this size shows. Raises: ProofError."""
    try:
        answer = base64.b64decode(one.token, validate=True)
        at = stamped_at(answer, one.note.encode(), roots)
    except binascii.Error:
        raise ProofError("timestamp", "时间戳不是 base64", "the time stamp is not base64") from None
    except StampsUnread:
        return VerdictNote(
            f"前 {size} 条附有 RFC 3161 时间戳（自称 {one.at}），未核验：缺少组件，"
            "pip install 'steward-ledger[timestamps]'",
            f"the first {size} entries carry a time stamp of RFC 3161 that says {one.at}: NOT VERIFIED, as what reads "
            "it is missing: pip install 'steward-ledger[timestamps]'",
            problem=True,
        )
    if instant(at) != one.at:
        raise ProofError(
            "timestamp", f"时间戳的时间是 {instant(at)}，不是 {one.at}", f"the stamp says {instant(at)}, not {one.at}"
        )
    if roots is None:
        return VerdictNote(
            f"前 {size} 条附有 RFC 3161 时间戳（自称 {one.at}），未核验：没有可信的根证书，请用 --timestamp-roots 指明"
            "（散列与检查点相符）",
            f"the first {size} entries carry a time stamp of RFC 3161 that says {one.at}: NOT VERIFIED, as no root is "
            "trusted, name them with --timestamp-roots (it is of this checkpoint's hash)",
            problem=True,
        )
    return VerdictNote(
        f"前 {size} 条在 {one.at} 已存在：RFC 3161 时间戳，签名、用途和证书链均已核对",
        f"the first {size} entries were there at {one.at}: time stamp of RFC 3161; signature, usage and chain verified",
    )


def _require_stamping_alone(signed: SignedData) -> None:
    """The certificate that signed is for stamping time and nothing else (RFC 3161, 2.3). Raises: ValueError."""
    (signer,) = signed.signer_infos
    for der in signed.certificates:
        one = x509.load_der_x509_certificate(der)
        if (one.issuer, one.serial_number) != (signer.issuer, signer.serial_number):
            continue
        if list(one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) != STAMPING_ALONE:
            raise ValueError("its certificate is not for stamping time alone")
        try:
            usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return
        if not (usage.digital_signature or usage.content_commitment):
            raise ValueError("its certificate's key is not for signing")


def _posix(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
