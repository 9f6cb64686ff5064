"""A kind of task is one typed function; the rest is derived from it."""

from typing import Annotated

import pytest
from pydantic import Field

from pingpong.errors import InvalidInput, NotFound
from pingpong.tasks.registry import PlainText, Registry


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_a_kind_takes_its_name_description_and_defaults_from_the_function(registry):
    @registry.task(queue="cpu", public=True)
    def count(ctx, limit: int = 10) -> int:
        """Count to a limit.

        More is said here.
        """
        return limit

    assert registry.find("count") is count
    assert (count.name, count.description, count.queue) == ("count", "Count to a limit.", "cpu")
    assert count.validate({}) == {"limit": 10}
    assert registry.is_public("count")
    assert registry.public_names == ["count"]


def test_a_queue_from_which_nobody_takes_is_refused(registry):
    with pytest.raises(TypeError, match="the queue is one of io, cpu"):

        @registry.task(queue="cup")
        def count(ctx) -> None:
            """Count."""


def test_parameters_are_checked_and_named(registry):
    @registry.task()
    def shout(ctx, text: Annotated[str, Field(max_length=3)], times: int) -> str:
        """Shout."""
        return text * times

    with pytest.raises(InvalidInput) as caught:
        shout.validate({"text": "long", "times": "2"}, names={"text": "message"})

    assert caught.value.fields == {
        "message": ["must have at most 3 characters"],
        "times": ["must be a valid integer"],
    }


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_plain_text_can_be_stored(registry, text):
    @registry.task()
    def keep(ctx, text: PlainText) -> str:
        """Keep a text."""
        return text

    with pytest.raises(InvalidInput):
        keep.validate({"text": text})


def test_a_name_that_is_taken_in_addresses_is_refused(registry):
    with pytest.raises(TypeError, match="address"):

        @registry.task()
        def results(ctx) -> None:
            """Shadow the results."""


def test_a_kind_without_a_docstring_is_refused(registry):
    def nameless(ctx) -> None:
        pass

    with pytest.raises(TypeError, match="docstring"):
        registry.task()(nameless)


def test_a_parameter_without_a_type_is_refused(registry):
    def untyped(ctx, text) -> None:
        """Do something."""

    with pytest.raises(TypeError, match="needs a type"):
        registry.task()(untyped)


def test_a_name_can_be_taken_once(registry):
    def twice(ctx) -> None:
        """Do something."""

    registry.task()(twice)
    with pytest.raises(TypeError, match="already"):
        registry.task()(twice)


def test_an_unknown_kind_is_not_found_and_not_public(registry):
    with pytest.raises(NotFound):
        registry.find("nothing")
    assert not registry.is_public("nothing")
