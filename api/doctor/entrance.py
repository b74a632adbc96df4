"""Who is let in: issuers that must answer, and keys that end soon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from api.doctor.finding import Finding, note, ok, wrong
from core.config import Settings
from core.identities import TokenVerifier, is_safe_address

ENDS_SOON: Final = timedelta(days=7)
_ENDING: Final = """
SELECT prefix, name, expires_at FROM api_key
WHERE tenant_id = $1 AND revoked_at IS NULL AND last_used_at > now() - $2::interval
    AND expires_at > now() AND expires_at < now() + $2::interval
ORDER BY expires_at, id LIMIT 20
"""


async def check_issuers(settings: Settings) -> list[Finding]:
    """Ask each issuer that the installation trusts for its keys."""
    if not settings.oidc_issuers:
        return []
    unsafe = [each for each in settings.oidc_issuers if not is_safe_address(each)]
    if unsafe:
        advice = "Write an https address in FORFAIT_OIDC_ISSUERS, as it stands in `iss`."
        return [wrong(f"issuer {each}", "is no address to be asked", advice) for each in unsafe]
    verifier = TokenVerifier(settings.oidc_issuers)
    try:
        reached = await verifier.reach()
    finally:
        await verifier.close()
    return [_issuer(issuer, answer) for issuer, answer in reached.items()]


async def check_keys(app: Any, tenant_id: Any, slug: str) -> list[Finding]:
    """Look for keys of a tenant that are in use and end within a week."""
    return [
        note(
            "keys",
            f"{slug}: {row['prefix']} ({row['name']}) ends {row['expires_at']:%Y-%m-%d %H:%M}",
            f"Replace it: `forfait keys rotate {row['prefix']}`, or issue one that ends later.",
        )
        for row in await app.fetch(_ENDING, tenant_id, ENDS_SOON)
    ]


def _issuer(issuer: str, answer: str | int) -> Finding:
    if isinstance(answer, str):
        advice = "Nobody signs in while its keys are not known; mend it, or take it off."
        return wrong(f"issuer {issuer}", answer, advice)
    if answer == 0:
        advice = "It tells no key that can check RS256, PS256, ES256 or EdDSA."
        return wrong(f"issuer {issuer}", "has no key that can be used", advice)
    return ok(f"issuer {issuer}", f"{answer} keys")
