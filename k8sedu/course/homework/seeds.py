"""Every student's own parameters: drawn from a seed that only the course can make.

The seed is HMAC-SHA256 over assignment and student, keyed with the course's secret. So nobody can work out a neighbour's parameters,
nothing has to be stored per student, and the same parameters come out again when a submission is graded, regraded, or looked at later.

>>> secret = b"keep this in a safe place"
>>> seed(secret, "raft", "ada") == seed(secret, "raft", "ada"), seed(secret, "raft", "ada") == seed(secret, "raft", "bob")
(True, False)

A secret that leaks spoils no mark, since parameters are no answers; it only lets students know each other's tasks.

Source: RFC 2104. Left out: rotating the secret. A new course has a new one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from k8sedu.errors import K8sEduError

SECRET_FILE = "course.secret"
BYTES_MIN = 16


class SecretError(K8sEduError, ValueError):
    """A course secret that is none."""


def seed(secret: bytes, assignment: str, student: str) -> int:
    """The 53-bit seed of one student for one assignment: a number that JSON, JavaScript and Excel keep exactly."""
    message = json.dumps([assignment, student], ensure_ascii=True).encode()
    return int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest()[:8], "big") >> 11


def read_secret(path: Path) -> bytes:
    """The course's secret from its file.

    Raises:
        SecretError: there is no such file, or what it holds can be guessed.
    """
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SecretError(f"{path} cannot be read ({error.strerror}), expected the course's secret; release makes one") from None
    if len(secret) < BYTES_MIN:
        raise SecretError(f"{path} holds {len(secret)} bytes, expected at least {BYTES_MIN} that nobody can guess")
    return secret


def secret_at(path: Path) -> bytes:
    """The secret in a file; a new one, for the owner's eyes only, where there is no file yet."""
    if not path.exists():
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    return read_secret(path)
