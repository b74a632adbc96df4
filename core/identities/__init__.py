"""Who somebody is, by a token that their provider of OpenID Connect has signed.

Owns: asking providers for their keys, and judging tokens by them. Does not own: whom a
tenant lets in (tenancy does), and it touches no database.
"""

from core.identities.fetching import is_safe_address
from core.identities.tokens import Identity, TokenRefused, looks_like_token
from core.identities.verifier import TokenVerifier

__all__ = ["Identity", "TokenRefused", "TokenVerifier", "is_safe_address", "looks_like_token"]
