"""The pages of administrators: theirs only, and harmless."""

import re
import uuid
from functools import partial

import pytest
from rq import Queue
from sqlalchemy import event

from pingpong.accounts.models import LoginSession, User
from pingpong.extensions import db
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.models import Task
from tests.chat.talk import at_once
from tests.people import some_one
from tests.recorded import no_event_can_be_written, recording, rows_of

PAGE = {"Accept": "text/html"}
ID = str(uuid.uuid4())
VALUES = {"instance_number": 0, "queue_name": "io", "registry_name": "failed", "job_id": "job", "action": "x"}


def addresses(app, *, method: str = "GET") -> list[str]:
    """Every address below /admin/ but static files."""
    found = []
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            is_admin = rule.rule.startswith("/admin/") and not rule.endpoint.endswith("static")
            if is_admin and method in rule.methods:
                values = {name: VALUES.get(name, 1) for name in rule.arguments}
                found.append(adapter.build(rule.endpoint, values, force_external=False, method=method))
    return sorted(set(found))


@pytest.fixture
def root(app):
    return some_one(app, is_admin=True, username="root")


@pytest.fixture
def ada(app):
    return some_one(app, username="ada")


def test_nobody_else_gets_in_anywhere(app, client, ada):
    paths = addresses(app)

    assert len(paths) > 25
    for path in paths:
        asked = client.get(path, headers=PAGE)
        assert (asked.status_code, asked.location.startswith("/login/?next=/admin/")) == (303, True), path
        assert ada.browser.get(path, headers=PAGE).status_code == 403, path
        assert client.get(path).status_code == 401, path


def test_nobody_else_changes_anything(app, client, ada):
    for path in addresses(app, method="POST"):
        assert client.post(path).status_code == 401, path
        posted = ada.browser.post(path, headers={**ada.csrf, "Origin": "http://localhost"})
        assert posted.status_code == 403, path


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/admin_users/",
        "/admin/admin_sessions/",
        "/admin/admin_tasks/",
        "/admin/admin_failures/",
        "/admin/rq/",
        "/admin/rq/0/view/workers",
        "/admin/rq/0/view/jobs",
        "/admin/rq/0/data/queues.json",
    ],
)
def test_administrators_get_in(root, path):
    response = root.browser.get(path, headers=PAGE)

    assert response.status_code == 200
    assert "argon2" not in response.text
    assert not re.search(r'(src|<link[^>]*href)="(https?:)?//', response.text)


def test_people_are_found_and_their_passwords_are_not_shown(root, ada):
    found = root.browser.get("/admin/admin_users/?search=ADA", headers=PAGE).text
    details = root.browser.get(f"/admin/admin_users/details/?id={ada.id}", headers=PAGE).text
    form = root.browser.get(f"/admin/admin_users/edit/?id={ada.id}", headers=PAGE).text

    assert ada.email in found
    for page in (found, details, form):
        assert "argon2" not in page
        assert "password_hash" not in page


def edit(root, person_id, **fields: str):
    path = f"/admin/admin_users/edit/?id={person_id}"
    return root.browser.post(path, data={"csrf_token": root.csrf_token, **fields}, headers=PAGE)


def test_who_is_shut_out_is_out_at_once_and_it_is_noted(root, ada, capsys):
    assert edit(root, ada.id).status_code == 302

    assert db.session.get(User, ada.id).is_active is False
    assert ada.browser.get("/api/users/profile/").status_code == 401
    noted = capsys.readouterr().out
    assert "user_changed" in noted
    assert str(root.id) in noted


def test_a_form_without_its_token_changes_nothing(root, ada):
    response = root.browser.post(f"/admin/admin_users/edit/?id={ada.id}", data={}, headers=PAGE)

    assert response.status_code == 403
    assert db.session.get(User, ada.id).is_active


def test_nobody_locks_themselves_out(root):
    edit(root, root.id)

    db.session.expire_all()
    assert db.session.get(User, root.id).is_admin


@pytest.mark.parametrize("view", ["admin_users", "admin_tasks", "admin_sessions", "admin_failures"])
def test_nothing_is_made_or_deleted_here(root, view):
    token = {"csrf_token": root.csrf_token}

    assert root.browser.post(f"/admin/{view}/new/", data=token).status_code in {302, 404, 405}
    assert root.browser.post(f"/admin/{view}/delete/", data={**token, "id": ID}).status_code in {
        302,
        404,
        405,
    }
    assert User.query.count() == 1


