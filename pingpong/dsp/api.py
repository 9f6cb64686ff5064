"""The JSON routes of submissions: `/api/dsp/…`."""

from http import HTTPStatus

from flask import Blueprint

from pingpong.accounts.identity import login_required, require
from pingpong.dsp import changing, control, reading
from pingpong.dsp.creating import create
from pingpong.dsp.models import Entity
from pingpong.dsp.picture import picture_of
from pingpong.dsp.schemas import (
    AuditPage,
    AuditQuery,
    Chosen,
    EntityChange,
    EntityId,
    EntityPage,
    EntityQuery,
    EntityShown,
    GraphShown,
    ManyShown,
    NewEntities,
    PictureShown,
    StandingShown,
)
from pingpong.http import takes_up_to
from pingpong.openapi.access import Access
from pingpong.openapi.operation import Answer, Tag, operation

blueprint = Blueprint("dsp", __name__, url_prefix="/api/dsp")

DSP = Tag("Submissions", "Entities that are sent to a third party, within its rate limit and in their order.")
ENTITY = "/entities/<uuid:entity_id>/"


@blueprint.post("/entities/")
@takes_up_to("dsp_max_upload_bytes")
@login_required
@operation(
    DSP,
    answers={201: Answer("The entity; or of a graph all entities, as `entities`.", EntityShown)},
    errors=[413],
    access=Access.ACCOUNT,
)
def submit(body: NewEntities) -> tuple[EntityShown | GraphShown, int]:
    """Create an entity, or a graph of them at once, all or nothing."""
    as_graph = body.entities is not None
    ids = create(require().user, body.all, as_graph=as_graph)
    shown = reading.show_many(ids)
    return GraphShown(entities=shown) if as_graph else shown[0], HTTPStatus.CREATED


@blueprint.get("/entities/")
@operation(DSP, answers={200: EntityPage}, access=Access.ACCOUNT)
def entities(query: EntityQuery) -> EntityPage:
    """List one's own entities, newest first; administrators see everybody's."""
    return reading.page_of(query, require().user)


@blueprint.get(ENTITY)
@operation(DSP, answers={200: EntityShown}, errors=[404], access=Access.ACCOUNT)
def entity(entity_id: EntityId) -> EntityShown:
    """Read an entity."""
    return reading.show(Entity.find(entity_id, require().user))


@blueprint.patch(ENTITY)
@login_required
@operation(DSP, answers={200: EntityShown}, errors=[404, 409], access=Access.ACCOUNT)
def change(entity_id: EntityId, body: EntityChange) -> EntityShown:
    """Give an entity another payload or other dependencies, unless it is on its way or there already."""
    changed = changing.change(entity_id, require().user, body.payload, body.depends_on)
    return reading.show(changed)


@blueprint.get(f"{ENTITY}audit/")
@operation(DSP, answers={200: AuditPage}, errors=[404], access=Access.ACCOUNT)
def audit(entity_id: EntityId, query: AuditQuery) -> AuditPage:
    """List every request that was made for an entity, and its answer; newest first."""
    Entity.find(entity_id, require().user)
    return reading.audit_of(entity_id, query)


@blueprint.get(f"{ENTITY}graph/")
@operation(DSP, answers={200: PictureShown}, errors=[404], access=Access.ACCOUNT)
def graph(entity_id: EntityId) -> PictureShown:
    """Read what an entity depends on and what depends on it, however far."""
    return picture_of(Entity.find(entity_id, require().user))


@blueprint.post(f"{ENTITY}retry/")
@operation(DSP, answers={200: EntityShown}, errors=[404, 409], access=Access.ACCOUNT)
def retry(entity_id: EntityId) -> EntityShown:
    """Have an entity tried again that failed or was cancelled; what waits for it goes on, too."""
    return reading.show(control.retry(entity_id, require().user))


@blueprint.post(f"{ENTITY}cancel/")
@operation(DSP, answers={200: EntityShown}, errors=[404, 409], access=Access.ACCOUNT)
def cancel(entity_id: EntityId) -> EntityShown:
    """Call an entity off; what waits for it fails."""
    return reading.show(control.cancel(entity_id, require().user))


@blueprint.post("/entities/retry/")
@login_required
@operation(DSP, answers={200: ManyShown}, access=Access.ACCOUNT)
def retry_many(body: Chosen) -> ManyShown:
    """Have many tried again; says with which it could not be done, and why."""
    return _with_each(control.retry, body)


@blueprint.post("/entities/cancel/")
@login_required
@operation(DSP, answers={200: ManyShown}, access=Access.ACCOUNT)
def cancel_many(body: Chosen) -> ManyShown:
    """Call many off; says with which it could not be done, and why."""
    return _with_each(control.cancel, body)


@blueprint.get("/standing/")
@operation(DSP, answers={200: StandingShown}, access=Access.ACCOUNT)
def standing() -> StandingShown:
    """Tell how the submissions stand: the rate limit, the circuit breaker, and one's own by status."""
    return reading.standing(require().user)


def _with_each(verb: control.Verb, body: Chosen) -> ManyShown:
    done, refused = control.each(verb, body.ids, require().user)
    return ManyShown.model_validate({"done": done, "refused": refused}, from_attributes=True)
