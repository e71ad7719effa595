"""The template of a destination: one of the catalogue's, or the one that a manual destination describes."""

from __future__ import annotations

from relay.catalogue import template
from relay.catalogue.template import Template
from relay.model.destination import Destination
from relay.shaping.manual import manual_template


def template_of(destination: Destination) -> Template:
    """Give the template that a destination's records are read by. Raises UnknownTemplate."""
    if destination.manual is None:
        return template(destination.template)
    wrap = destination.batch.wrap if destination.batch else ""
    return manual_template(destination.manual, destination.shape.exclude, wrap)