def test_sessions_are_ended(root, ada):
    session = db.session.scalars(db.select(LoginSession).where(LoginSession.user_id == ada.id)).one()

    form = {"csrf_token": root.csrf_token, "action": "end", "rowid": str(session.id)}
    response = root.browser.post("/admin/admin_sessions/action/", data=form, headers=PAGE)

    assert response.status_code == 302
    assert ada.browser.get("/api/users/profile/").status_code == 401


def test_tasks_are_found_and_shown_with_what_came_of_them(root, work):
    task, _ = Task.submit("ping", {"text": "needle"})
    dispatch(task)
    work()

    found = root.browser.get("/admin/admin_tasks/?search=NEEDLE", headers=PAGE).text
    assert str(task.id) in found
    assert "pong needle" not in found
    assert "pong needle" in root.browser.get(f"/admin/admin_tasks/details/?id={task.id}", headers=PAGE).text


def test_a_list_counts_nothing_and_loads_no_results(app, root):
    Task.submit("ping", {"text": "hello"})
    statements = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement.lower())

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        root.browser.get("/admin/admin_tasks/", headers=PAGE)
        event.remove(db.engine, "before_cursor_execute", note)

    about_tasks = [statement for statement in statements if "from tasks" in statement]
    assert about_tasks
    assert not [statement for statement in about_tasks if "count(" in statement]
    assert not [statement for statement in about_tasks if "tasks.result" in statement]
    assert not [statement for statement in about_tasks if "search_text" in statement.partition("from")[0]]


def test_queues_are_changed_by_posts_of_our_own_pages_only(root, redis, failed_job, capsys):
    path = "/admin/rq/requeue/io"

    assert root.browser.get(path).status_code == 405
    assert root.browser.post(path).status_code == 403
    assert root.browser.post(path, headers={"Origin": "http://evil.example"}).status_code == 403
    assert Queue("io", connection=redis).job_ids == []

    assert root.browser.post(path, headers={"Origin": "http://localhost"}).status_code == 200
    assert Queue("io", connection=redis).job_ids == [failed_job.id]
    noted = capsys.readouterr().out
    assert "queue_changed" in noted
    assert path in noted
    assert str(root.id) in noted


def test_every_address_that_changes_queues_refuses_a_get(app, root):
    for path in addresses(app, method="POST"):
        if path.startswith("/admin/rq/"):
            assert root.browser.get(path).status_code == 405, path


def test_what_jobs_say_is_not_taken_for_html(root, failed_job):
    told = root.browser.get(f"/admin/rq/0/data/job/{failed_job.id}.json").text

    assert "<img" not in told


def test_what_an_administrator_changes_of_people_is_recorded(root, ada):
    with recording() as events:
        edit(root, ada.id, is_admin="y")

    made, shut_out, ended = events
    assert (made.event_type, shut_out.event_type) == ("user.made_admin", "user.shut_out")
    assert made.context == shut_out.context == {"user_id": str(ada.id)}
    assert (ended.event_type, ended.context["reason"]) == ("session.ended", "admin")
    assert {one.actor_id for one in events} == {root.id}


def test_of_two_who_change_the_same_at_once_one_is_recorded(app, root, ada):
    other = some_one(app, is_admin=True)
    with recording() as events:
        at_once(*(partial(edit, one, ada.id) for one in (root, other)), app=app)

    assert sorted(one.event_type for one in events) == ["session.ended", "user.shut_out"]


def test_a_change_of_a_person_that_cannot_be_recorded_is_not_made(root, ada):
    before = rows_of("users", "login_sessions")
    with no_event_can_be_written():
        edit(root, ada.id, is_admin="y")

    assert rows_of("users", "login_sessions") == before


def test_a_form_that_changes_nobody_only_ends_their_sessions(root, ada):
    with recording() as events:
        edit(root, ada.id, is_active="y")

    assert [one.event_type for one in events] == ["session.ended"]


def test_who_is_let_in_again_is_recorded(root, ada):
    edit(root, ada.id, is_admin="y")
    with recording() as events:
        edit(root, ada.id, is_active="y")

    assert [one.event_type for one in events] == ["user.unmade_admin", "user.let_in"]


def test_what_nobody_may_do_to_themselves_is_not_recorded(root):
    with recording() as events:
        edit(root, root.id)

    assert events == []
