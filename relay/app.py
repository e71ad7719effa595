"""The web application: `create_app` builds it whole, from its settings."""

from __future__ import annotations

from threading import BoundedSemaphore

from flask import Flask

from relay.api import build_api
from relay.api.credential_page import connect_page
from relay.api.health import health
from relay.calendly import Calendly
from relay.config import Settings, load_settings
from relay.inbound.routes import inbound
from relay.log import set_up_log
from relay.oauth import Grants
from relay.openapi.routes import openapi
from relay.outgoing import callback_door
from relay.store import Store, open_store
from relay.web.answers import ReadableJson
from relay.web.gate import Gate
from relay.web.headers import dress_answers
from relay.web.problems import answer_problems
from relay.web.scout import Scout
from relay.web.services import Services, keep


def create_app(settings: Settings | None = None, store: Store | None = None) -> Flask:
    """Build the application; what is not handed over comes from the environment. Raises BadSettings.

    Nothing connects here: a web process starts whether or not Redis and Calendly can be reached.
    """
    settings = settings or load_settings()
    set_up_log(settings.log_level)
    app = Flask("relay", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # an answer to OPTIONS would pass the keys by
    app.json = ReadableJson(app)
    # A redirect would lose the body of a POST.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    keep(app, build_services(settings, store or open_store(settings)))
    dress_answers(app)
    answer_problems(app)
    for routes in (inbound, build_api(), connect_page, health, openapi):
        app.register_blueprint(routes)
    return app


def build_services(settings: Settings, store: Store) -> Services:
    """Build what the views of one application use."""
    calendly, grants = Calendly(settings), Grants(settings, store)
    scout = Scout()
    gate = Gate(store.wrong_keys, scout, settings.secret_keys, settings.trusted_proxies)
    waiting = BoundedSemaphore(max(1, settings.web_threads // 2))
    return Services(settings, store, calendly, grants, callback_door(settings), gate, scout, waiting)
