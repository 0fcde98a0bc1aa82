"""A small OpenID Connect provider on loopback, a process of its own (`python -m tests.oidc_provider`).

It says that whoever comes is the subject it was told (`POST /next`), and can be told to say it wrongly. It holds its
client to the protocol: one use of a code, PKCE (S256), the redirect address, the client's secret.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "steward", "a client's secret of the tests"
KEYS = {name: RSAKey.generate_key(2048, {"kid": "of-today", "use": "sig"}) for name in ("right", "other")}
CODES: dict[str, dict[str, str]] = {}
NEXT: dict[str, str] = {"sub": "nobody", "flaw": ""}


def id_token(issuer: str, nonce: str) -> str:
    """As asked for, or with the flaw that was asked for."""
    flaw, now = NEXT["flaw"], int(time.time())
    claims: dict[str, Any] = {"iss": issuer, "sub": NEXT["sub"], "aud": CLIENT, "nonce": nonce}
    claims |= {"iat": now, "exp": now + 300}
    wrong: dict[str, dict[str, Any]] = {
        "issuer": {"iss": "https://elsewhere.example"},
        "audience": {"aud": "another"},
        "party": {"aud": [CLIENT, "another"], "azp": "another"},
        "nonce": {"nonce": "of another sign-in"},
        "late": {"iat": now - 900, "exp": now - 600},
        "nobody": {"sub": ""},
    }
    claims |= wrong.get(flaw, {})
    if flaw == "unsigned":
        parts = ({"alg": "none"}, claims)
        return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."
    if flaw == "shared":
        return jwt.encode({"alg": "HS256", "kid": "of-today"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
    return jwt.encode({"alg": "RS256", "kid": "of-today"}, claims, KEYS["other" if flaw == "key" else "right"])


class Provider(BaseHTTPRequestHandler):
    """The endpoints."""

    def do_GET(self) -> None:
        """Discovery, keys, and the page that sends the browser back."""
        issuer, parts = self._issuer(), urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            if NEXT["flaw"] != "no farewell":
                ends["end_session_endpoint"] = "leave"
            self._answer(200, {"issuer": issuer, **{name: f"{issuer}/{end}" for name, end in ends.items()}})
        elif parts.path == "/keys":
            self._answer(200, {"keys": [KEYS["right"].as_dict(private=False)]})
        elif parts.path == "/leave":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.send_response(303 if asked.get("client_id") == CLIENT else 400)
            self.send_header("Location", asked["post_logout_redirect_uri"])
            self.end_headers()
        elif NEXT["flaw"] == "cancelled":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.send_response(303)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
            )
            self.end_headers()
        else:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            code = secrets.token_urlsafe(16)
            CODES[code] = asked
            self.send_response(303)
            back = urlencode({"code": code, "state": asked["state"], "iss": issuer})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()

    def do_POST(self) -> None:
        """What comes next, and codes for tokens."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path == "/next":
            NEXT.update(json.loads(body))
            self._answer(200, {})
            return
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        asked = CODES.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        client = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = asked or dict.fromkeys(("redirect_uri", "code_challenge_method", "client_id", "code_challenge"), "")
        right = asked["redirect_uri"] == sent.get("redirect_uri")
        right = right and asked["code_challenge_method"] == "S256" and asked["client_id"] == CLIENT
        right = right and asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not right or self.headers.get("authorization") != f"Basic {client}":
            self._answer(400, {"error": "invalid_grant"})
            return
        token = id_token(self._issuer(), asked["nonce"])
        self._answer(200, {"access_token": "x", "token_type": "Bearer", "id_token": token})

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def _issuer(self) -> str:
        return f"http://{self.headers['host']}"

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
