"""Every setting read from the environment stands in the README's table, and the table names no other."""

import re
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_the_readme_names_every_setting_and_no_other() -> None:
    source = (PROJECT / "syncbridge" / "settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))
    table = (PROJECT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    assert len(read) > 15
    assert read == named


def test_nothing_but_the_settings_reads_the_environment() -> None:
    files = [
        path for app in ("connectors", "mappings", "staging", "syncbridge") for path in (PROJECT / app).rglob("*.py")
    ]
    reading = re.compile(r"\bos\.environ(?:\[|\.get\()|\bgetenv\(")
    assert len(files) > 30
    assert [str(path) for path in files if reading.search(path.read_text())] == []
