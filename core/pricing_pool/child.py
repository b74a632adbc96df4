"""What runs inside a child process. Nothing that a plugin does gets past `entry`.

An exception that does not unpickle would end the pool, and `sys.exit()` would rise in
the parent; so every answer is four plain values.
"""

from __future__ import annotations

import ctypes
import importlib
import multiprocessing
import multiprocessing.forkserver
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, Final, Literal

from core.kernel.decimals import exact
from core.plugin_host import PluginHost, PluginSource
from core.plugin_host.refusals import described_exception, readable
from core.pricing_pool.environment import strip

Status = Literal["ok", "raised", "too_large"]
Answer = tuple[Status, str, str, bytes]
"""Status, the exception's type, its text with the plugin's line, and the pickled result."""

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1

_hosts: dict[tuple[PluginSource, ...], PluginHost] = {}


def initialize(memory_bytes: int) -> None:
    """Tie this process to its parent's life, and bound its memory and environment.

    Children are forked by the fork server's main thread. It ends when the worker's end
    of a pipe closes, however the worker died, and the kernel then kills its children: a
    plugin that hangs inside C code too.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    worker = multiprocessing.parent_process()
    if os.getppid() != parent or worker is None or not worker.is_alive():
        os._exit(1)  # the parent died before the signal was asked for
    _let_go_of_fork_server()
    strip(os.environ)
    if memory_bytes and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _let_go_of_fork_server() -> None:
    """Close the copy of the worker's end of the fork server's pipe that children get.

    With it open, the fork server would not notice that the worker is gone for as long as
    a child lives, and a child that hangs would live on.
    """
    server: Any = vars(multiprocessing.forkserver)["_forkserver"]  # there is no public way
    os.close(server._forkserver_alive_fd)  # noqa: SLF001
    server._forkserver_alive_fd = None  # noqa: SLF001


def entry(function: str, sources: tuple[PluginSource, ...], payload: object) -> Answer:
    """Run `module:function` with the plugins' host and a payload; never raises."""
    try:
        with exact():
            result = _function(function)(_host(sources), payload)
        written = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too
        return "raised", _type_name(error), described_exception(error, *sources), b""
    if len(written) > MAX_ANSWER_BYTES:
        text = f"the answer has {len(written)} bytes; {MAX_ANSWER_BYTES} are taken"
        return "too_large", "", text, b""
    return "ok", "", "", written


def _function(name: str) -> Callable[[PluginHost, Any], object]:
    module_name, _, attribute = name.partition(":")
    found: Callable[[PluginHost, Any], object] = getattr(
        importlib.import_module(module_name), attribute
    )
    return found


def _host(sources: tuple[PluginSource, ...]) -> PluginHost:
    """Return the host of these plugins, built at the first call and kept."""
    if sources not in _hosts:
        _hosts[sources] = PluginHost(sources)
    return _hosts[sources]


def _type_name(error: BaseException) -> str:
    return readable(type(error).__name__, limit=100)
