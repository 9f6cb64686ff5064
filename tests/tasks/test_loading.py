"""`TASK_MODULES`: kinds from a project's own modules. (tests/journeys/test_tasks.py runs one.)"""

import pytest

from pingpong import create_app
from pingpong.settings import SettingsError, load_settings


def test_a_module_that_cannot_be_loaded_ends_the_start_in_one_line(settings):
    with pytest.raises(SettingsError, match=r"^TASK_MODULES: cannot load no\.such: No module named 'no'$"):
        create_app(settings.model_copy(update={"task_modules": ("no.such",)}))


def test_modules_are_named_with_commas_between(monkeypatch):
    monkeypatch.setenv("TASK_MODULES", "shop.kinds, shop.more ,")

    assert load_settings().task_modules == ("shop.kinds", "shop.more")
