"""What is answered about a file of evidence."""

from __future__ import annotations

from typing import Annotated

import msgspec

from projections.answers.scalars import member


class EvidenceKept(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was uploaded and waits for being recorded / 已上传、待登记的证据文件.

    Its first three members go into a command's `evidence`, with a title.
    """

    sha256: Annotated[str, member("文件的 SHA-256", "SHA-256 of the file", pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, member("字节数", "bytes", ge=1)]
    media_type: Annotated[str, member("按内容认定的类型", "its type, by what is in it", examples=["image/jpeg"])]
    thumbnail: Annotated[bool, member("是否有缩略图", "whether there is a picture of it in small")]
