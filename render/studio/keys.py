"""Keys: who may come in. A token that is good once, and from then on a cookie, which outlives the server."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import compare_digest, token_bytes, token_urlsafe


@dataclass
class Keys:
    """Who may come in: whoever has a token that was not used yet, and from then on the cookie."""

    port: int
    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)  # of which the cookie is made
    token: str = field(default_factory=lambda: token_urlsafe(24), repr=False)  # good once
    on_renewal: Callable[[str], None] = lambda token: None  # hears of the next token

    @property
    def name(self) -> str:
        """Of the cookie: cookies of one host know no ports."""
        return f"render-studio-{self.port}"

    @property
    def cookie(self) -> str:
        """Its value, the same after a restart."""
        return hmac.new(self.secret, self.name.encode(), sha256).hexdigest()

    def trade(self, token: str) -> bool:
        """Whether this is the token; it is good no more."""
        if not compare_digest(token.encode(errors="replace"), self.token.encode()):
            return False
        self.token = token_urlsafe(24)
        self.on_renewal(self.token)
        return True

    def knows(self, cookies: str) -> bool:
        """Whether the header `Cookie` has it."""
        pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
        values = [value for name, _, value in pairs if name == self.name]
        return any(compare_digest(value.encode(), self.cookie.encode()) for value in values)


def lasting_secret(folder: Path) -> bytes:
    """The secret of this user on this machine, made if there is none: pages that are open join a server that was restarted."""
    path = folder / "studio.key"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(token_bytes(32))
        secret = path.read_bytes()
        if len(secret) == 32:
            return secret
    return token_bytes(32)
