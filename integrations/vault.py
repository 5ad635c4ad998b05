"""Secrets at rest: AES-256-GCM, each bound to the record it belongs to.

A sealed secret is a version byte, the first eight bytes of its key's SHA-256, a random nonce and the ciphertext. The
record's name is associated data, so a secret that was copied into another row opens nothing (NIST SP 800-38D §8.2.2
for the random nonce: far fewer than 2^32 secrets are sealed under one key).
"""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from coord_service.errors import Refused, SecretsUnreadable

VERSION = b"\x01"
KEY_MARK = 8
NONCE = 12


class AesGcmVault:
    """The Vault port. The first key seals; every key opens what was sealed with it."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_mark(key): AESGCM(key) for key in keys}
        self._newest = _mark(keys[0]) if keys else b""

    @property
    def has_key(self) -> bool:
        """Whether anything can be sealed here."""
        return bool(self._keys)

    def seal(self, plain: bytes, about: str) -> bytes:
        """The secret, sealed for one record. Raises Refused where no key is set."""
        if not self._keys:
            raise Refused(
                "No calendar with a password can be connected: the key that would encrypt it is not set. "
                "Ask whoever runs this service to set COORD_SECRETS_KEY."
            )
        nonce = secrets.token_bytes(NONCE)
        return VERSION + self._newest + nonce + self._keys[self._newest].encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """The secret of a record. Raises SecretsUnreadable without its key, or when it is another record's."""
        head = len(VERSION) + KEY_MARK
        key = self._keys.get(sealed[len(VERSION) : head])
        try:
            if key and sealed.startswith(VERSION):
                return key.decrypt(sealed[head : head + NONCE], sealed[head + NONCE :], about.encode())
        except InvalidTag:
            pass
        raise SecretsUnreadable("The key that this password was encrypted with is not set here any more.")

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the secret is sealed with the key that seals now."""
        return sealed.startswith(VERSION + self._newest) if self._keys else False


def _mark(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:KEY_MARK]
