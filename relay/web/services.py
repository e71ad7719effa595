"""What a view may use, handed over by create_app and kept with the application."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore

from flask import Flask, current_app

from relay.calendly import Calendly
from relay.config import Settings
from relay.oauth import Grants
from relay.outgoing import Sender
from relay.store import Store
from relay.web.gate import Gate
from relay.web.scout import Scout

_KEY = "calendly-relay"


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the store and the ways out that this application was built with."""

    settings: Settings
    store: Store
    calendly: Calendly
    grants: Grants
    callback_door: Sender
    gate: Gate
    scout: Scout
    waiting: BoundedSemaphore  # places for calls that wait for somebody else

    def ask_redis(self) -> None:
        """Raise StoreUnavailable unless Redis answers; while it is silent, at once."""
        with self.scout.sent():
            self.store.ping()


def keep(app: Flask, services: Services) -> None:
    """Hand the services to the application's views."""
    app.extensions[_KEY] = services


def services_of(app: Flask) -> Services:
    """Give the services of an application, outside of any request."""
    found: Services = app.extensions[_KEY]
    return found


def services() -> Services:
    """Give the services of the application that serves this request."""
    found: Services = current_app.extensions[_KEY]
    return found
