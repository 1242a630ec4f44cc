"""Who may come in: bearer tokens, which are held as hashes and never shown."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from awm.errors import UsageError

__all__ = ["ANYBODY", "Tokens", "read_tokens"]

ANYBODY: Final = ""
"""Who comes where no token is asked for."""

_SHORTEST: Final = 16
"""Characters of a token. One of fewer can be guessed by asking often enough."""

_SHOWN: Final = 12


class Tokens:
    """The tokens that open a server; none, and it is open to anybody.

    Args:
        secrets: The tokens.

    Raises:
        UsageError: One is too short, or has characters that no header can carry.
    """

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._digests: frozenset[str] = frozenset(
            _digest(_sound(secret.get_secret_value())) for secret in secrets
        )

    def __repr__(self) -> str:
        return f"<Tokens: {len(self._digests)}>"

    def __bool__(self) -> bool:
        return bool(self._digests)

    def owner(self, offered: str | None) -> str | None:
        """Whose a token is.

        Hashes are compared, so the time that it takes tells nothing about the tokens.

        Args:
            offered: What a client shows; None where it shows nothing.

        Returns:
            A name for whoever has this token, which does not give it away; `ANYBODY` where none is
            asked for, whatever is shown; None where it opens nothing.
        """
        if not self._digests:
            return ANYBODY
        digest = _digest(offered or "")
        return digest[:_SHOWN] if digest in self._digests else None


def read_tokens(path: Path) -> tuple[SecretStr, ...]:
    """The tokens in a file: one a line; empty lines and those that begin with `#` are none.

    Raises:
        UsageError: It cannot be read, or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the tokens in {path} cannot be read: {error}.", "Write one a line."
        ) from error
    words = (line.strip() for line in lines)
    tokens = tuple(SecretStr(word) for word in words if word and not word.startswith("#"))
    if not tokens:
        raise UsageError(f"{path} holds no token.", "Write one a line.")
    return tokens


def _sound(token: str) -> str:
    if len(token) < _SHORTEST:
        raise UsageError(
            f"a token has {len(token)} characters.",
            f"Give one of at least {_SHORTEST}; `openssl rand -hex 24` makes a good one.",
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "a token has characters that no header can carry.", "Use letters and digits."
        )
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
