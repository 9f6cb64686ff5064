"""`/admin/rq/`: the queues and their jobs (rq-dashboard), made safe.

As it comes, it asks nobody who they are, requeues on GET (rq-dashboard#396), has no protection from forged
requests, opens a connection for each request, and shows the errors of jobs as HTML.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from typing import cast, get_args

import rq_dashboard
import structlog
from flask import Flask, Response, request
from markupsafe import escape
from werkzeug.exceptions import MethodNotAllowed

from pingpong.accounts.csrf import without_token
from pingpong.accounts.identity import require_admin
from pingpong.accounts.origins import is_own_origin
from pingpong.errors import Forbidden
from pingpong.eventlog.recording import record
from pingpong.extensions import db
from pingpong.ops.events import Change, JobSet, QueueChanged
from pingpong.queue.queues import QUEUES

log = structlog.get_logger(__name__)

blueprint = copy(rq_dashboard.blueprint)
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Its scripts stand in its pages, and its templates are compiled in the browser."""

STATIC = "rq_dashboard.static"
CHANGES: Mapping[str, Change] = {
    "rq_dashboard.delete_job_view": "job_deleted",
    "rq_dashboard.requeue_job_view": "job_requeued",
    "rq_dashboard.requeue_all": "failed_requeued",
    "rq_dashboard.empty_queue": "emptied",
    "rq_dashboard.compact_queue": "compacted",
}
SHOWN_AS_HTML = {"rq_dashboard.job_info", "rq_dashboard.list_workers"}


def init_rq(app: Flask) -> None:
    """Add the pages. They use the connections that the app has."""
    app.config.from_object(rq_dashboard.default_settings)
    app.config["RQ_DASHBOARD_REDIS_URL"] = ("redis",)  # only shown
    app.redis_conn = app.extensions["redis"]  # type: ignore[attr-defined]
    app.register_blueprint(blueprint, url_prefix="/admin/rq")
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}.") and endpoint != STATIC:
            without_token(forms=True)(view)  # its posts bring none; `_guard` looks at their origin


def _guard() -> None:
    """Raises Unauthorized, Forbidden, MethodNotAllowed."""
    if request.endpoint == STATIC:
        return
    admin = require_admin()
    changes = "POST" in (request.url_rule.methods or ()) if request.url_rule else False
    if changes and request.method != "POST":
        raise MethodNotAllowed(valid_methods=["POST"])
    if changes:
        if not is_own_origin(request.headers.get("Origin")):
            raise Forbidden("This can be done from the pages of the queues only.")
        log.warning("queue_changed", admin_id=str(admin.user.id), path=request.path)


def _record(response: Response) -> Response:
    """Once it is done: Redis has changed, and nothing in Postgres that it could be one with."""
    change = CHANGES.get(request.endpoint or "")
    if change and response.is_json and response.get_json().get("status") == "OK":
        record(_changed(change, request.view_args or {}))
        db.session.commit()
    return response


def _changed(change: Change, given: Mapping[str, str]) -> QueueChanged:
    """Of the address only what names something of ours: the rest is whatever somebody wrote."""
    queue, jobs = given.get("queue_name"), given.get("registry_name")
    return QueueChanged(
        change=change,
        queue=queue if queue in QUEUES else None,
        jobs=cast(JobSet, jobs) if jobs in get_args(JobSet) else None,
        job_id=given.get("job_id"),
    )


def _make_harmless(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    if request.endpoint in SHOWN_AS_HTML and response.is_json:
        response.set_data(json.dumps(_escaped(response.get_json())))
    return response


def _escaped(value: object) -> object:
    """What jobs say of themselves, errors that quote people among it, as text for the pages' HTML."""
    if isinstance(value, dict):
        return {name: _escaped(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_escaped(part) for part in value]
    return str(escape(value)) if isinstance(value, str) else value


# In place of its own, which connects anew by the address of a setting, and knows nothing of ours for TLS.
blueprint.before_request_funcs = defaultdict(list, {None: [_guard]})
blueprint.after_request_funcs = defaultdict(list, {None: [_make_harmless, _record]})
