"""The page of the API: readable without script, without the internet, and complete."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from relay.openapi.page import prose
from relay.openapi.rows import Row, rows_of

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """The tags of a page: whether they close, and what they carry."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that opens."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Tags close in the order in which they opened."""
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    def all(self, attribute: str) -> list[str]:
        """Give every value of an attribute."""
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


@pytest.fixture
def answer(app: Flask) -> TestResponse:
    """The page as a browser gets it."""
    return app.test_client().get("/docs")


@pytest.fixture
def page(answer: TestResponse) -> Page:
    """The page, read."""
    return Page(answer.get_data(as_text=True))


def test_the_page_is_html_for_everybody(answer: TestResponse, page: Page) -> None:
    """It asks for no key, since it says nothing that is not in the source."""
    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.content_type)
    assert [] == page.open


def test_the_page_loads_nothing(page: Page) -> None:
    """No script, no picture, no font, no frame; links lead to the page itself and to the document."""
    tags = {tag for tag, _ in page.tags}

    assert set() == tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    assert [] == page.all("src") + page.all("onclick") + page.all("style")
    assert {"/openapi.json"} == {link for link in page.all("href") if not link.startswith("#")}


def test_the_browser_is_told_to_load_nothing(answer: TestResponse) -> None:
    """Only the page's own style may apply."""
    policy = answer.headers["Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.get_data(as_text=True), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        == policy
    )
    assert ("nosniff", "no-referrer") == (
        answer.headers["X-Content-Type-Options"],
        answer.headers["Referrer-Policy"],
    )
    assert "@import" not in style
    assert "url(" not in style


def test_every_link_leads_somewhere(page: Page) -> None:
    """Each anchor is there, and there once."""
    anchors = page.all("id")

    assert len(anchors) == len(set(anchors))
    assert set() == {link[1:] for link in page.all("href") if link.startswith("#")} - set(anchors)


def test_every_operation_and_every_field_is_told(page: Page, document: dict[str, Any]) -> None:
    """With its address, its answers, and the names of what it takes, to the innermost."""
    told = " ".join(page.texts)

    for path, methods in document["paths"].items():
        assert path in told
        for operation in methods.values():
            assert operation["operationId"] in page.all("id")
            assert operation["summary"] in told
    for name in (
        "inbound.auth.parameter",
        "delivery.max_waiting",
        "callback.previous_secret",
        "Idempotency-Key",
    ):
        assert name in told


def test_the_examples_are_commands(page: Page, document: dict[str, Any]) -> None:
    """A shell reads them as they were meant, and what they send is the document's example."""
    calls = [shlex.split(text.replace("\\\n", " ")) for text in page.texts if text.startswith("curl ")]
    sent = [json.loads(call[call.index("-d") + 1]) for call in calls if "-d" in call]
    examples = [
        example["value"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for example in operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("examples", {})
        .values()
    ]

    assert sorted(map(json.dumps, examples)) == sorted(map(json.dumps, sent))
    assert all(any(word.startswith("https://relay.example/") for word in call) for call in calls)


def test_the_document_is_served_as_it_is(app: Flask, document: dict[str, Any]) -> None:
    """For programs, without a key."""
    answer = app.test_client().get("/openapi.json")

    assert (200, "application/json", document) == (answer.status_code, answer.mimetype, answer.get_json())


def test_words_are_escaped() -> None:
    """Only what stands between backticks becomes code."""
    assert "a &lt;b&gt; <code>c &amp; d</code>" == prose("a <b> `c & d`")
    assert "<p>one</p><p>two</p>" == prose("one\n\ntwo")


def test_an_object_is_told_row_by_row() -> None:
    """With what is inside it, its bounds, and what is needed."""
    schema = {
        "properties": {
            "size": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": 5,
                "default": 2,
                "description": "How many.",
            },
            "parts": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Part"},
                "description": "Parts.",
            },
        },
        "required": ["parts"],
    }
    part = {
        "type": "object",
        "properties": {"kind": {"type": "string", "enum": ["a", "b"], "description": "Which."}},
    }

    assert [
        Row("size", "whole number", "How many.", bounds="1 to 5, default `2`"),
        Row("parts", "list of objects", "Parts.", required=True),
        Row("parts[].kind", "one of `a`, `b`", "Which."),
    ] == rows_of(schema, {"Part": part})
