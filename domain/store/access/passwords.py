"""Passwords: which are good enough, and what is kept of them (argon2id, RFC 9106).

Length, and no rules of composition (NIST SP 800-63B, 5.1.1.2). Refused is what a guesser tries first: digits alone,
rows of the keyboard and the alphabet, something over and over, words that everybody takes, and one's own names.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache
from itertools import pairwise

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.errors import Invalid

FEWEST_CHARACTERS, MOST_CHARACTERS = 10, 200
_FEWEST_LEFT = 6
"""Letters and digits that have to be left without a common word, or without one's own login or name."""
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "0p")
_WALKS = "|".join((*_ROWS, "".join(_COLUMNS), "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0"))
_COMMON = (
    "password", "passwd", "passwort", "passcode", "administrator", "admin", "welcome", "letmein", "iloveyou",
    "changeme", "default", "secret", "qwerty", "login", "monkey", "dragon", "football", "sunshine", "princess",
    "superman", "master", "shadow", "trustno", "computer", "internet", "test", "guest", "root", "user", "temp",
    "woaini", "mima", "wodemima", "denglu", "guanliyuan", "zhongguo", "china", "beijing", "guangdong", "huizhou",
    "dayawan", "dayabay", "anquan", "anxie", "steward", "ledger", "association", "committee", "regulator", "auditor",
    "密码", "我的密码", "管理员", "登录", "中国", "广东", "惠州", "大亚湾", "安全生产", "安全", "安协", "区安协",
    "协会", "台账",
)  # fmt: skip
"""Words that lists of leaked passwords and the names around this ledger are full of."""
_LOOKALIKES = str.maketrans("@$€!|053", "aseiiose")

_hasher = PasswordHash([Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)])


def hash_password(password: str, *names: str) -> str:
    """What is kept of a password. Takes about 0.1 s and 64 MiB, on purpose. Raises: Invalid for a weak one.

    `names`: the login and the name of whose it is, which are no passwords.
    """
    require_good(password, *names)
    return _hasher.hash(password)


def require_good(password: str, *names: str) -> None:
    """Raises: Invalid for a password that is too short, too long, or among the first that somebody would try."""
    if not FEWEST_CHARACTERS <= len(password) <= MOST_CHARACTERS or len(set(password)) < 4:
        raise _weak(
            f"密码须为 {FEWEST_CHARACTERS} 至 {MOST_CHARACTERS} 个字符，且至少有 4 个不同的字符",
            f"a password has {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters, at least 4 different ones",
        )
    text = _folded(password)
    if not text.strip("0123456789"):
        raise _weak("密码不能只有数字和符号", "a password cannot be digits and signs alone")
    if _steps(text) * 3 <= len(text) or _repeats(text):
        raise _weak(
            "密码不能是键盘或字母表上相连的字符，也不能是重复的内容",
            "a password cannot be a row of the keyboard or the alphabet, nor something over and over",
        )
    if any(_few_left(text, one) for one in map(_folded, names)):
        raise _weak("密码不能由登录名或姓名构成", "a password cannot be made of the login or the name")
    if any(_few_left(form, one) for form in (text, _folded(password.translate(_LOOKALIKES))) for one in _COMMON):
        raise _weak("这个密码太常见", "this password is too common")


def password_fits(account_hash: str | None, password: str) -> bool:
    """Whether the password is the account's; for no account it takes as long, and is False."""
    fits = _hasher.verify(password[: MOST_CHARACTERS + 1], account_hash or _nobodys_hash())
    return fits and account_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _folded(text: str) -> str:
    """Letters and digits alone, whatever their case and width."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


def _few_left(text: str, word: str) -> bool:
    """Whether little but a word is in a text, digits around it left out."""
    if len(word) < 2 or word not in text:
        return False
    return len(text.replace(word, "").strip("0123456789")) < _FEWEST_LEFT


def _steps(text: str) -> int:
    """The number of stretches in a text, each one character repeated or a run along a row, a column or the alphabet."""
    walks = _WALKS + "|" + _WALKS[::-1]
    return 1 + sum(one != after and one + after not in walks for one, after in pairwise(text))


def _repeats(text: str) -> bool:
    """Whether it is one piece over and over."""
    return re.fullmatch(r"(.+?)\1+", text) is not None


def _weak(text: str, text_en: str) -> Invalid:
    return Invalid(
        text,
        text_en,
        pointer="/password",
        remedy="可用几个不相关的词连成一句",
        remedy_en="Several unrelated words make a good one.",
    )
