"""Secrets are compared in one place, whose time says nothing of where they differ."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLACE = "relay/web/keys.py"
SECRET = re.compile(r"(^|_)(secret|token|password|digest|signature|api_key|admin_key)s?$")
# What is compared here was not sent by anybody: sealed texts, to see whether somebody else wrote in between.
SEALED = {
    "relay/api/credential_changing.py",
    "relay/api/credential_page.py",
    "relay/api/credentials.py",
    "relay/store/resealing.py",
    "workers/unauthorized.py",
}
# What only has such a name, or is compared where nobody waits for an answer that he could time.
NO_SECRETS = {
    "relay/model/masks.py": "what is about to be shown is masked",
    "relay/oauth/answers.py": "an answer of Calendly's is asked whether it has a second token",
    "relay/shaping/expression_grammar.py": "tokens of JMESPath",
    "relay/shaping/expression_signatures.py": "tokens of JMESPath",
    "relay/store/acceptance.py": "the digest of a body that came before",
}


@cache
def sources() -> Sequence[tuple[str, ast.Module]]:
    """Give every module of the service, parsed."""
    files = [file for folder in ("relay", "workers") for file in sorted((ROOT / folder).rglob("*.py"))]
    return [
        (file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))) for file in files
    ]


def test_only_one_place_compares_secrets_in_constant_time() -> None:
    """Whoever needs it calls it."""
    found = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name) and _named(node) == "compare_digest"
    }

    assert {PLACE} == found


def test_no_secret_is_compared_by_an_operator() -> None:
    """Operators stop at the first letter that differs, and tell by their time which one that was."""
    found = {
        f"{path}:{node.lineno}"
        for path, tree in sources()
        if path not in SEALED | NO_SECRETS.keys()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and _compares_secrets(node)
    }

    assert set() == found


def _compares_secrets(node: ast.Compare) -> bool:
    """Tell whether an operator stands between a secret and anything but a constant, such as an empty text."""
    sides = [node.left, *node.comparators]
    by_value = any(isinstance(each, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for each in node.ops)
    with_constant = any(isinstance(each, ast.Constant) or _named(each).isupper() for each in sides)
    return by_value and not with_constant and any(SECRET.search(_named(each)) for each in sides)


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
