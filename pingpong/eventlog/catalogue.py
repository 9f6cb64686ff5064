"""The catalogue of events: each type is a model, declared once, by the feature whose change it tells of.

```python
@event("task.answered", version=1)
class TaskAnswered(EventContext):
    \"\"\"A task has its answer.\"\"\"

    task_id: UUID
    duration_ms: int = Field(description="From submit to answer.")
```
"""

import re
from collections.abc import Callable
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

TYPE = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")

Declared = TypeVar("Declared", bound="type[EventContext]")


class EventContext(BaseModel):
    """What an event says beside its type, who did it, and when. No secrets, no texts that people wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_type: ClassVar[str]
    version: ClassVar[int]


_declared: dict[tuple[str, int], type[EventContext]] = {}


def event(event_type: str, *, version: int) -> Callable[[Declared], Declared]:
    """Declare an event type. A change that readers would notice is a new version beside the old one.

    Raises ValueError for a bad name, one that is declared already, or a model that says nothing of itself.
    """

    def declare(model: Declared) -> Declared:
        if not TYPE.fullmatch(event_type):
            raise ValueError(f"{event_type}: an event type is like task.answered")
        if (event_type, version) in _declared:
            raise ValueError(f"{event_type} version {version} is declared twice")
        if not model.__doc__:
            raise ValueError(f"{event_type} has no description")
        model.event_type, model.version = event_type, version
        _declared[event_type, version] = model
        return model

    return declare


def catalogue() -> list[type[EventContext]]:
    """All event types, by name and version."""
    return [_declared[key] for key in sorted(_declared)]
