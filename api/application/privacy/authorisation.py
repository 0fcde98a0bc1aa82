"""Who may use which route: the one table of rights (api.md, Conventions). A route without a row stops the start.

Who is asking: the person, role and enterprise that a token stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.application.commands import ACTS, COMMANDS
from api.application.problem_types import Unauthenticated
from domain.events import Via
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import Token, find_token
from domain.values import Role


class Reach(StrEnum):
    """How far a right goes."""

    ALL = "all"
    OWN = "own"
    """Only the path's agency, and only when it is the caller's own: another's is 404, like one that does not exist."""
    PART = "part"
    """The answer is narrowed to what is the caller's."""


Rights = dict[Role, Reach]
WHAT_IF = "/v1/agencies/{uscc}/what-if"
APPEAL_WHAT_IF = "/v1/appeals/{id}/what-if"
"""Questions that are posted."""
EVIDENCE, EVIDENCE_FILE = "/v1/evidence", "/v1/evidence/{sha256}"
THUMBNAIL = "/v1/evidence/{sha256}/thumbnail"
EVIDENCE_OF = "/v1/agencies/{uscc}/events/{id}"
"""Who may ask for a record reads its evidence, as far as the table of readers goes (R39)."""
BATCHES, BATCH, BATCH_PREVIEW = "/v1/batches", "/v1/batches/{batch}", "/v1/batches/preview"
INVITATION_SHEET = "/v1/batches/{batch}/invitation-sheet"
"""The one-time links of a batch, for who sent them."""
WORKBOOK, WORKBOOK_TEMPLATE = "/v1/workbooks/{kind}", "/v1/workbooks/{kind}/template"
WORKBOOK_FACTS = "/v1/workbooks/{kind}/facts"
WORKBOOK_RUNS, WORKBOOK_RUN = "/v1/workbook-runs", "/v1/workbook-runs/{run}"
MARKED_WORKBOOK, WORKBOOK_RECORDING = "/v1/workbook-runs/{run}/marked", "/v1/workbook-runs/{run}/recording"
"""A workbook that is brought: whoever may bring one sees their own."""
PUBLIC: Rights = {}
"""No token is asked for."""

READERS: Rights = dict.fromkeys((Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR), Reach.ALL)
_ONE_AGENCY: Rights = {**READERS, Role.AGENCY: Reach.OWN}
_DISTRICT: Rights = {**READERS, Role.AGENCY: Reach.PART}
_OWN_MESSAGES: Rights = dict.fromkeys(Role, Reach.PART)
"""Everybody has their own, and nobody reads another's."""
_OUTSIDERS: Rights = {**READERS, Role.AGENCY: Reach.ALL, Role.CLIENT: Reach.ALL}
"""Who may keep what the log signs, to hold it against the log later: it contains no fact."""
_RECORDERS: Rights = {**_DISTRICT, Role.CLIENT: Reach.PART}
"""Proof of one event: an agency for its own, whoever has recorded an event for that one."""
_BRINGERS: Rights = {Role.ASSOCIATION: Reach.ALL, Role.REGULATOR: Reach.ALL}
"""Who brings workbooks; each kind is under the right of its command besides."""
_ANYONE: Rights = dict.fromkeys(Role, Reach.ALL)

