"""Requests that schemathesis makes from an OpenAPI document, and what has to hold for their answers.

Imported by the test that needs it as it runs, not by every process that collects tests: it takes a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.over_http import KEY, OverHttp

EXAMPLES = 4  # requests of each operation that chance makes, besides those that try every bound
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FIXED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CONFIG = {
    "generation": {
        "max-examples": EXAMPLES,
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,  # the right keys go with every request
    },
    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]}},
}


@schemathesis.serializer("application/x-ndjson")
def lines(_context: Any, value: Any) -> bytes:
    """Write what chance makes of a text of lines."""
    return str(value).encode("utf-8", "replace")


class Tried:
    """The operations of one document, ready to be tried."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schema: BaseSchema = schemathesis.openapi.from_dict(
            dict(document), config=SchemathesisConfig.from_dict(CONFIG)
        )

    def operation(
        self, path: str, method: str, web: OverHttp, ids: Mapping[str, str], *, may_refuse: bool
    ) -> None:
        """Make every request, and check each answer. `ids` are what names in paths stand for.

        Where it `may_refuse`, a request that the document allows need not be taken.
        """
        checks = CHECKS if may_refuse else [*CHECKS, positive_data_acceptance]

        def check(case: Case[Any]) -> None:
            for name, value in (case.path_parameters or {}).items():
                case.path_parameters[name] = ids.get(value, value)
            case.call_and_validate(app=web.app, headers=_key_for(case, web), checks=checks)

        # Its own `schema.parametrize()` makes the requests of every operation in every process that collects tests.
        build_operation_test(
            config=self._schema.config,
            operation=self._schema[path][method.upper()],
            test_func=check,
            given_kwargs={},
            feedback=FeedbackSources(),
            explicit_settings=FIXED,
        )()


def _key_for(case: Case[Any], web: OverHttp) -> dict[str, str]:
    """Give the key that an operation asks for."""
    key = KEY if case.operation.path.startswith("/in/") else web.settings.admin_key
    return {"Authorization": f"Bearer {key}"}
