"""A unit of work that begins again is logged without what it was called with."""

from __future__ import annotations

import stamina
from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks
from structlog.testing import capture_logs

from core.logging import tell_retry


def test_a_retry_is_logged_without_its_arguments():
    """The arguments hold customers' names; the name of the work and its error are enough."""
    before = get_on_retry_hooks()
    set_on_retry_hooks([tell_retry])
    calls: list[str] = []

    @stamina.retry(on=KeyError, attempts=2, wait_initial=0, wait_max=0, wait_jitter=0)
    def rename(name: str) -> None:
        calls.append(name)
        if len(calls) == 1:
            raise KeyError(name)

    try:
        with capture_logs() as logs:
            rename("Ada Lovelace")
    finally:
        set_on_retry_hooks(before)
    assert len(calls) == 2
    (line,) = logs
    assert (line["event"], line["attempt"], line["error"]) == ("retry", 1, "KeyError")
    assert "rename" in line["callable"]
    assert "Ada" not in str(line)
