"""What comes in and goes out: entities, graphs of them, the audit, and how all stands."""

import json
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from pingpong.dsp.examples import (
    EXAMPLE_AUDIT,
    EXAMPLE_ENTITY,
    EXAMPLE_ID,
    EXAMPLE_NODE,
    EXAMPLE_STANDING,
    OTHER_ID,
)
from pingpong.dsp.models import LONGEST_REF, Entity, EntityAudit
from pingpong.dsp.references import MARK, BadReference, names_in
from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.openapi.models import Body, GivenId, Query, UtcTime
from pingpong.settings.types import MOST_DEPENDENCIES, MOST_ENTITIES
from pingpong.text import STORABLE

DEFAULT_LIMIT, MOST = 25, 100
MOST_AT_ONCE = 1_000
REF = r"[A-Za-z0-9][A-Za-z0-9_.:-]*"
NAMED = r"^(@[A-Za-z0-9][A-Za-z0-9_.:-]*|[0-9a-fA-F-]{32,36})$"


def _sound(payload: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Storable, and with references that can be read."""
    text = json.dumps(payload, ensure_ascii=False)
    if "\\u0000" in text.replace("\\\\", ""):
        raise ValueError("must not contain the NUL character")
    if MARK in payload:
        raise ValueError("must be an object, not a reference alone")
    try:
        text.encode()
        names_in(payload)
    except UnicodeEncodeError:
        raise ValueError("must not contain unpaired surrogates") from None
    except BadReference as error:
        raise ValueError(str(error)) from None
    return payload


def _at_most(most: int) -> BeforeValidator:
    """Refuse a list that is too long before anything in it is looked at. The settings may allow less."""

    def check(given: object) -> object:
        if isinstance(given, list) and len(given) > most:
            raise ValueError(f"must be at most {most}")
        return given

    return BeforeValidator(check)


Ref = Annotated[
    str, StringConstraints(pattern=f"^{REF}$", max_length=LONGEST_REF), Field(examples=["campaign-1"])
]
Payload = Annotated[dict[str, JsonValue], AfterValidator(_sound), Field(examples=[{"name": "Autumn"}])]
Named = Annotated[
    str, StringConstraints(pattern=NAMED, max_length=LONGEST_REF + 1), Field(examples=["@campaign-1"])
]
Needs = Annotated[list[Named], _at_most(MOST_DEPENDENCIES)]
EntityType = Annotated[str, Field(max_length=50, examples=["campaign"]), STORABLE]
EntityId = Annotated[UUID, Field(description="An entity's id.", examples=[EXAMPLE_ID])]


class NewEntity(Body):
    """One to be created. It depends on others by their ids, or by `@ref`."""

    entity_type: EntityType
    payload: Payload = Field(default_factory=dict)
    depends_on: Needs = Field(default_factory=list)
    ref: Ref | None = None


class NewEntities(Body):
    """One entity, or a graph of them in `entities`, which is created as a whole or not at all."""

    entities: Annotated[list[NewEntity] | None, _at_most(MOST_ENTITIES)] = Field(None, min_length=1)
    entity_type: EntityType | None = Field(None, examples=["campaign"])
    payload: Payload = Field(default_factory=dict)
    depends_on: Needs = Field(default_factory=list)
    ref: Ref | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.entities is None) == (self.entity_type is None):
            raise ValueError("either entity_type or entities is required")
        return self

    @property
    def all(self) -> list[NewEntity]:
        """What is to be created."""
        if self.entities is not None:
            return self.entities
        return [NewEntity.model_construct(**self.model_dump(exclude={"entities"}))]


class EntityChange(Body):
    """What an entity that is not under way is to be instead; what is left out stays."""

    payload: Payload | None = None
    depends_on: Needs | None = None


class Chosen(Body):
    """Some entities."""

    ids: list[GivenId] = Field(min_length=1, max_length=MOST_AT_ONCE, examples=[[EXAMPLE_ID]])


class EntityQuery(Query):
    """Which entities, newest first."""

    status: EntityStatus | None = None
    entity_type: Annotated[str, STORABLE] = ""
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REF), STORABLE] = Field(
        "", description="A part of the ref, in any case."
    )
    blocked: bool | None = Field(None, description="Only those that something that failed holds up, or not.")
    after: str = Field("", description="The cursor of the page before.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_none(cls, given: Any) -> Any:  # noqa: ANN401 - pydantic's
        return {name: value for name, value in given.items() if value != ""}


class AuditQuery(Query):
    """Which requests of an entity, newest first."""

    after: str = Field("", description="The cursor of the page before.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST)


class EntityShown(BaseModel):
    """An entity, and how it stands."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_ENTITY})

    id: UUID
    ref: str | None
    entity_type: str
    payload: dict[str, JsonValue]
    status: EntityStatus
    failure: Failure | None
    blocked_reason: str | None
    depends_on: list[UUID]
    attempts: int
    polls: int
    last_error: str | None
    remote_id: str | None
    next_attempt_at: UtcTime | None
    owner_id: UUID
    created_at: UtcTime
    updated_at: UtcTime

    @classmethod
    def of(cls, entity: Entity, depends_on: list[UUID]) -> Self:
        """As its owner sees it."""
        fields = {name: getattr(entity, name) for name in cls.model_fields if name != "depends_on"}
        return cls(**fields, depends_on=depends_on)


class GraphShown(BaseModel):
    """Entities that were created together, in the order in which they were given."""

    model_config = ConfigDict(json_schema_extra={"example": {"entities": [EXAMPLE_ENTITY]}})

    entities: list[EntityShown]


class EntityPage(BaseModel):
    """A page of entities."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE_ENTITY], "next": None}})

    items: list[EntityShown]
    next: str | None


class AuditShown(BaseModel):
    """A request that was made, and its answer, without secrets."""

    time: UtcTime
    action: Action
    attempt: int
    method: str
    url: str
    request: str | None
    http_status: int | None
    response: str | None
    duration_ms: int | None
    backoff_secs: float | None
    error: str | None

    @classmethod
    def of(cls, audit: EntityAudit) -> Self:
        """As it is kept."""
        fields = {name: getattr(audit, name) for name in cls.model_fields if name != "time"}
        return cls(**fields, time=audit.at)


class AuditPage(BaseModel):
    """A page of an entity's requests."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE_AUDIT], "next": None}})

    items: list[AuditShown]
    next: str | None


class NodeShown(BaseModel):
    """An entity in the picture of its graph."""

    id: UUID
    ref: str | None
    entity_type: str
    status: EntityStatus
    blocked_reason: str | None


class PictureShown(BaseModel):
    """An entity's graph: what it depends on, what depends on it, and so on. `is_whole` is false if it is cut.

    An edge is a pair of ids: the one that depends, and what it depends on.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"nodes": [EXAMPLE_NODE], "edges": [[EXAMPLE_ID, OTHER_ID]], "is_whole": False}
        }
    )

    nodes: list[NodeShown]
    edges: list[tuple[UUID, UUID]]
    is_whole: bool


class RefusalShown(BaseModel):
    """One with which it could not be done."""

    id: UUID
    message: str


class ManyShown(BaseModel):
    """With which of many it was done."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "done": [EXAMPLE_ID],
                "refused": [{"id": OTHER_ID, "message": "There is no such entity."}],
            }
        }
    )

    done: list[UUID]
    refused: list[RefusalShown]


class CircuitShown(BaseModel):
    """The circuit breaker."""

    status: Literal["closed", "open"]
    next_probe_in_s: float | None


class StandingShown(BaseModel):
    """How the submissions stand: the rate limit, the circuit breaker, and one's own entities by status."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_STANDING})

    is_configured: bool
    limit: int
    window_s: float
    used: int
    stopped_for_s: float
    circuit: CircuitShown
    entities: dict[EntityStatus, int]
    blocked: int
