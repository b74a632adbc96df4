"""Structured logs: one line per fact, with the tenant, run and request it belongs to.

`bind_context(tenant_id=…)` at the edge of a request or job puts the ids on every line that is
written below it, in this task and the ones that it starts.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import orjson
import structlog
from stamina.instrumentation import RetryDetails, set_on_retry_hooks
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from core.kernel.clock import SystemClock

LogFormat = Literal["auto", "json", "console"]
SECRET_WORDS = (
    "password",
    "secret",
    "pepper",
    "authorization",
    "token",
    "api_key",
    "database_url",
    "redis_url",
)
HIDDEN = "[hidden]"
TALKATIVE = ("alembic", "arq")
"""Libraries that log each idle tick at INFO; their warnings are kept."""


def configure_logging(*, level: str = "INFO", log_format: LogFormat = "auto") -> None:
    """Send structlog's and the libraries' logs to stderr, as JSON or for a person.

    `auto` is for a person at a terminal and JSON otherwise. Call it once per process.
    """
    as_json = logs_are_json(log_format)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared_processors(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(as_json=as_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    set_on_retry_hooks([tell_retry])


def logs_are_json(log_format: LogFormat) -> bool:
    """Say whether logs of this form are JSON here, for programs, or for a person."""
    return log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())


def announcement(event: str, *, log_format: LogFormat, **facts: object) -> str:
    """Return what a command says of itself on its output, in the form that its logs have.

    A person reads the sentence; a collector of JSON meets no line that is none.
    """
    if not logs_are_json(log_format):
        return event
    now = SystemClock().now().isoformat().replace("+00:00", "Z")
    return _json({"event": event, **facts, "level": "info", "timestamp": now})


def tell_retry(details: RetryDetails) -> None:
    """Log that a unit of work begins again, without its arguments.

    stamina's own hook writes every argument of the call, and so customers' names and addresses.
    """
    get_logger(__name__).warning(
        "retry",
        callable=details.name,
        attempt=details.retry_num,
        wait_seconds=f"{details.wait_for:.3f}",
        error=type(details.caused_by).__name__,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger for the module `name`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


@contextmanager
def bind_context(
    *,
    tenant_id: object = None,
    run_id: object = None,
    request_id: object = None,
    **more: object,
) -> Iterator[None]:
    """Put these ids on every line logged inside the block; what is None is left out."""
    ids = {"tenant_id": tenant_id, "run_id": run_id, "request_id": request_id, **more}
    with bound_contextvars(
        **{key: str(value) for key, value in ids.items() if value is not None}
    ):
        yield


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of keys that name a secret; many people read a log."""
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = HIDDEN
    return event


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]


def _renderers(*, as_json: bool) -> list[Processor]:
    if not as_json:
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_json),
    ]


def _json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()
