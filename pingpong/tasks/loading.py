"""Kinds of tasks from a project's own modules, named by the setting TASK_MODULES."""

from collections.abc import Iterable
from importlib import import_module

from pingpong.settings import SettingsError


def load_kinds(modules: Iterable[str]) -> None:
    """Import the modules, whose kinds register themselves. Raises SettingsError, naming the bad one."""
    for name in modules:
        try:
            import_module(name)
        except Exception as error:
            raise SettingsError(f"TASK_MODULES: cannot load {name}: {error}") from error
