"""The kinds of problem that the service answers with (RFC 9457): one stable name, status and explanation each."""

from __future__ import annotations

from dataclasses import dataclass

from api.application.answers.law import ProblemKind
from domain.errors import Busy, Contradiction, Forbidden, Invalid, NotFound, Refusal, VersionConflict
from domain.store.db.db_errors import DatabaseDamaged, DatabaseRefused
from domain.store.db.write_guard import FileReplaced, OtherCluster
from domain.store.files.objects import StoreFull, StoreUnavailable
from domain.store.keys.secret_files import UnsafeKeyFile
from domain.store.log.clock import ClockDoubted
from domain.store.proof.checkpoint_archive import LogRewritten, NotKept
from domain.store.proof.log_keys import LogKeyMissing

MEDIA_TYPE = "application/problem+json"


class Malformed(Refusal):
    """The request cannot be read: bad JSON, a malformed header (400)."""


class Unauthenticated(Refusal):
    """No token, or none that is valid (401)."""


class Gone(Refusal):
    """What the path names was there and is over: an expired survey link (410)."""


class TooLarge(Refusal):
    """The body is over the limit (413)."""


class WrongMediaType(Refusal):
    """The body is not JSON by its own declaration (415)."""


@dataclass(eq=False)
class NotSatisfiable(Refusal):
    """The part of a file that is asked for begins after its end (416)."""

    size: int = 0
    """Of the whole file, in bytes."""


class KeyReused(Refusal):
    """An Idempotency-Key that stands for another request (422)."""


@dataclass(frozen=True)
class RefusedRow:
    """One row of a batch that is refused."""

    number: int
    """From 1."""
    post: str
    """The command's path as the row writes it."""
    uscc: str | None
    """The agency that it is about, where that is known."""
    refusal: Refusal
    """With pointers into the whole body."""
    because: int | None = None
    """The refused row that this one refers to."""


@dataclass(eq=False)
class BatchRefused(Refusal):
    """Rows of a batch are refused, so nothing of it was recorded (422)."""

    rows: tuple[RefusedRow, ...] = ()


class TooSlow(Refusal):
    """The body did not arrive in time (408)."""


@dataclass(eq=False)
class TooManyRequests(Refusal):
    """More requests than one address or token may make (429)."""

    seconds: int = 1
    """After how many it may try again."""


class OutOfTime(Refusal):
    """The question took longer than it may (503)."""


class ScannerDown(Refusal):
    """The virus scanner does not answer, or cannot look at a file (503)."""


