"""The document of an application that never connects to anything."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from relay.app import create_app
from relay.config import Settings
from relay.openapi.document import document_of

ADDRESS = "https://relay.example"


@pytest.fixture(scope="session")
def app() -> Flask:
    """An application; nothing in these tests needs Redis."""
    return create_app(
        Settings(
            redis_url="redis://127.0.0.1:1", secret_keys=("x" * 32,), admin_key="x" * 16, public_url=ADDRESS
        )
    )


@pytest.fixture(scope="session")
def document(app: Flask) -> dict[str, Any]:
    """Its OpenAPI document."""
    return document_of(app, ADDRESS)
