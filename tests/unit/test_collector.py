"""The garbage collector rests while chunks are closed, and no longer."""

from __future__ import annotations

import gc

import pytest

from core.billing_cycles.collector import collector_at_rest


def test_rests_until_the_last_of_two_overlapping_chunks_has_ended():
    """Two chunks of one process overlap; the first to end must not wake the collector."""
    first, second = collector_at_rest(), collector_at_rest()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_is_on_again_after_a_chunk_that_failed():
    """A chunk that raises must not leave the process without a collector."""
    with pytest.raises(ValueError, match="poison"), collector_at_rest():
        raise ValueError("poison")
    assert gc.isenabled()


def test_stays_off_where_the_process_has_it_off():
    """Who has turned the collector off for the whole process keeps it off."""
    gc.disable()
    try:
        with collector_at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