class NotReady(Refusal):
    """The database cannot be served at the moment (503)."""


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem; `type` in a problem body is `/problems/{name}`."""

    name: str
    status: int
    title: str
    title_en: str
    says: str
    says_en: str

    @property
    def uri(self) -> str:
        """The stable relative reference that names the kind (RFC 9457, 3.1.1)."""
        return f"/problems/{self.name}"

    def page(self) -> ProblemKind:
        """What `GET /problems/{name}` answers."""
        return ProblemKind(
            type=self.uri,
            status=self.status,
            title=self.title,
            title_en=self.title_en,
            description=self.says,
            description_en=self.says_en,
        )


_ALL = (
    ProblemType(
        "malformed-request", 400, "请求无法读取", "The request cannot be read",
        "请求体不是一个合格的 JSON 对象（UTF-8、无重复键、无 NaN），或某个请求头的写法不对。",
        "The body is not one proper JSON object (UTF-8, no doubled keys, no NaN), or a header is malformed.",
    ),
    ProblemType(
        "unauthenticated", 401, "需要有效的令牌", "A valid token is needed",
        "请求没有令牌，或令牌不存在、已过期、已撤销。请在 Authorization 头里写 Bearer 加令牌。",
        "There is no token, or it is unknown, expired or revoked. Send it as Authorization: Bearer TOKEN.",
    ),
    ProblemType(
        "forbidden", 403, "该角色无权办理", "This role may not do that",
        "令牌有效，但它的角色不能办理这件事。每个角色能做什么，见接口文档。",
        "The token is valid, but its role does not carry this. What each role may do is in the API documentation.",
    ),
    ProblemType(
        "not-found", 404, "没有这项内容", "There is no such thing",
        "路径所指的内容不存在；不属于您的内容与不存在的内容回答相同。",
        "What the path names does not exist; what is not yours is answered exactly like what does not exist.",
    ),
    ProblemType(
        "method-not-allowed", 405, "不支持该方法", "This method is not offered here",
        "该路径存在，但不支持这个 HTTP 方法；Allow 头列出支持的方法。",
        "The path exists, but not for this HTTP method; the Allow header lists those that are offered.",
    ),
    ProblemType(
        "too-slow", 408, "请求体传送超时", "The body took too long",
        "请求体没有在规定时间内传完。没有写入任何内容。", "The body did not arrive in time. Nothing was recorded.",
    ),
    ProblemType(
        "contradiction", 409, "与记录相矛盾", "It contradicts the trail",
        "所要记录的事与已有的记录相矛盾（例如重复决定）。没有写入任何内容。",
        "What was to be recorded contradicts what stands (a second decision, say). Nothing was recorded.",
    ),
    ProblemType(
        "gone", 410, "已经失效", "It is over",
        "该内容曾经有效，现已失效，例如过期的调查链接。",
        "It was valid once and no longer is, such as an expired survey link.",
    ),
    ProblemType(
        "version-moved", 412, "记录已有更新", "The record has moved",
        "机构记录的版本不是 If-Match 所写的版本。没有写入任何内容，请重新读取后再决定。",
        "The agency's version is not the one in If-Match. Nothing was recorded: read again and decide anew.",
    ),
    ProblemType(
        "too-large", 413, "请求体过大", "The body is too large",
        "请求体超过服务器的上限。", "The body is over the server's limit.",
    ),
    ProblemType(
        "unsupported-media-type", 415, "请求体须为 JSON", "The body has to be JSON",
        "请以 Content-Type: application/json（UTF-8）发送请求体。",
        "Send the body as Content-Type: application/json (UTF-8).",
    ),
    ProblemType(
        "range-not-satisfiable", 416, "没有所要的部分", "There is no such part",
        "Range 请求头所要的部分在文件末尾之后；Content-Range 头写明文件的长度。",
        "The part that the Range header asks for begins after the end; Content-Range says how long the file is.",
    ),
    ProblemType(
        "invalid", 422, "内容有误", "The content is wrong",
        "某些字段或查询参数不对，errors 逐项说明。没有写入任何内容。",
        "Some fields or query parameters are wrong; errors names each. Nothing was recorded.",
    ),
    ProblemType(
        "idempotency-key-reused", 422, "幂等键已用于别的请求", "The idempotency key stands for another request",
        "同一个 Idempotency-Key 只能用于重试同一个请求；新的请求请用新的键。",
        "One Idempotency-Key is for retries of one request; use a new key for a new request.",
    ),
    ProblemType(
        "batch-refused", 422, "批次里有行被拒绝", "Rows of the batch are refused",
        "批次里有行不能记录，rows 逐行说明。整批都没有写入：改正这些行之后重新提交整批。",
        "Some rows cannot be recorded; rows says of each why. Nothing of the batch was recorded: correct them and send "
        "the whole batch again.",
    ),
    ProblemType(
        "too-many-requests", 429, "请求过于频繁", "Too many requests",
        "请在 Retry-After 所说的秒数之后再试。", "Try again after the seconds in Retry-After.",
    ),
    ProblemType(
        "head-too-large", 431, "地址和请求头过大", "Address and headers are too large",
        "请求的地址和请求头合计超过服务器的上限。", "Address and headers of the request are over the server's limit.",
    ),
    ProblemType(
        "internal", 500, "服务器内部错误", "An internal error",
        "服务器出错。reference 是日志里的编号，请告知管理员。",
        "The server failed. reference is the number under which it was logged: tell the administrator.",
    ),
    ProblemType(
        "busy", 503, "暂时繁忙", "Busy at the moment",
        "数据库暂时繁忙或无法连接。请稍后用同一 Idempotency-Key 重试。",
        "The database is busy or out of reach. Try again in a moment with the same Idempotency-Key.",
    ),
    ProblemType(
        "out-of-time", 503, "计算超时", "It took too long",
        "这个问题的计算超过了规定时间，已停止。", "Answering took longer than a question may, and was stopped.",
    ),
    ProblemType(
        "file-replaced", 503, "数据库文件被删除或替换", "The database file was deleted or replaced",
        "服务打开的数据库文件已不在原处。没有写入任何内容；请通知管理员，恢复后用同一 Idempotency-Key 重试。",
        "The database file that the service opened is no longer in its place. Nothing was recorded: tell the "
        "administrator, and try again with the same Idempotency-Key once it is back.",
    ),
    ProblemType(
        "database-damaged", 503, "数据库文件已损坏", "The database file is damaged",
        "数据库文件已损坏，不再读写。没有写入任何内容；请通知管理员恢复备份。",
        "The database file is damaged: nothing is read from it or written to it. Nothing was recorded: tell the "
        "administrator, who has to restore a backup.",
    ),
    ProblemType(
        "ledger-differs", 503, "台账与已签署的检查点不符", "The ledger is not what was signed",
        "台账不包含此前签署的检查点，例如由旧备份恢复。可以查询，不能写入；须由管理员具名接受后才能继续。",
        "The ledger does not hold a checkpoint that was signed before: an older backup was restored, say. Questions "
        "are answered and nothing is recorded until somebody accepts that by name.",
    ),
    ProblemType(
        "another-cluster", 503, "台账来自另一个数据库集群", "The ledger comes from another database cluster",
        "台账由另一个 PostgreSQL 集群转来，日志在这里不能直接接续。没有写入任何内容；须由管理员先办理接续。",
        "The ledger was moved from another PostgreSQL cluster, where its log cannot simply go on. Nothing was "
        "recorded: the administrator has to begin a new horizon first.",
    ),
    ProblemType(
        "evidence-store", 503, "证据文件库无法使用", "The store of evidence cannot be used",
        "存放证据文件的位置无法读写，或其中的文件与保存时不符。没有写入任何内容；请通知管理员。",
        "Where evidence files lie cannot be read or written, or a file there is not what was stored. Nothing was "
        "recorded: tell the administrator.",
    ),
    ProblemType(
        "scanner-down", 503, "病毒扫描程序没有回答", "The virus scanner does not answer",
        "上传的文件须先经病毒扫描；扫描程序没有回答，文件没有保存。请稍后重新上传。",
        "An uploaded file is looked at by a virus scanner first; it does not answer, so the file was not kept. Upload "
        "it again in a moment.",
    ),
    ProblemType(
        "evidence-store-full", 507, "证据文件库已满", "The store of evidence is full",
        "存放证据文件的磁盘已满，文件没有保存，没有留下任何部分。请管理员清出空间后重新上传。",
        "The disk for evidence files is full: the file was not stored, and nothing of it was left. Upload it again "
        "when the administrator has made room.",
    ),
    ProblemType(
        "not-ready", 503, "尚未就绪", "Not ready",
        "服务暂不能使用它的数据库、密钥、检查点目录或时钟。",
        "The service cannot use its database, its keys, its folder of checkpoints or its clock at the moment.",
    ),
)  # fmt: skip

PROBLEM_TYPES: dict[str, ProblemType] = {one.name: one for one in _ALL}

_NAMES: dict[type[Refusal], str] = {
    Malformed: "malformed-request",
    Unauthenticated: "unauthenticated",
    Forbidden: "forbidden",
    NotFound: "not-found",
    Contradiction: "contradiction",
    Gone: "gone",
    VersionConflict: "version-moved",
    TooLarge: "too-large",
    NotSatisfiable: "range-not-satisfiable",
    WrongMediaType: "unsupported-media-type",
    Invalid: "invalid",
    KeyReused: "idempotency-key-reused",
    BatchRefused: "batch-refused",
    Busy: "busy",
    TooSlow: "too-slow",
    TooManyRequests: "too-many-requests",
    OutOfTime: "out-of-time",
    ScannerDown: "scanner-down",
    StoreUnavailable: "evidence-store",
    StoreFull: "evidence-store-full",
    NotReady: "not-ready",
    DatabaseRefused: "not-ready",
    UnsafeKeyFile: "not-ready",
    LogKeyMissing: "not-ready",
    LogRewritten: "ledger-differs",
    FileReplaced: "file-replaced",
    DatabaseDamaged: "database-damaged",
    OtherCluster: "another-cluster",
    NotKept: "not-ready",
    ClockDoubted: "not-ready",
}


def problem_type_of(refusal: Refusal) -> ProblemType:
    """The kind of problem that a refusal is. `LookupError` for a class that nobody has given a kind."""
    for kind in type(refusal).__mro__:
        if kind in _NAMES:
            return PROBLEM_TYPES[_NAMES[kind]]
    raise LookupError(f"{type(refusal).__name__} has no kind of problem: add it to problem_types.py")
