"""The catalogue."""

from __future__ import annotations

from relay.openapi.answers.catalogue import TemplateAnswer, TemplateList
from relay.openapi.operations.model import READ, Operation, Reply

TAG = "Templates"

OPERATIONS = {
    "api.templates.list_templates": Operation(
        name="list_templates",
        tag=TAG,
        summary="List the catalogue",
        description="Every Calendly endpoint that a destination can be made from: its fields as JSON Schema, an example, the "
        "role, plan and scopes that it takes, and what becomes of a repeat.",
        answers={200: Reply(words="Every template.", schema=TemplateList)},
        problems=READ,
    ),
    "api.templates.show_template": Operation(
        name="show_template",
        tag=TAG,
        summary="Show a template",
        description="One Calendly endpoint that a destination can be made from.",
        answers={200: Reply(words="The template.", schema=TemplateAnswer)},
        problems={**READ, 404: "No template has that name; the answer names those that there are."},
    ),
}
