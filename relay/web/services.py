"""What a view may use, handed over by create_app and kept with the application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from relay.calendly import Calendly
from relay.config import Settings
from relay.oauth import Grants
from relay.outgoing import Sender
from relay.store import Store

_KEY = "calendly-relay"


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the store and the ways out that this application was built with."""

    settings: Settings
    store: Store
    calendly: Calendly
    grants: Grants
    callback_door: Sender


def keep(app: Flask, services: Services) -> None:
    """Hand the services to the application's views."""
    app.extensions[_KEY] = services


def services() -> Services:
    """Give the services of the application that serves this request."""
    found: Services = current_app.extensions[_KEY]
    return found
