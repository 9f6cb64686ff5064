"""What goes out: a task as clients see it."""

import json
from typing import Annotated, Any, Literal, Self, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.config import JsonDict

from pingpong.accounts.models import User
from pingpong.extensions import settings
from pingpong.live.topics import TASK, user_topic
from pingpong.live.update import Update
from pingpong.openapi.models import Query, UtcTime
from pingpong.tasks.failures import failures_of
from pingpong.tasks.idempotency import SANE_KEY
from pingpong.tasks.models import Task
from pingpong.tasks.registry import Kind, registry
from pingpong.tasks.states import TaskStatus

LARGEST_IN_NEWS = 4_096
"""Characters. Every web process keeps thousands of events in memory."""

EXAMPLE_ID = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"

TaskId = Annotated[str, Field(description="A task's id.", examples=[EXAMPLE_ID])]
EXAMPLE: JsonDict = {
    "id": EXAMPLE_ID,
    "kind": "ping",
    "status": "done",
    "message": "hello",
    "reply": "pong hello",
    "progress": 100,
    "submitted_at": "2026-11-20T22:55:49.670146Z",
    "started_at": "2026-11-20T22:55:49.676021Z",
    "finished_at": "2026-11-20T22:55:52.677313Z",
    "duration_ms": 3007,
    "params": {"text": "hello"},
    "result": "pong hello",
    "error": None,
    "attempts": 1,
}


FAILED_ATTEMPT: JsonDict = {
    "attempt": 1,
    "failed_at": "2026-11-20T22:55:50.102938Z",
    "error": "The server answered 503.",
    "trace": None,
}


class TaskNews(BaseModel):
    """A task in an event: what a row on a page shows.

    `message` is a task's `text` parameter and `reply` its answer, where that is text; else they are null.
    """

    id: UUID
    kind: str
    status: TaskStatus
    message: str | None
    reply: str | None
    progress: int
    submitted_at: UtcTime
    started_at: UtcTime | None
    finished_at: UtcTime | None
    duration_ms: int | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """The task as it stands."""
        return cast(Self, cls.model_construct(**_shown(task, cls)))


class OwnNews(TaskNews):
    """A private task in an event for its owner: of other kinds than text as well.

    `params` and `result` are null where they are too large for an event: they are to be read then. So is
    `result` where `reply` says it.
    """

    params: Any
    result: Any
    error: str | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """The task as it stands."""
        news = super().of(task)
        news.params = _if_small(news.params)
        news.result = _if_small(news.result) if news.reply is None else None
        return news


class TaskResult(TaskNews):
    """A task with all that its owner may read: the API's result and an item of the history."""

    params: dict[str, Any]
    result: Any
    error: str | None
    attempts: int

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})


class FailedAttempt(BaseModel):
    """An attempt that failed: in words, and to administrators with the stack."""

    attempt: int
    failed_at: UtcTime
    error: str
    trace: str | None

    model_config = ConfigDict(json_schema_extra={"example": FAILED_ATTEMPT})


class FailedAttempts(BaseModel):
    """A task's failed attempts, in their order."""

    items: list[FailedAttempt]

    model_config = ConfigDict(json_schema_extra={"example": {"items": [FAILED_ATTEMPT]}})

    @classmethod
    def of(cls, task: Task, reader: User) -> Self:
        """As this reader may see them: only administrators see the stacks."""
        return cls(
            items=[
                FailedAttempt(
                    attempt=failure.attempt,
                    failed_at=failure.failed_at,
                    error=failure.error,
                    trace=failure.trace if reader.is_admin else None,
                )
                for failure in failures_of(task.id)
            ]
        )


class TaskPage(BaseModel):
    """Some tasks, and the cursor of those behind them."""

    items: list[TaskResult]
    next: str | None

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE], "next": None}})


class Kinds(RootModel[dict[str, str]]):
    """The kinds of tasks, each with what it does."""

    model_config = ConfigDict(json_schema_extra={"example": {"ping": "Answer a message with a pong."}})


class KindDetail(BaseModel):
    """A kind of task: what it takes, and how it runs."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(alias="schema")
    queue: str
    public: bool
    timeout_s: int
    retries: int

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "example": {
                "name": "ping",
                "description": "Answer a message with a pong.",
                "schema": {"type": "object", "properties": {"text": {"type": "string"}}},
                "queue": "io",
                "public": True,
                "timeout_s": 180,
                "retries": 0,
            }
        },
    )

    @classmethod
    def of(cls, kind: Kind) -> Self:
        """The kind as clients see it."""
        return cls(
            name=kind.name,
            description=kind.description,
            parameters=kind.params.model_json_schema(),
            queue=kind.queue,
            public=kind.public,
            timeout_s=kind.timeout_s or settings.job_timeout_s,
            retries=kind.retries,
        )


class Submitted(BaseModel):
    """A task that was accepted."""

    task_id: UUID
    task_type: str
    status: Literal["submitted"] = "submitted"

    model_config = ConfigDict(
        json_schema_extra={"example": {"task_id": EXAMPLE_ID, "task_type": "ping", "status": "submitted"}}
    )


class RepeatableRequest(Query):
    """How a submit whose answer was lost is repeated without a second message."""

    idempotency_key: str | None = Field(
        None,
        alias="Idempotency-Key",
        description="The same key and message return the first submit, for a day.",
        json_schema_extra={"pattern": SANE_KEY.pattern},
    )


def news_of(task: Task) -> Update | None:
    """The news of a task for those who may hear it; None if that is nobody."""
    own = [user_topic(task.owner_id)] if task.owner_id else []
    if registry.is_public(task.kind):
        return Update(" ".join([TASK, *own]), "task", TaskNews.of(task).model_dump_json())
    return Update(own[0], "task", OwnNews.of(task).model_dump_json()) if own else None


def _if_small(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return value if len(json.dumps(value)) <= LARGEST_IN_NEWS else None


def _shown(task: Task, schema: type[TaskNews]) -> dict[str, Any]:
    values = {name: getattr(task, name) for name in schema.model_fields if name not in {"message", "reply"}}
    text = task.params.get("text")
    values["message"] = text if isinstance(text, str) else None
    values["reply"] = task.result if isinstance(task.result, str) else None
    return values
