"""Functions that the pool's tests run in a child."""

import time

from tests.plugins.poison import PoisonKind


def double(host, payload):
    """Return the payload twice."""
    return payload + payload


def slowly(host, payload):
    """Return the payload after a while."""
    time.sleep(0.5)
    return payload


def not_plain(host, payload):
    """Return what would have to be imported to be read."""
    return PoisonKind.SOUND
