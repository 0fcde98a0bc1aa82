"""Asks the server in this container whether it is ready: ends with 0 for 200 from /readyz, else with 1 and the reason.

Standard library only, and no proxy: http.client does not look at the environment. STEWARD_HEALTH_PORT (8000) names
another port.
"""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_SECONDS = 3.0


def main(port: int) -> int:
    """0 when ready, 1 when not: another status, no answer in time, no connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"not ready: {type(error).__name__}: {error}\n")
        return 1
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        sys.stderr.write(f"not ready: /readyz answered {status}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(os.environ.get("STEWARD_HEALTH_PORT", "8000"))))
