"""`/admin/`: the models, mostly to be read (Flask-Admin)."""

from typing import Any
from uuid import UUID

import structlog
from flask import Flask, Response, g, redirect, request
from flask_admin import Admin, AdminIndexView
from flask_admin.actions import action
from flask_admin.base import BaseView
from flask_admin.contrib.sqla import ModelView
from flask_admin.contrib.sqla.filters import BooleanEqualFilter, DateTimeBetweenFilter, FilterEqual
from flask_admin.theme import Bootstrap4Theme
from flask_wtf import FlaskForm
from sqlalchemy import Row, inspect, select
from sqlalchemy.orm import defer

from pingpong.accounts.endings import tell_ended
from pingpong.accounts.events import UserLetIn, UserMadeAdmin, UserShutOut, UserUnmadeAdmin
from pingpong.accounts.identity import require_admin
from pingpong.accounts.models import LoginSession, User
from pingpong.errors import Forbidden
from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.recording import record
from pingpong.extensions import db
from pingpong.tasks.failures import TaskFailure
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus

log = structlog.get_logger(__name__)

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Its pages have scripts, styles and handlers inline."""

STATUSES = [(status.value, status.value) for status in TaskStatus]


class ForAdministrators(BaseView):
    """A view that nobody else reaches, whatever its address."""

    def _handle_view(self, name: str, **kwargs: Any) -> None:  # noqa: ANN401 - as Flask-Admin calls it
        require_admin()


class Index(ForAdministrators, AdminIndexView):
    """The first page."""


class ReadOnly(ForAdministrators, ModelView):
    """A table to be looked at: newest first, and never counted, for it may have millions of rows."""

    form_base_class = FlaskForm  # with the token that every form of ours brings
    can_create = can_edit = can_delete = False
    can_view_details = True
    simple_list_pager = True
    page_size = 50
    column_display_pk = True
    named_filter_urls = True

    def get_count_query(self) -> None:
        """No count: it reads all there is."""


class Users(ReadOnly):
    """People. Their passwords are nobody's to see; who is shut out is out at once."""

    can_edit = True
    column_list = ("id", "username", "email", "name", "is_admin", "is_active", "created_at")
    column_details_list = column_list
    column_searchable_list = ("search_text",)
    column_sortable_list = ("id", "email")
    column_default_sort = ("id", True)
    column_filters = (
        BooleanEqualFilter(User.is_admin, "Administrator"),
        BooleanEqualFilter(User.is_active, "Active"),
    )
    form_columns = ("is_admin", "is_active")

    def on_model_change(self, form: FlaskForm, model: User, is_created: bool) -> None:
        """Nobody takes the last key from themselves. Raises Forbidden."""
        if model.id == require_admin().user.id:
            db.session.rollback()
            raise Forbidden("Let another administrator change your own account.")
        record(*_changes(model))
        # What they were let do may have changed.
        g.ended = LoginSession.end_all("admin", of=model.id)

    def after_model_change(self, form: FlaskForm, model: User, is_created: bool) -> None:
        """The person is logged out everywhere."""
        tell_ended(g.ended)
        _note("user_changed", user=str(model.id), is_admin=model.is_admin, is_active=model.is_active)


class Sessions(ReadOnly):
    """Logins, and a way to end them."""

    column_list = ("id", "user.username", "created_at", "expires_at", "ended_at")
    column_details_list = column_list
    column_sortable_list = ("id",)
    column_default_sort = ("id", True)
    column_searchable_list = ("user.search_text",)

    @action("end", "End", "End these sessions?")  # type: ignore[untyped-decorator]
    def end(self, ids: list[str]) -> Response:
        """Log out."""
        for session_id in ids:
            tell_ended(LoginSession.end(UUID(session_id), "admin"))
        _note("sessions_ended", sessions=len(ids))
        return redirect(request.referrer or self.get_url(".index_view"))  # type: ignore[return-value]


class Tasks(ReadOnly):
    """Work of all kinds and people."""

    column_list = ("id", "kind", "status", "progress", "attempts", "owner_id", "submitted_at", "duration_ms")
    column_details_list = (
        *("id", "kind", "status", "progress", "attempts", "attempts_forgiven", "owner_id"),
        *("submitted_at", "started_at", "finished_at", "announced_at", "due_at", "duration_ms"),
        *("params", "result", "error"),
    )
    column_searchable_list = ("search_text",)
    column_sortable_list = ("submitted_at",)
    column_default_sort = [("submitted_at", True), ("id", True)]
    column_filters = (
        FilterEqual(Task.status, "Status", options=STATUSES),
        FilterEqual(Task.kind, "Kind"),
        FilterEqual(Task.owner_id, "Owner"),
        DateTimeBetweenFilter(Task.submitted_at, "Sent"),
    )

    def get_query(self) -> Any:  # noqa: ANN401 - a query
        """The rows, without what a list does not show: results may have a megabyte."""
        return super().get_query().options(defer(Task.params), defer(Task.result), defer(Task.error))


class Failures(ReadOnly):
    """Attempts that failed, with their stacks."""

    column_list = ("task_id", "attempt", "failed_at", "error")
    column_details_list = ("task_id", "attempt", "failed_at", "error", "trace")
    column_filters = (FilterEqual(TaskFailure.task_id, "Task"),)
    column_sortable_list = ()
    column_default_sort = [("task_id", True), ("attempt", True)]


def init_models(app: Flask) -> None:
    """Add the pages below `/admin/`."""
    admin = Admin(
        app,
        name="Pingpong",
        index_view=Index(name="Home", template="ops/admin.html", url="/admin"),
        theme=Bootstrap4Theme(fluid=True),
    )
    admin.add_view(Users(User, db, name="People", endpoint="admin_users"))
    admin.add_view(Sessions(LoginSession, db, name="Sessions", endpoint="admin_sessions"))
    admin.add_view(Tasks(Task, db, name="Tasks", endpoint="admin_tasks"))
    admin.add_view(Failures(TaskFailure, db, name="Failed attempts", endpoint="admin_failures"))
    app.after_request(_let_admin_run)


def _let_admin_run(response: Response) -> Response:
    if (request.blueprint or "").startswith("admin"):
        response.headers["Content-Security-Policy"] = POLICY
    return response


def _changes(user: User) -> list[EventContext]:
    """What the form changes, and nobody else has meanwhile; nothing of it is written yet."""
    changes: list[EventContext] = []
    before = _locked(user.id)
    if _is_changed(user, "is_admin", before.is_admin):
        changes.append((UserMadeAdmin if user.is_admin else UserUnmadeAdmin)(user_id=user.id))
    if _is_changed(user, "is_active", before.is_active):
        changes.append((UserLetIn if user.is_active else UserShutOut)(user_id=user.id))
    return changes


def _locked(user_id: UUID) -> Row[bool, bool]:
    """What is stored now, until this transaction ends."""
    stored = select(User.is_admin, User.is_active).where(User.id == user_id)
    with db.session.no_autoflush:
        return db.session.execute(stored.with_for_update(key_share=True)).one()


def _is_changed(user: User, name: str, before: bool) -> bool:
    return inspect(user).attrs[name].history.has_changes() and getattr(user, name) is not before


def _note(event: str, **facts: object) -> None:
    log.warning(event, admin_id=str(require_admin().user.id), **facts)
