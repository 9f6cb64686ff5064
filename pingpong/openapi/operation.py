"""`@operation`: what a route takes and answers, declared once; the route is then given models.

```python
@blueprint.post("/api/notes/")
@operation(NOTES, answers={201: Note}, errors=[409], access=Access.ACCOUNT)
def write(body: NewNote) -> Note:
    \"\"\"Write a note.\"\"\"
```
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple, get_type_hints

from flask import Response
from pydantic import BaseModel

from pingpong.openapi.access import Access
from pingpong.openapi.reading import read, respond

READ = ("body", "query", "header")
"""The parameters of a route that are read from the request, each as the model that is its type."""

View = Callable[..., Any]


class Tag(NamedTuple):
    """A heading of the description."""

    name: str
    description: str


@dataclass(frozen=True)
class Answer:
    """An answer that is not only a model: one with headers, of another type, or without a body.

    With a `media_type`, the `model` is what a stream of that type consists of.
    """

    description: str
    model: type[BaseModel] | None = None
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    example: Any = None


class Concrete(NamedTuple):
    """A route with a parameter, described for one value of it."""

    value: str
    summary: str
    body: type[BaseModel] | None = None


@dataclass(frozen=True)
class Operation:
    """What a view declares. The description is made of these when somebody asks for it."""

    view: Callable[..., Any]
    tag: Tag
    answers: Mapping[int, type[BaseModel] | Answer]
    own_errors: Sequence[int]
    access: Access
    each: Callable[[], Iterable[Concrete]] | None
    takes: Mapping[str, type[BaseModel]]

    @property
    def summary(self) -> str:
        """The first line of the view's docstring."""
        return (inspect.getdoc(self.view) or "").partition("\n")[0].removesuffix(".")

    @property
    def description(self) -> str:
        """The rest of it."""
        return (inspect.getdoc(self.view) or "").partition("\n")[2].strip()

    @property
    def path_types(self) -> dict[str, Any]:
        """The types of what stands in the path."""
        hints = get_type_hints(inspect.unwrap(self.view), include_extras=True)
        return {name: hint for name, hint in hints.items() if name not in {*READ, "return"}}


def operation(
    tag: Tag,
    *,
    answers: Mapping[int, type[BaseModel] | Answer],
    errors: Sequence[int] = (),
    access: Access = Access.PUBLIC,
    each: Callable[[], Iterable[Concrete]] | None = None,
    reads_itself: Mapping[str, type[BaseModel]] | None = None,
) -> Callable[[View], Callable[..., Response]]:
    """Declare a route. Its `body`, `query` and `header` arrive as the models that are their types.

    `answers`: what it returns, by status; the first is the usual one. A view returns a model, or what Flask
    takes, with a model in the body's place. `errors`: those that it raises itself (404, 409); what follows
    from a body, from access and from the place below `/api/` is added. `each`: describe the route once for
    each value of its parameter, instead of once for all. `reads_itself`: the `body`, `query` and `header`
    that are only described; the view looks at the request by itself.
    """

    def declare(view: View) -> Callable[..., Response]:
        hints = get_type_hints(view)
        takes = {name: hints[name] for name in READ if name in hints}
        usual_status = next(iter(answers))

        @wraps(view)
        def answered(**path: Any) -> Response:  # noqa: ANN401 - as Flask calls it
            given = {name: read(name, model) for name, model in takes.items()}
            return respond(view(**path, **given), usual_status)

        described = {**(reads_itself or {}), **takes}
        answered.__operation__ = Operation(view, tag, answers, errors, access, each, described)  # type: ignore[attr-defined]
        return answered

    return declare


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """What a view has declared, also below other decorators that use `functools.wraps`."""
    return getattr(view, "__operation__", None)
