"""What the platform knows: entities, and under which key each was created."""

import uuid
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any


class Refused(Exception):
    """The platform says no. The text is for whoever has asked."""

    status = HTTPStatus.BAD_REQUEST


class UnknownEntity(Refused):
    """There is nothing of this type with this id."""

    status = HTTPStatus.NOT_FOUND


class KeyReused(Refused):
    """The Idempotency-Key has been used for something else."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Status(StrEnum):
    """What has become of an entity."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"


@dataclass
class Entity:
    """Something that was accepted. Times are seconds of the platform's clock."""

    id: str
    entity_type: str
    idempotency_key: str
    body: dict[str, Any]
    created_at: float
    finishes_at: float
    error_message: str | None = None
    """Set if it is going to fail."""

    def slow_down(self, seconds: float) -> None:
        """Have it take this long from its creation on."""
        self.finishes_at = self.created_at + seconds

    def fail(self, message: str) -> None:
        """Have it fail when it finishes."""
        self.error_message = message

    def status(self, now: float) -> Status:
        """What has become of it by now."""
        if now < self.finishes_at:
            return Status.PENDING
        return Status.FAILED if self.error_message else Status.SUCCESS


class Platform:
    """Creates entities, each key once, and finds them again."""

    def __init__(self) -> None:
        self.replays = 0
        self._entities: dict[str, Entity] = {}
        self._by_key: dict[str, Entity] = {}

    def submit(
        self, entity_type: str, key: str, body: dict[str, Any], *, now: float, processing_s: float
    ) -> Entity:
        """Create an entity, or return the one that was created under this key. Raises KeyReused."""
        known = self._by_key.get(key)
        if known is None:
            return self._create(Entity(uuid.uuid4().hex, entity_type, key, body, now, now + processing_s))
        if (known.entity_type, known.body) != (entity_type, body):
            raise KeyReused("This Idempotency-Key has been used for another entity_type or body.")
        self.replays += 1
        return known

    def find(self, entity_type: str, entity_id: str) -> Entity:
        """Return an entity. Raises UnknownEntity."""
        entity = self._entities.get(entity_id)
        if entity is None or entity.entity_type != entity_type:
            raise UnknownEntity(f"There is no {entity_type} with the id {entity_id}.")
        return entity

    def stats(self, now: float) -> dict[str, Any]:
        """What there is, as JSON."""
        creations = Counter(entity.idempotency_key for entity in self._entities.values())
        by_type: dict[str, Counter[str]] = {}
        for entity in self._entities.values():
            by_type.setdefault(entity.entity_type, _zeros()).update(["created", entity.status(now)])
        return {
            "created": len(self._entities),
            "replays": self.replays,
            "by_type": by_type,
            "entities": [
                _shown(entity, now, creations[entity.idempotency_key]) for entity in self._entities.values()
            ],
        }

    def _create(self, entity: Entity) -> Entity:
        self._entities[entity.id] = self._by_key[entity.idempotency_key] = entity
        return entity


def _zeros() -> "Counter[str]":
    return Counter(dict.fromkeys(("created", *Status), 0))


def _shown(entity: Entity, now: float, creations: int) -> dict[str, Any]:
    return {
        "id": entity.id,
        "entity_type": entity.entity_type,
        "idempotency_key": entity.idempotency_key,
        "body": entity.body,
        "creations": creations,
        "status": entity.status(now),
    }
