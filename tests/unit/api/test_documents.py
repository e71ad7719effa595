"""Documents are read strictly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema

from relay.api.audit import AuditQuery
from relay.api.credential_documents import CredentialDocument
from relay.api.deleting import DiscardDocument
from relay.api.delivery_documents import DeliveryQuery
from relay.api.destination_documents import Acknowledgement, DestinationDocument
from relay.api.replays import ReplayDocument
from relay.api.resolving import ResolutionDocument
from relay.errors import FieldError, Invalid
from relay.web.documents import Document, load

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(LEAVES, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=8)
OUR_WORDS = (
    "should ",
    "is required: it should ",
    "is not known here; known are: ",
    "is the mask of a secret",
)
DOCUMENTS = [
    *(CredentialDocument, DestinationDocument, Acknowledgement, DeliveryQuery, AuditQuery),
    *(ReplayDocument, ResolutionDocument, DiscardDocument),
]


def names(schema: type[Schema]) -> list[str]:
    """Give the names that a document has."""
    return list(schema().fields)


@pytest.mark.parametrize("document", DOCUMENTS)
@given(data=st.data())
def test_any_object_is_read_or_refused(document: type[Document], data: st.DataObject) -> None:
    """Whatever stands under a document's names, only Invalid ever comes of it, with pointers and sentences."""
    candidate: dict[str, Any] = data.draw(
        st.dictionaries(st.sampled_from([*names(document), "kind", "auth"]) | st.text(), JSON, max_size=6)
    )
    faults: tuple[FieldError, ...] = ()
    try:
        load(document(), candidate, "document")
    except Invalid as refusal:
        faults = refusal.errors or (FieldError("", "names no fault"),)

    assert all(fault.pointer.startswith("#") for fault in faults)
    assert all(fault.detail.startswith(OUR_WORDS) for fault in faults)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    """A typing error never passes silently."""
    with pytest.raises(Invalid) as refusal:
        load(Acknowledgement(), {"acknowledged": "irreversible"}, "activation")

    (fault,) = refusal.value.errors
    assert ("#/acknowledged", "is not known here; known are: acknowledge") == (fault.pointer, fault.detail)


def test_pointers_escape_what_json_pointers_escape() -> None:
    """A slash or a tilde in a name is written as RFC 6901 has it."""
    with pytest.raises(Invalid) as refusal:
        load(Acknowledgement(), {"a/b~c": 1}, "activation")

    assert "#/a~1b~0c" == refusal.value.errors[0].pointer


@pytest.mark.parametrize(
    "text", ["2026-01-31T08:00:00Z", "2026-01-31T09:00:00+01:00", "2026-01-31T09:00:00 01:00"]
)
def test_a_moment_has_a_zone(text: str) -> None:
    """A plus that an unescaped query turned into a space is understood."""
    assert 1_769_846_400.0 == load(DeliveryQuery(), {"since": text}, "query")["since"]


@pytest.mark.parametrize(
    "text", ["2026-01-31T08:00:00", "2026-01-31", "yesterday", "1769846400", "", "2026-13-01T00:00:00Z"]
)
def test_a_moment_without_zone_is_refused(text: str) -> None:
    """Whose eight o'clock it is cannot be guessed."""
    with pytest.raises(Invalid) as refusal:
        load(DeliveryQuery(), {"until": text}, "query")

    assert "#/until" == refusal.value.errors[0].pointer
