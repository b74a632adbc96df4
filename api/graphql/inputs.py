"""What the inputs of mutations share by convention; the core keeps the stored answers."""

from __future__ import annotations

from typing import ClassVar, Final

import strawberry

from core.idempotency import MAX_KEY_LENGTH
from core.kernel.errors import Refusal

MAX_KEY_CHARACTERS: Final = MAX_KEY_LENGTH


class IdempotencyKeyInvalid(Refusal):
    """An idempotency key is empty, too long, or not printable ASCII."""

    code: ClassVar[str] = "IDEMPOTENCY_KEY_INVALID"


@strawberry.input(description="An input whose mutation runs once for each key.")
class IdempotentInput:
    """Mixed into every input that creates or charges."""

    idempotency_key: strawberry.Maybe[str] = strawberry.field(
        default=None,
        description="The same key with the same arguments returns the first answer again; "
        f"at most {MAX_KEY_CHARACTERS} printable ASCII characters.",
    )


@strawberry.input(description="An input whose mutation can be tried without effect.")
class DryRunInput:
    """Mixed into every input that moves money."""

    dry_run: bool = strawberry.field(
        default=False, description="Answer as usual, and change nothing."
    )


def idempotency_key_of(given: IdempotentInput) -> str | None:
    """Return the checked key of an input, or None when it has none."""
    if given.idempotency_key is None:
        return None
    key = given.idempotency_key.value
    if not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise IdempotencyKeyInvalid(
            f"Use 1 to {MAX_KEY_CHARACTERS} printable ASCII characters, such as a UUID.",
            path=("input", "idempotencyKey"),
        )
    return key
