"""What is written for people agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

from relay.catalogue import CATALOGUE, TEMPLATES
from relay.config import Settings, SettingsSchema

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BESIDE = {"WEB_CONCURRENCY"}  # gunicorn's own variable, which relay/gunicorn.py reads


def rows_under(heading: str) -> list[list[str]]:
    """Give the cells of the table's rows under a heading of the README."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_the_settings_in_the_readme_are_those_of_the_code() -> None:
    """Each setting stands in the table once, with its default."""
    told = {row[0].strip("`"): row[1].strip("`") for row in rows_under("Deploy it")}

    known = {str(field.data_key) for field in SettingsSchema().fields.values()}
    assert known | BESIDE == set(told)
    for name, field in SettingsSchema().fields.items():
        default = told[str(field.data_key)]
        if default in {"needed", "none"} or "PORT" in default:
            continue
        actual = Settings.__dataclass_fields__[name].default
        shown = ",".join(f"{each:g}" for each in actual) if isinstance(actual, tuple) else f"{actual}"
        assert default == shown.lower().removesuffix(".0")


def test_the_example_environment_names_every_setting() -> None:
    """`.env.example` has each setting, and no other."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    known = {str(field.data_key) for field in SettingsSchema().fields.values()}
    assert known | BESIDE == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


def test_the_templates_in_the_readme_are_those_of_the_catalogue() -> None:
    """Each template stands in the table with its method, whether it can be undone, and what follows silence."""
    told = {row[0].split("`")[1]: row for row in rows_under("Templates")}

    assert set(CATALOGUE) == set(told)
    for name, template in TEMPLATES.items():
        assert template.irreversible == ("⚠" in told[name][0])
        assert template.method == told[name][1].strip("`").split()[0]
        follows = "looked up" if template.proof else "repeated once" if template.spare else "repeated"
        assert follows == told[name][3]


def test_the_changelog_and_the_readme_name_no_missing_file() -> None:
    """Each relative link leads somewhere."""
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
        missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]

        assert [] == missing, document.name
