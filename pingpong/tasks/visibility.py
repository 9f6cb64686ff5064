"""Whose a task is to see, and whose to change."""

from uuid import UUID

from pingpong.accounts.models import User
from pingpong.errors import Forbidden, NotFound
from pingpong.extensions import db, release
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry


def find_visible(task_id: str, reader: User | None) -> Task:
    """A task that this reader may see: a public one, one's own, and to administrators any.

    Raises NotFound, also for one that exists and is somebody else's.
    """
    task = _find(task_id)
    if task is None or not (registry.is_public(task.kind) or _is_in_charge(reader, task)):
        raise NotFound("There is no such task.")
    return task


def find_own(task_id: str, person: User) -> Task:
    """A task that this person may cancel or retry. Raises NotFound, Forbidden for a public one of others."""
    task = find_visible(task_id, person)
    if not _is_in_charge(person, task):
        raise Forbidden("This task is not yours.")
    return task


def _is_in_charge(person: User | None, task: Task) -> bool:
    return person is not None and (task.owner_id == person.id or person.is_admin)


def _find(task_id: str) -> Task | None:
    try:
        task = db.session.get(Task, UUID(task_id))
    except ValueError:
        return None
    release()
    return task
