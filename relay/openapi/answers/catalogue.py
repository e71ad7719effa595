"""How templates look in answers."""

from __future__ import annotations

from relay.openapi.kit import Answer, anything, listed, named, part, text, whole, yes_no


class FieldAnswer(Answer):
    """One field of a template."""

    name = text("Its name in a record.")
    required = yes_no("Whether each record needs it.")
    description = text("What it holds, and what can be given instead.")
    where = text("Where it is sent.", enum=["path", "body", "look_up"])
    default = anything("What it is where a record leaves it out.")
    open = yes_no("Whether a destination can allow further values, under `allow`.")
    secret = yes_no("Whether nobody should see its value again.")


class LookUpAnswer(Answer):
    """How a field that a record leaves out is found."""

    finds = text("The field that is found.")
    by = listed(text("A field."), "The fields that are needed for it.")
    narrowed_by = listed(text("A field."), "The fields that make it more exact.")
    description = text("What is looked up, in a sentence.")


class TemplateAnswer(Answer):
    """One Calendly endpoint that a destination can be made from."""

    name = text("The template's name.")
    title = text("Its name for people.")
    summary = text("What it does, in a sentence.")
    method = text("The method that is called.")
    path = text("The path that is called.")
    role = text("The role at Calendly that it takes.")
    plan = text("The plan at Calendly that it takes.")
    scopes = listed(text("A scope."), "The scopes that a token needs.")
    needs_organization = yes_no("Whether the credential's organization must be known.")
    success = listed(whole("A status."), "Calendly's answers that mean success.")
    # marshmallow has attributes of its own under this name.
    of_records = part(FieldAnswer, "Its fields.", many=True, called="fields")
    look_ups = part(LookUpAnswer, "How fields that a record leaves out are found.", many=True)
    schema = named(None, "A JSON Schema that accepts every record that the template accepts.")
    example = named(None, "A record that is right.")
    notes = listed(text("A note."), "What else to know.")
    sources = text("Where in Calendly's documents its rules come from.")
    irreversible = yes_no("Whether its calls cannot be undone.")
    harmless_to_repeat = yes_no("Whether a call that may have arrived can be made again.")
    repeat = text("What Calendly does with the same call a second time.")
    after_silence = text("What follows a call that may have arrived and was not answered, in a sentence.")
    done_already = listed(text("An answer."), "Refusals that mean that all is as wished.")
    try_again = listed(text("An answer."), "Refusals that Calendly itself asks to repeat.")


class TemplateList(Answer):
    """The catalogue."""

    templates = part(TemplateAnswer, "Every template, in the order of the catalogue.", many=True)
