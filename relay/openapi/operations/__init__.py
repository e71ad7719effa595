"""Every operation of the API by its Flask endpoint. A test compares the names with the routes, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relay.openapi.operations import (
    about,
    audit,
    callbacks,
    credentials,
    deliveries,
    destinations,
    forgetting,
    inbound,
    keys,
    templates,
    trials,
)
from relay.openapi.operations.model import Operation

_PARTS = (
    inbound,
    templates,
    credentials,
    destinations,
    trials,
    callbacks,
    deliveries,
    forgetting,
    keys,
    audit,
    about,
)

# In reading order: so they stand in the document and on its page.
OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {endpoint: operation for part in _PARTS for endpoint, operation in part.OPERATIONS.items()}
)
