"""What to say where a package that the command line needs is not there. This module itself needs none."""

from __future__ import annotations


def missing_package(error: ModuleNotFoundError) -> str | None:
    """Give a sentence that names the missing package and the Python that has it, or None where a module of our own is missing."""
    package = (error.name or "").partition(".")[0]
    if package in {"", "relay"}:
        return None
    return (
        f"This Python lacks the package {package}, and `.venv/bin/python -m relay …`, called in the project's folder, has it: "
        "`make setup` and `make run` make that one."
    )
