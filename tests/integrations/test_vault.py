"""Secrets at rest: bound to their record, opened by any key that is set, sealed by the newest."""

import secrets

import pytest

from coord_service.errors import Refused, SecretsUnreadable
from integrations.vault import AesGcmVault

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


def test_a_secret_comes_back_for_its_own_record():
    vault = AesGcmVault([NEW])
    sealed = vault.seal(b"hunter2", "calendar_connection:7")
    assert vault.open(sealed, "calendar_connection:7") == b"hunter2"
    assert b"hunter2" not in sealed


def test_a_secret_that_was_copied_into_another_record_opens_nothing():
    vault = AesGcmVault([NEW])
    sealed = vault.seal(b"hunter2", "calendar_connection:7")
    with pytest.raises(SecretsUnreadable):
        vault.open(sealed, "calendar_connection:8")


def test_the_same_secret_is_never_sealed_the_same_way_twice():
    vault = AesGcmVault([NEW])
    assert vault.seal(b"hunter2", "a") != vault.seal(b"hunter2", "a")


def test_the_newest_key_seals_and_older_ones_still_open():
    sealed = AesGcmVault([OLD]).seal(b"hunter2", "a")
    vault = AesGcmVault([NEW, OLD])
    assert vault.open(sealed, "a") == b"hunter2"
    assert not vault.is_newest(sealed)
    assert vault.is_newest(vault.seal(b"hunter2", "a"))


def test_without_its_key_a_secret_stays_closed():
    sealed = AesGcmVault([OLD]).seal(b"hunter2", "a")
    for vault in (AesGcmVault([NEW]), AesGcmVault([])):
        with pytest.raises(SecretsUnreadable):
            vault.open(sealed, "a")


@pytest.mark.parametrize("where", [0, 3, 12, -1])
def test_a_secret_that_was_changed_opens_nothing(where):
    vault = AesGcmVault([NEW])
    sealed = bytearray(vault.seal(b"hunter2", "a"))
    sealed[where] ^= 1
    with pytest.raises(SecretsUnreadable):
        vault.open(bytes(sealed), "a")


def test_without_a_key_nothing_is_sealed_and_it_is_said_what_to_do():
    vault = AesGcmVault([])
    assert not vault.has_key
    with pytest.raises(Refused, match="COORD_SECRETS_KEY"):
        vault.seal(b"hunter2", "a")
