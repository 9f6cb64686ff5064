"""What a change of one entity means for those that depend on it. The caller holds the graph's lock.

Returned is what happened to them, which the caller records and tells.
"""

from collections import deque
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Text, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from pingpong.dsp.events import (
    EntityBlocked,
    EntityEvent,
    EntityFailed,
    EntityReleased,
    EntityRevived,
    EntityUnblocked,
)
from pingpong.dsp.models import Entity
from pingpong.dsp.states import Failure
from pingpong.extensions import db

# Each step of a walk looks its rows up by an index, whatever the planner thinks of the tables: OFFSET 0 keeps
# it from joining whole tables anew at each step, by which a chain of thousands would take minutes.
BY_INDEX = text("SELECT set_config('enable_seqscan', 'off', true)")
CHILDREN = """LATERAL (
    SELECT entity_id FROM dsp_dependencies WHERE dependency_id = {parent}.id OFFSET 0
  ) d, LATERAL (
    SELECT id FROM dsp_entities WHERE id = d.entity_id AND {condition} OFFSET 0
  ) e"""

DESCENDANTS = f"""
WITH RECURSIVE affected(id) AS (
  SELECT e.id FROM unnest(:ids) AS given(id), {CHILDREN.format(parent="given", condition="{condition}")}
  UNION
  SELECT e.id FROM affected a, {CHILDREN.format(parent="a", condition="{condition}")}
)
"""  # noqa: S608 - of constants
IS_WAITING = "status = 'waiting'"
WAITING = DESCENDANTS.format(condition=IS_WAITING)

RELEASE = """
UPDATE dsp_entities e
SET status = 'pending', next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE e.status = 'waiting'
  AND e.id IN (SELECT entity_id FROM dsp_dependencies WHERE dependency_id = ANY(:ids))
  AND NOT EXISTS (
    SELECT FROM dsp_dependencies d JOIN dsp_entities p ON p.id = d.dependency_id
    WHERE d.entity_id = e.id AND p.status <> 'completed'
  )
RETURNING e.id
"""

FAIL = f"""
{WAITING}
UPDATE dsp_entities e
SET status = 'failed', failure = 'dependency', last_error = :reason, blocked_reason = NULL,
    next_attempt_at = NULL, updated_at = clock_timestamp()
FROM affected a WHERE e.id = a.id
RETURNING e.id
"""  # noqa: S608 - of constants

REVIVE = f"""
{DESCENDANTS.format(condition="status = 'failed' AND failure = 'dependency'")}
UPDATE dsp_entities e
SET status = 'waiting', failure = NULL, last_error = NULL, updated_at = clock_timestamp()
FROM affected a WHERE e.id = a.id
RETURNING e.id
"""  # noqa: S608 - of constants

# All that waits, below or among the given.
TOUCHED = f"""
{WAITING}
SELECT id FROM affected UNION SELECT id FROM dsp_entities WHERE id = ANY(:ids) AND status = 'waiting'
"""  # noqa: S608 - of constants

# Those of them that are blocked by what is not one of them, each with one reason.
BLOCKED_BY_OTHERS = """
SELECT t.id, min(CASE
    WHEN p.status = 'failed' THEN coalesce(p.ref, p.id::text) || ' failed: ' || coalesce(p.last_error, '')
    WHEN p.status = 'cancelled' THEN coalesce(p.ref, p.id::text) || ' was cancelled'
    ELSE p.blocked_reason END)
FROM unnest(:ids) AS t(id) JOIN dsp_dependencies d ON d.entity_id = t.id
JOIN dsp_entities p ON p.id = d.dependency_id
WHERE p.status IN ('failed', 'cancelled') OR p.blocked_reason IS NOT NULL AND p.id <> ALL(:ids)
GROUP BY t.id
"""

