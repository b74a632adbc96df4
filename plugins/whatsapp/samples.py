"""Events of the WhatsApp channel with known answers, each judged by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.plugin_api import Measure, Sample
from plugins.whatsapp.event import (
    WhatsappCategory,
    WhatsappDirection,
    WhatsappEvent,
    WhatsappForm,
    WhatsappKind,
)

_ONE: Final = Decimal(1)
_IN, _OUT = WhatsappDirection.IN, WhatsappDirection.OUT
_BUSINESS: Final = "+33155550000"
_CUSTOMER: Final = "+33612345678"


def template(category: WhatsappCategory) -> WhatsappEvent:
    """Return a template to the customer of the samples."""
    return WhatsappEvent(
        _OUT, _BUSINESS, _CUSTOMER, form=WhatsappForm.TEMPLATE, category=category
    )


SAMPLES: Final = (
    Sample(WhatsappEvent(_IN, _BUSINESS, _CUSTOMER), note="from the customer: nothing"),
    Sample(WhatsappEvent(_IN, _BUSINESS, _CUSTOMER, kind=WhatsappKind.CALL)),
    Sample(WhatsappEvent(_IN, _BUSINESS, _CUSTOMER, entry_point=True)),
    *(
        Sample(template(category), Measure(category.value, _ONE, "FR"))
        for category in WhatsappCategory
    ),
    Sample(
        WhatsappEvent(_OUT, _BUSINESS, _CUSTOMER, form=WhatsappForm.FREE_FORM),
        Measure("service", _ONE, "FR"),
    ),
    Sample(
        WhatsappEvent(_OUT, _BUSINESS, "user-7", form=WhatsappForm.FREE_FORM, market="BE"),
        Measure("service", _ONE, "BE"),
        note="a customer without a number, the market stated",
    ),
    Sample(WhatsappEvent(_OUT, _BUSINESS, _CUSTOMER), is_refused=True),
    Sample(
        WhatsappEvent(_OUT, _BUSINESS, _CUSTOMER, form=WhatsappForm.TEMPLATE), is_refused=True
    ),
    Sample(
        WhatsappEvent(_OUT, _BUSINESS, "user-7", form=WhatsappForm.FREE_FORM), is_refused=True
    ),
    Sample(WhatsappEvent(_OUT, _BUSINESS, _CUSTOMER, kind=WhatsappKind.CALL), is_refused=True),
    Sample(WhatsappEvent(_IN, "", _CUSTOMER), is_refused=True),
)