_QUESTIONS: dict[str, Rights] = {
    "/v1/agencies/{uscc}/standing": _ONE_AGENCY,
    "/v1/agencies/{uscc}/file": _ONE_AGENCY,
    "/v1/agencies/{uscc}/sheets/{year}": _ONE_AGENCY,
    "/v1/agencies/{uscc}/timeline": _ONE_AGENCY,
    "/v1/agencies/{uscc}/course": _ONE_AGENCY,
    "/v1/agencies/{uscc}/stops": _ONE_AGENCY,
    "/v1/agencies/{uscc}/comparison": _ONE_AGENCY,
    "/v1/agencies/{uscc}/certificate": _ONE_AGENCY,
    "/v1/agencies/{uscc}/subjects": READERS,
    "/v1/agencies/{uscc}/events": {**_ONE_AGENCY, Role.CLIENT: Reach.PART},
    "/v1/agencies/{uscc}/events/{id}": {**_ONE_AGENCY, Role.CLIENT: Reach.PART},
    "/v1/agencies/{uscc}/sheets/{year}/pdf": _ONE_AGENCY,
    EVIDENCE_FILE: _RECORDERS,
    THUMBNAIL: _RECORDERS,
    "/v1/agencies": _DISTRICT,
    "/v1/standings": _DISTRICT,
    "/v1/bad-records/{year}": READERS,
    "/v1/survey-summaries/{year}": READERS,
    "/v1/search": _DISTRICT,
    "/v1/people": READERS,
    "/v1/messages": _OWN_MESSAGES,
    "/v1/mail-settings": _OWN_MESSAGES,
    "/v1/rankings/{year}": _DISTRICT,
    "/v1/statistics": READERS,
    "/v1/log": READERS,
    "/v1/log/checkpoint": _OUTSIDERS,
    "/v1/log/consistency": _OUTSIDERS,
    "/v1/log/inclusion": _RECORDERS,
    "/v1/log/receipt": _RECORDERS,
    "/v1/agencies/{uscc}/head": _ONE_AGENCY,
    "/v1/notices": _DISTRICT,
    "/v1/agencies/{uscc}/results/{year}": _ONE_AGENCY,
    "/v1/assessments": _DISTRICT,
    "/v1/assessments/{year}": _DISTRICT,
    "/v1/assessments/{year}/events": READERS,
    "/v1/appeals": _DISTRICT,
    "/v1/appeals/{id}": _DISTRICT,
    "/v1/appeals/{id}/dossier": _DISTRICT,
    "/v1/appeals/{appeal}/explanation": _DISTRICT,
    "/v1/appeals/{appeal}/decision-letter": _DISTRICT,
    "/v1/agencies/{uscc}/notices/{notice}/letter": _ONE_AGENCY,
    "/v1/assessments/{year}/results-paper": READERS,
    "/v1/assessments/{year}/sheets-paper": READERS,
    "/v1/objections": _DISTRICT,
    "/v1/reports": READERS,
    "/v1/impacts": _DISTRICT,
    "/v1/submissions": _DISTRICT,
    "/v1/worklists": _DISTRICT,
    "/v1/matters": {**_DISTRICT, Role.CLIENT: Reach.PART},
    "/v1/matters/counts": {**_DISTRICT, Role.CLIENT: Reach.PART},
    "/v1/impacts/{id}": _DISTRICT,
    BATCH: _RECORDERS,
    INVITATION_SHEET: {Role.ASSOCIATION: Reach.ALL},
    **dict.fromkeys((WORKBOOK_TEMPLATE, WORKBOOK_FACTS, WORKBOOK_RUNS, WORKBOOK_RUN, MARKED_WORKBOOK), _BRINGERS),
    "/v1/hints": READERS,
    "/v1/hints/groups": READERS,
    "/v1/consultations": {Role.AUDITOR: Reach.ALL},
    "/v1/access-changes": {Role.AUDITOR: Reach.ALL, Role.ADMIN: Reach.ALL},
    "/v1/agencies/{uscc}/hints": _ONE_AGENCY,
    "/v1/readings": _ANYONE,
    "/v1/rulebooks": _ANYONE,
    "/v1/rulebooks/{id}": _ANYONE,
    "/v1/measures/{article:path}": _ANYONE,
    "/v1/survey-links/{secret}": PUBLIC,
    "/v1/notice-links/{secret}": PUBLIC,
    "/v1/notice-links/{secret}/letter": PUBLIC,
    "/v1/public/agencies": PUBLIC,
    "/v1/public/agencies.atom": PUBLIC,
    "/v1/public/agencies/{uscc}": PUBLIC,
    "/v1/public/search": PUBLIC,
    "/v1/public/blacklist": PUBLIC,
    "/v1/public/blacklist.atom": PUBLIC,
    "/v1/public/results/{year}": PUBLIC,
    "/v1/public/results/{year}.atom": PUBLIC,
    "/v1/public/log/checkpoint": PUBLIC,
    "/v1/public/log/tile/{place:path}": PUBLIC,
    "/healthz": PUBLIC,
    "/readyz": PUBLIC,
    "/metrics": PUBLIC,
    "/problems/{name}": PUBLIC,
}