BETWEEN_THEM = """
SELECT d.dependency_id, d.entity_id FROM unnest(:ids) AS t(id)
JOIN dsp_dependencies d ON d.entity_id = t.id JOIN unnest(:ids) AS p(id) ON p.id = d.dependency_id
"""

MARK = """
UPDATE dsp_entities e SET blocked_reason = b.reason, updated_at = clock_timestamp()
FROM unnest(:ids, :reasons) AS b(id, reason)
WHERE e.id = b.id AND e.blocked_reason IS DISTINCT FROM b.reason
RETURNING e.id, e.blocked_reason IS NOT NULL
"""

Pairs = list[tuple[Any, ...]]
REASONS = bindparam("reasons", type_=ARRAY(Text))

ANCESTRY = """
WITH RECURSIVE known(id) AS (
  SELECT unnest(:ids)
  UNION
  SELECT d.dependency_id FROM known k, LATERAL (
    SELECT dependency_id FROM dsp_dependencies WHERE entity_id = k.id OFFSET 0
  ) d
)
SELECT k.id, d.dependency_id FROM known k JOIN dsp_dependencies d ON d.entity_id = k.id
"""


def release_children(entity: Entity) -> list[EntityEvent]:
    """Let those go on that waited for this completed one only."""
    return [EntityReleased(entity_id=one) for one in _run(RELEASE, [entity.id])]


def fail_waiting(entity: Entity, reason: str) -> list[EntityEvent]:
    """Fail all that wait for one that was cancelled, also by way of others."""
    failed = _run(FAIL, [entity.id], reason=reason)
    return [EntityFailed(entity_id=one, failure=Failure.DEPENDENCY) for one in failed]


def revive(entity: Entity) -> list[EntityEvent]:
    """Have those wait again that failed only because something was cancelled."""
    return [EntityRevived(entity_id=one) for one in _run(REVIVE, [entity.id])]


def mark_blocked(ids: Collection[UUID]) -> list[EntityEvent]:
    """Write anew what blocks these and all that wait for them.

    An entity that waits is blocked by the failed that it depends on, over however many that wait themselves.
    One reason is enough, and each entity is visited once: not once for each reason.
    """
    touched = _run(TOUCHED, ids)
    if not touched:
        return []
    reasons: dict[UUID, str] = dict(_rows(BLOCKED_BY_OTHERS, touched))
    if reasons:
        _spread(reasons, _rows(BETWEEN_THEM, touched))
    arrays = {"ids": touched, "reasons": [reasons.get(one) for one in touched]}
    marked = db.session.execute(_statement(MARK).bindparams(REASONS), arrays)
    return [(EntityBlocked if is_blocked else EntityUnblocked)(entity_id=one) for one, is_blocked in marked]


def _spread(reasons: dict[UUID, str], edges: Pairs) -> None:
    """Give each child the reason of its parent, if it has none yet, and so on."""
    children: dict[UUID, list[UUID]] = {}
    for parent, child in edges:
        children.setdefault(parent, []).append(child)
    waiting = deque(reasons)
    while waiting:
        parent = waiting.popleft()
        for child in children.get(parent, ()):
            if child not in reasons:
                reasons[child] = reasons[parent]
                waiting.append(child)


def ancestry(ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """What these depend on, and that in turn, up to the end: the direct dependencies of each."""
    edges: dict[UUID, list[UUID]] = {}
    db.session.execute(BY_INDEX)
    for entity_id, dependency_id in db.session.execute(_statement(ANCESTRY), {"ids": list(ids)}):
        edges.setdefault(entity_id, []).append(dependency_id)
    return edges


def _run(sql: str, ids: Collection[UUID], **values: str) -> list[UUID]:
    return [row[0] for row in _rows(sql, ids, **values)]


def _rows(sql: str, ids: Collection[UUID], **values: str) -> Pairs:
    db.session.flush()
    db.session.execute(BY_INDEX)
    return list(map(tuple, db.session.execute(_statement(sql), {"ids": list(ids), **values})))


def _statement(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
