"""The tree of errors."""

from __future__ import annotations

import re
from collections.abc import Iterator

import relay.errors
from relay.app import create_app  # loads every module that has an error of its own


def below(error: type[relay.errors.RelayError]) -> Iterator[type[relay.errors.RelayError]]:
    """Give an error class and all that derive from it."""
    yield error
    for each in error.__subclasses__():
        yield from below(each)


def test_the_drawn_tree_names_every_error() -> None:
    """Whoever opens the file sees all errors there are, with the status that each is answered with."""
    assert callable(create_app)
    drawn = dict(re.findall(r"[├└]── (\w+) +(\d{3})", str(relay.errors.__doc__)))
    named = set(re.findall(r"[├└]── (\w+)", str(relay.errors.__doc__)))

    errors = {
        each.__name__: each for each in below(relay.errors.RelayError) if each.__module__.startswith("relay.")
    }
    assert set(errors) - {"RelayError"} == named
    for name, status in drawn.items():
        assert errors[name].status == int(status), name


def test_every_error_has_a_code_and_a_sentence() -> None:
    """An error that is raised without words still says what is wrong."""
    for error in below(relay.errors.RelayError):
        assert error.code
        assert str(error.__doc__).strip().endswith("."), error
