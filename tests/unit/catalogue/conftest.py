"""What the tests of the catalogue share."""

from __future__ import annotations

import pytest

from relay.catalogue import TEMPLATES
from relay.catalogue.template import Template


@pytest.fixture(params=list(TEMPLATES.values()), ids=list(TEMPLATES))
def template(request: pytest.FixtureRequest) -> Template:
    """Give each template in turn."""
    one: Template = request.param
    return one
