"""YAML as people mean it: a text stays a text, a name stands once, and the same value is always written the same way.

PyYAML reads YAML 1.1, in which the name `on` is true, 12:30 is 750 and 2026-01-31 is a date. Here, as in YAML 1.2, only true, false,
null and numbers are anything but text. What is written is right under both.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from relay.cli.endings import Trouble

MOST_VALUES = 1_000_000  # in one document, with each alias counted as all that it stands for
_PREFIX = "tag:yaml.org,2002:"
# Narrower than what YAML 1.1 takes for numbers, so that whatever PyYAML writes without quotes is read as it was.
_PLAIN_VALUES = (
    ("bool", r"true|false|True|False|TRUE|FALSE", "tfTF"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:e[-+][0-9]+)?", "-0123456789"),
    ("null", r"null|Null|NULL|~|", ("n", "N", "~", "")),
    ("merge", r"<<", "<"),
)


class _Loader(yaml.SafeLoader):
    """Reads what this module's docstring says."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own way

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read an object; a name that is no text, or stands twice, is refused where it stands."""
        names = set()
        for key, _ in node.value:
            if key.tag == f"{_PREFIX}merge":
                continue
            if not isinstance(key, yaml.ScalarNode) or key.tag != f"{_PREFIX}str":
                raise _error(key, "a name should be a text; put it in quotes")
            if key.value in names:
                raise _error(key, f"“{key.value}” stands here twice")
            names.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


for _name, _pattern, _first in _PLAIN_VALUES:
    _Loader.add_implicit_resolver(f"{_PREFIX}{_name}", re.compile(rf"(?:{_pattern})\Z"), list(_first))


class _Dumper(yaml.SafeDumper):
    """Writes lists a little to the right of what they belong to, and never an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists as well."""
        del indentless
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out, however often it stands."""
        del data
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # PyYAML folds rare line ends away between single quotes; between double quotes it escapes them.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar(f"{_PREFIX}str", text, style=style)


_Dumper.add_representer(str, _text)


def read_yaml(text: str, where: str) -> Any:
    """Read one YAML document. Raises Trouble, which names the file and the line."""
    try:
        found = _constructed(_Loader(text))
        json.dumps(found)  # an alias may make a value hold itself, which no JSON can
    except yaml.MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        raise Trouble(f"{where}{line}: this is not right YAML: {exc.problem or exc.context}.") from exc
    except (yaml.YAMLError, ValueError) as exc:  # a character that no YAML holds, a number without end
        raise Trouble(
            f"{where}: this is not right YAML: a character or number that none may hold, or a value that holds itself."
        ) from exc
    except RecursionError as exc:
        raise Trouble(f"{where}: this YAML is nested too deeply.") from exc
    return found


def write_yaml(value: Any) -> str:
    """Write JSON values as YAML: names in the order given, one line a value."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False
    )


def _constructed(loader: _Loader) -> Any:
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > MOST_VALUES:
            raise _error(node, "its aliases stand for more values than any relay has settings")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Count the values of a node. A few aliases of aliases can stand for more than any memory holds."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = 1  # one that holds itself is refused later, when it is made
        below = (each for value in node.value for each in (value if isinstance(value, tuple) else (value,)))
        known[id(node)] = 1 + sum(_size(each, known) for each in below)
    return known[id(node)]


def _error(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
