"""Who may call: each with its name in the description. Checking it is the business of accounts."""

from enum import Enum
from typing import Any

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

BEARER: dict[str, list[str]] = {"bearer": []}
SESSION: dict[str, list[str]] = {"session": []}
SESSION_THAT_CHANGES: dict[str, list[str]] = {"session": [], "csrf": []}
NOBODY: dict[str, list[str]] = {}


class Access(Enum):
    """Who may call a route."""

    PUBLIC = "everybody"
    OPTIONAL = "everybody; an account sees more"
    ACCOUNT = "accounts only"

    @property
    def knows_accounts(self) -> bool:
        """Whether credentials are looked at, and bad ones refused."""
        return self is not Access.PUBLIC

    def requirements(self, method: str) -> list[dict[str, list[str]]]:
        """OpenAPI's security requirements: any one of them is enough."""
        if not self.knows_accounts:
            return []
        session = SESSION if method in SAFE_METHODS else SESSION_THAT_CHANGES
        return [*([NOBODY] if self is Access.OPTIONAL else []), BEARER, session]


def security_schemes(cookie_name: str) -> dict[str, Any]:
    """The two ways to say who one is: a token, or the session's cookie."""
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie_name},
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRFToken",
            "description": "With the session's cookie, for whatever changes something.",
        },
    }