_ADMINISTRATION = (
    ("GET", "/v1/accounts"),
    ("POST", "/v1/accounts"),
    ("POST", "/v1/accounts/{id}/password"),
    ("POST", "/v1/accounts/{id}/access"),
    ("POST", "/v1/accounts/{id}/invitation"),
    ("POST", "/v1/accounts/{id}/second-factor"),
    ("POST", "/v1/accounts/{id}/subject"),
    ("GET", "/v1/deliveries"),
    ("POST", "/v1/deliveries/state"),
    ("GET", "/v1/delivery-targets"),
    ("POST", "/v1/delivery-targets"),
    ("POST", "/v1/delivery-targets/{id}/state"),
    ("GET", "/v1/tokens"),
    ("POST", "/v1/tokens"),
    ("POST", "/v1/tokens/{id}/revocation"),
)
"""Users and tokens: the administrator's alone, who reads no facts (api.md, Conventions)."""


def _command_rights(path: str, roles: frozenset[Role]) -> Rights:
    """An agency writes about itself only; a first filing names its agency in the body, where the command checks it."""
    own = Reach.OWN if "{uscc}" in path else Reach.ALL
    return {role: own if role is Role.AGENCY else Reach.ALL for role in roles}


_ANY_COMMAND: Rights = {role: Reach.ALL for row in COMMANDS for role in row.roles}
"""Whoever may record anything may send a batch: each row is under the right of its own command."""

_ANY_WRITER: Rights = {role: Reach.ALL for row in (*COMMANDS, *ACTS) for role in row.roles}
"""Whoever may record anything uploads what proves it."""

PERMISSIONS: dict[tuple[str, str], Rights] = {
    **{("GET", path): rights for path, rights in _QUESTIONS.items()},
    ("POST", WHAT_IF): _ONE_AGENCY,
    ("POST", APPEAL_WHAT_IF): _DISTRICT,
    ("POST", EVIDENCE): _ANY_WRITER,
    ("POST", WORKBOOK): _BRINGERS,
    ("POST", WORKBOOK_RECORDING): _BRINGERS,
    ("POST", BATCHES): _ANY_COMMAND,
    ("POST", BATCH_PREVIEW): _ANY_COMMAND,
    ("POST", "/v1/survey-links/{secret}"): PUBLIC,
    ("POST", "/v1/notice-links/{secret}"): PUBLIC,
    **{key: {Role.ADMIN: Reach.ALL} for key in _ADMINISTRATION},
    ("POST", "/v1/messages/read"): _OWN_MESSAGES,
    ("POST", "/v1/mail-settings/address"): _OWN_MESSAGES,
    ("POST", "/v1/mail-settings/verification"): _OWN_MESSAGES,
    ("POST", "/v1/mail-settings/preferences"): _OWN_MESSAGES,
    ("POST", "/v1/invitations"): {Role.ADMIN: Reach.ALL, Role.ASSOCIATION: Reach.ALL},
    ("POST", "/v1/invitations/batch"): {Role.ADMIN: Reach.ALL, Role.ASSOCIATION: Reach.ALL},
    **{("POST", row.path): _command_rights(row.path, row.roles) for row in (*COMMANDS, *ACTS)},
}


def rights_of(method: str, path: str) -> Rights:
    """The row of a route; `KeyError` when nobody has decided who may use it."""
    return PERMISSIONS[method, path]


@dataclass(frozen=True)
class Caller:
    """The person behind a request. `scope`: what their idempotency keys belong to, the hash of token or session."""

    person_id: str
    role: Role
    uscc: str | None
    scope: bytes
    via: Via = "api"
    """By which way what they record comes in."""


def authenticate(ledger: Ledger, secret: str) -> tuple[Caller, Token]:
    """The caller that a token's secret stands for, and the token. Raises: Unauthenticated."""
    with ledger.reading() as reader:
        token = find_token(reader.connection, secret)
    if token is None:
        raise no_token("令牌不存在、已过期或已撤销", "the token is unknown, expired or revoked")
    return Caller(token.person_id, Role(token.role), token.uscc, token.token_sha256), token


def still_valid(ledger: Ledger, secret: str) -> bool:
    """Whether a token that was good a while ago is neither revoked nor expired by now."""
    with ledger.reading() as reader:
        return find_token(reader.connection, secret) is not None


def no_token(text: str, text_en: str) -> Unauthenticated:
    """The refusal of a request without a valid token."""
    return Unauthenticated(
        text,
        text_en,
        remedy="请在 Authorization 头里写：Bearer 令牌；令牌由管理员用 steward token create 发给",
        remedy_en="Send Authorization: Bearer TOKEN; the administrator makes tokens with steward token create.",
    )
