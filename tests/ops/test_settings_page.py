"""The page of settings says what the settings are."""

from pathlib import Path

from pingpong.ops.settings_page import page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_in_docs_is_up_to_date():
    written = (DOCS / "settings.md").read_text()
    assert written == page(), "run: python -m pingpong.ops.settings_page > docs/settings.md"
