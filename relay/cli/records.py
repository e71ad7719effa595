"""Records out of a file, one at a time: JSON, NDJSON or CSV. NDJSON and CSV are never held whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import BinaryIO, Literal

from relay.cli.endings import Trouble

Format = Literal["json", "ndjson", "csv"]
Cells = Literal["text", "json"]

_SUFFIXES: dict[str, Format] = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "csv",
}
_WHITE = " \t\r\n"
_DELIMITERS = ",;\t"
NOT_AN_OBJECT = "should be a JSON object"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as JSON, byte for byte as the file has it where it is JSON there, and the line on which it begins.

    `fault` says why it cannot be sent; it is empty for a record that can. Where there is no text because the file's could not be
    read, `raw` is what stands there; bytes that are no UTF-8 are escaped in it as surrogates.
    """

    text: str
    line: int
    fault: str = ""
    raw: str = ""


def format_of(name: str, given: Format | None) -> Format:
    """Give the format of a file: the given one, or that of its suffix. Raises Trouble where neither tells."""
    found = given or suffix_format(name)
    if found is None:
        raise Trouble(f"What is in {'stdin' if name == '-' else name}? Say --format json, ndjson or csv.")
    return found


def suffix_format(name: str) -> Format | None:
    """Give the format that a file's suffix tells, if it tells one."""
    return _SUFFIXES.get(PurePath(name).suffix.lower())


def read_records(file: BinaryIO, kind: Format, cells: Cells = "text") -> Iterator[Record]:
    """Give the records of a file, in order. Raises Trouble where the rest of it cannot be read."""
    if kind == "ndjson":
        return _ndjson(file)
    if kind == "csv":
        return _csv(file, cells)
    return _json(file)


def _ndjson(file: BinaryIO) -> Iterator[Record]:
    for number, raw in enumerate(file, start=1):
        encoding = "utf-8-sig" if number == 1 else "utf-8"
        try:
            text = raw.decode(encoding).strip(_WHITE)
        except UnicodeDecodeError:
            kept = raw.decode(encoding, "surrogateescape").strip(_WHITE)
            yield Record("", number, "is not UTF-8", kept)
            continue
        if text:
            yield Record(text, number, _fault(text))


def _fault(text: str) -> str:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as exc:
        return f"is not right JSON: {exc.msg}, at character {exc.pos + 1}"
    except (ValueError, RecursionError):
        return "is not right JSON: it holds NaN or Infinity, or is nested too deeply"
    return "" if isinstance(value, dict) else NOT_AN_OBJECT


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _json(file: BinaryIO) -> Iterator[Record]:
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Trouble("The file is not UTF-8.") from exc
    begin = _after_white(text, 0)
    if text[begin : begin + 1] != "[":
        body = text.strip(_WHITE)
        if body:
            yield Record(body, 1 + text.count("\n", 0, begin), _fault(body))
        return
    yield from _items(text, _after_white(text, begin + 1))


def _items(text: str, place: int) -> Iterator[Record]:
    """Give each item of an array as it stands in the text, from its first item or its end on."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    line, counted = 1, 0
    while text[place : place + 1] != "]":
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as exc:
            raise Trouble(
                f"Line {line}: what begins here is not right JSON; the file is one JSON array."
            ) from exc
        yield Record(text[place:end], line, "" if isinstance(value, dict) else NOT_AN_OBJECT)
        place = _after_white(text, end)
        if text[place : place + 1] == ",":
            place = _after_white(text, place + 1)
        elif text[place : place + 1] != "]":
            raise Trouble(
                f"Line {line}: after the record that begins here, the JSON array has no comma and no end."
            )


def _after_white(text: str, place: int) -> int:
    while text[place : place + 1] and text[place] in _WHITE:
        place += 1
    return place


def _csv(file: BinaryIO, cells: Cells) -> Iterator[Record]:
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader: Iterator[list[str]] | None = None
    try:
        head = lines.readline()
        delimiter = max(_DELIMITERS, key=head.count)
        reader = csv.reader(chain([head], lines), delimiter=delimiter, strict=True)
        yield from _rows(reader, _cell_reader(cells))
    except UnicodeDecodeError as exc:
        raise Trouble("The file is not UTF-8; spreadsheets can save it as “CSV UTF-8”.") from exc
    except csv.Error as exc:
        line = getattr(reader, "line_num", 1)
        raise Trouble(f"Line {line}: this is not right CSV: {exc}.") from exc
    finally:
        lines.detach()


def _rows(reader: Iterator[list[str]], read: Callable[[str], object]) -> Iterator[Record]:
    names = [name.strip() for name in next(reader, [])]
    if not names or "" in names or len(set(names)) < len(names):
        raise Trouble("Line 1: the first line of a CSV file should name each column, and each once.")
    begins = 2
    for row in reader:
        if row:
            yield _record(names, row, begins, read)
        begins = getattr(reader, "line_num", begins) + 1


def _record(names: list[str], row: list[str], line: int, read: Callable[[str], object]) -> Record:
    if len(row) > len(names):
        raw = json.dumps(row, ensure_ascii=False)  # an array is no record, so nobody sends it by mistake
        return Record("", line, f"has {len(row)} cells, and there are {len(names)} columns", raw)
    # An empty cell is a value that is left out: that is how spreadsheets write it.
    values = {name: read(cell) for name, cell in zip(names, row, strict=False) if cell != ""}
    return Record(_written(values), line)


def _written(values: object) -> str:
    """Write JSON as people read it, or escaped where UTF-8 cannot carry it: a cell may hold half of a character."""
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(values)
    return text


def _cell_reader(cells: Cells) -> Callable[[str], object]:
    return _json_or_text if cells == "json" else str


def _json_or_text(cell: str) -> object:
    try:
        return json.loads(cell, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return cell
