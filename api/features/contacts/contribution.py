"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.contacts.lists import AccountContacts
from api.features.contacts.mutations import ContactsMutation
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring contacts."""
    return Feature(
        contribution=Contribution(
            name="contacts", mutation=ContactsMutation, extends={Account: AccountContacts}
        )
    )
