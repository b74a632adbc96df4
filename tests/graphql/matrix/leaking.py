"""Leaks that are planted to see that they are found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import pytest

from api import context as api_context
from core.bootstrap import Application
from core.db import Tx
from core.live import Feed
from core.tenancy import Principal

Opened = AbstractAsyncContextManager[Tx]


def everybody_is(tenant_id: UUID | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every transaction of who asks be another seller's."""
    _open_instead(lambda application, asking: application.transaction(
        tenant_id, actor=asking.actor
    ), monkeypatch)  # fmt: skip


def nobody_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every transaction forget the unit and the account of who asks."""
    _open_instead(lambda application, asking: application.transaction(
        asking.tenant_id, actor=asking.actor
    ), monkeypatch)  # fmt: skip


def _open_instead(
    opened: Callable[[Application, Principal], Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    for begun in ("_transaction", "_reading"):
        monkeypatch.setattr(api_context, begun, opened)


def all_hear(tenant_id: UUID | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody listen to the events of one seller."""
    listen = Feed.listen

    def listening(self: Feed, _own: UUID, **given: Any) -> Any:
        assert tenant_id is not None
        return listen(self, tenant_id, **given)

    monkeypatch.setattr(Feed, "listen", listening)
