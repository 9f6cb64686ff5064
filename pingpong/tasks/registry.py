"""Kinds of tasks: each is one typed function, and all that the outside sees of it is derived from it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import ValidationError, create_model

from pingpong.backoff import full_jitter_s
from pingpong.errors import InvalidInput, NotFound
from pingpong.openapi.models import Body
from pingpong.queue.queues import IO, TASK_QUEUES
from pingpong.tasks.context import TaskContext
from pingpong.tasks.errors import TaskFailed
from pingpong.text import NOT_BLANK as NOT_BLANK  # noqa: PLC0414 - for those who write kinds
from pingpong.text import STORABLE as STORABLE  # noqa: PLC0414
from pingpong.text import PlainText as PlainText  # noqa: PLC0414

RESULTS = "results"
"""The address of tasks' results, among those of the kinds."""


class Params(Body):
    """What every kind's parameters have in common."""


BACKOFF_S = 2.0
MAX_BACKOFF_S = 300.0


@dataclass(frozen=True)
class Kind:
    """A kind of task, as derived from its function."""

    name: str
    description: str
    function: Callable[..., Any]
    params: type[Params]
    queue: str
    public: bool
    timeout_s: int | None = None
    retries: int = 0
    backoff_s: float = BACKOFF_S
    max_backoff_s: float = MAX_BACKOFF_S

    def validate(
        self, given: object, names: dict[str, str] | None = None, *, is_form: bool = False
    ) -> dict[str, Any]:
        """The parameters, checked and with defaults filled in, as JSON can hold them.

        `names` maps a parameter to what the client calls it. In a form all is text, which is then read as
        what is meant. Raises InvalidInput.
        """
        try:
            return self.params.model_validate(given, strict=not is_form).model_dump(mode="json")
        except ValidationError as error:
            raise InvalidInput.from_pydantic(error, names) from None

    def pause_before_retry(self, tries: int) -> float | None:
        """Seconds until the next attempt after so many; None when that was the last."""
        if tries > self.retries:
            return None
        return full_jitter_s(self.backoff_s, self.max_backoff_s, tries)

    def run(self, context: TaskContext, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Do the work."""
        return self.function(context, **params)


class Registry:
    """The kinds that this project knows, by name."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def task(
        self,
        *,
        queue: str = IO,
        public: bool = False,
        timeout_s: int | None = None,
        retries: int = 0,
        backoff_s: float = BACKOFF_S,
        max_backoff_s: float = MAX_BACKOFF_S,
    ) -> Callable[[Callable[..., Any]], Kind]:
        """Make a function `(ctx, **parameters) -> JSON value` a kind of task, named like the function.

        `queue` is "io" for work that waits and "cpu" for work that computes. `public` kinds are everybody's
        to see: live, in the history, and by their id. An attempt that takes longer than `timeout_s`
        (JOB_TIMEOUT_S unless given) or raises has failed; it is followed by up to `retries` others, the first
        within `backoff_s`, the next within twice that, and so on up to `max_backoff_s`.
        Raises TypeError when the function has no docstring or an untyped parameter, or nobody takes from the
        queue.
        """

        def register(function: Callable[..., Any]) -> Kind:
            if function.__name__ in {*self._kinds, RESULTS}:
                raise TypeError(f"there is already a kind {function.__name__}, or an address of that name")
            if queue not in TASK_QUEUES:
                raise TypeError(f"{function.__name__}: the queue is one of {', '.join(TASK_QUEUES)}")
            kind = Kind(
                name=function.__name__,
                description=_first_line(function),
                function=function,
                params=_params_of(function),
                queue=queue,
                public=public,
                timeout_s=timeout_s,
                retries=retries,
                backoff_s=backoff_s,
                max_backoff_s=max_backoff_s,
            )
            self._kinds[kind.name] = kind
            return kind

        return register

    def find(self, name: str) -> Kind:
        """The kind of that name. Raises NotFound."""
        try:
            return self._kinds[name]
        except KeyError:
            raise NotFound(f"There is no kind of task named {name!r}.") from None

    def queue_of(self, name: str) -> str:
        """The queue of a kind; that of one no longer known is one whose worker will say so."""
        return self._kinds[name].queue if name in self._kinds else IO

    def timeout_s(self, name: str) -> int | None:
        """A kind's own time limit, if it has one."""
        return self._kinds[name].timeout_s if name in self._kinds else None

    def retries(self, name: str) -> int:
        """How often a kind is tried again."""
        return self._kinds[name].retries if name in self._kinds else 0

    def pause_before_retry(self, name: str, tries: int, error: Exception) -> float | None:
        """Seconds until the next attempt after one that raised this; None when there is to be none."""
        if name not in self._kinds or isinstance(error, TaskFailed):
            return None
        return self._kinds[name].pause_before_retry(tries)

    def is_public(self, name: str) -> bool:
        """Whether tasks of this kind are everybody's to see. A kind that is no longer known is not."""
        return name in self._kinds and self._kinds[name].public

    @property
    def queues(self) -> list[str]:
        """The queues that some kind uses."""
        return sorted({IO, *(kind.queue for kind in self._kinds.values())})

    @property
    def kinds(self) -> list[Kind]:
        """All of them, in the order of their names."""
        return sorted(self._kinds.values(), key=lambda kind: kind.name)

    @property
    def public_names(self) -> list[str]:
        """The kinds that everybody may see, in the order of their names."""
        return sorted(name for name, kind in self._kinds.items() if kind.public)


registry = Registry()
task = registry.task


def _first_line(function: Callable[..., Any]) -> str:
    description = inspect.getdoc(function)
    if not description:
        raise TypeError(f"{function.__name__} needs a docstring: it describes the kind to its users")
    return description.partition("\n")[0]


def _params_of(function: Callable[..., Any]) -> type[Params]:
    hints = get_type_hints(function, include_extras=True)
    _context, *parameters = inspect.signature(function).parameters.values()
    fields: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name not in hints:
            raise TypeError(f"{function.__name__}: the parameter {parameter.name} needs a type")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(f"{function.__name__}_params", __base__=Params, **fields)
