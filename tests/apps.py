"""Applications whose routes are built once in a test process: to build them takes longer than most tests do.

Each use has services of its own. Where a test has several applications at once, each is another one.
"""

from __future__ import annotations

from flask import Flask

from relay.app import build_services, create_app
from relay.config import Settings
from relay.log import set_up_log
from relay.store import Store, open_store
from relay.web.services import keep

_free: list[Flask] = []
_in_use: list[Flask] = []


def application(settings: Settings, store: Store | None = None) -> Flask:
    """Give an application as `create_app` does; after the test somebody else uses it."""
    if _free:
        app = _free.pop()
        set_up_log(settings.log_level)
        keep(app, build_services(settings, store or open_store(settings)))
    else:
        app = create_app(settings, store)
    _in_use.append(app)
    return app


def free_all() -> None:
    """Let later tests use all applications that this one used."""
    _free.extend(_in_use)
    _in_use.clear()
