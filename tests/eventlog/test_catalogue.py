"""Declaring events."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from pydantic import ValidationError

from pingpong.eventlog import catalogue as module
from pingpong.eventlog.catalogue import EventContext, catalogue, event


@pytest.fixture(autouse=True)
def _declared_for_the_test_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_declared", {})
    yield


class Answered(EventContext):
    """A task has its answer."""

    task_id: UUID


class Unexplained(EventContext):
    pass


Unexplained.__doc__ = None


def test_an_event_knows_its_type_and_version() -> None:
    declared = event("task.answered", version=3)(Answered)

    assert (declared.event_type, declared.version) == ("task.answered", 3)


def test_the_catalogue_is_in_order() -> None:
    class Later(Answered):
        """A later version."""

    class Other(Answered):
        """Another one."""

    event("task.answered", version=2)(Later)
    event("task.answered", version=1)(Answered)
    event("chat.posted", version=1)(Other)

    assert catalogue() == [Other, Answered, Later]


@pytest.mark.parametrize(
    "name", ["answered", "Task.answered", "task.", "task answered", "task.answered.", ""]
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="an event type is like"):
        event(name, version=1)(Answered)


def test_what_is_declared_twice_is_refused() -> None:
    event("task.answered", version=1)(Answered)

    with pytest.raises(ValueError, match="declared twice"):
        event("task.answered", version=1)(Answered)


def test_what_says_nothing_of_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="no description"):
        event("task.answered", version=1)(Unexplained)


def test_fields_that_nobody_declared_are_refused() -> None:
    with pytest.raises(ValidationError):
        Answered(task_id=UUID(int=1), text="secret")


def test_what_has_happened_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Answered(task_id=UUID(int=1)).task_id = UUID(int=2)
