"""Money as the schema shows it."""

from __future__ import annotations

import contextlib
import re
from decimal import Decimal
from typing import Annotated, ClassVar, Final

import strawberry
from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from api.graphql.scalars import CurrencyCode
from core.kernel.errors import Refusal

DEFAULT_LOCALE: Final = "en"
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


class UnknownLocale(Refusal):
    """No locale of this name is known."""

    code: ClassVar[str] = "UNKNOWN_LOCALE"


@strawberry.type(description="An amount in one currency.")
class Money:
    """An exact amount; `formatted` is for people."""

    amount: Decimal = strawberry.field(description="In major units, as a decimal text.")
    currency_code: CurrencyCode = strawberry.field(description="The amount's currency.")

    @strawberry.field(description="The amount as people of a language write it.")
    def formatted(
        self,
        locale: Annotated[
            str, strawberry.argument(description="A language tag such as en, fr-BE or el.")
        ] = DEFAULT_LOCALE,
    ) -> str:
        """Write every digit of the amount: a unit price may be finer than its currency."""
        return format_currency(
            self.amount,
            self.currency_code,
            locale=_known(locale),
            decimal_quantization=False,
        )


def _known(name: str) -> Locale:
    if _LOCALE.fullmatch(name):
        with contextlib.suppress(ValueError, UnknownLocaleError):
            return Locale.parse(name.replace("-", "_"))
    raise UnknownLocale("Use a language tag such as en, fr-BE or el.", path=("locale",))
