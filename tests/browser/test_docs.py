"""The documentation, tried line by line."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stack import Stack

PAGE = Path(__file__).parent.parent.parent / "docs" / "api-examples.md"
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- end of block ---"
NEEDED = ("curl", "jq")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("docs")) as running:
        yield running


def shape(value: object) -> object:
    """The names in a JSON value, without what they hold."""
    return {name: shape(part) for name, part in value.items()} if isinstance(value, dict) else None


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {' and '.join(NEEDED)}")
def test_every_line_of_the_api_examples_does_what_the_page_says(stack, tmp_path):
    blocks = BLOCK.findall(PAGE.read_text())
    commands = [text for language, text in blocks if language == "sh"]
    script = "".join(f"{text}\necho '{MARK}'\n" for text in commands)
    script = script.replace("http://localhost:8000", stack.url)

    done = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, cwd=tmp_path, timeout=100, check=False
    )

    assert done.returncode == 0, done.stderr
    answers = iter(done.stdout.split(MARK))
    answer = ""
    for language, text in blocks:
        if language == "sh":
            answer = next(answers)
            continue
        said, got = json.loads(text.replace("…", "...")), json.loads(answer)
        assert shape(got).keys() == shape(said).keys(), text
