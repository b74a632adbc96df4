"""The seller and customers of the tests of entitlements."""

from tests.integration.entitlements.conftest import mailer

__all__ = ["mailer"]
