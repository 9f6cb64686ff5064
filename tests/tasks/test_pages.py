"""The pages of tasks, without JavaScript."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from pingpong.extensions import db
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus
from pingpong.text import PlainText
from tests.people import SomeOne, some_one

PAGE = {"Accept": "text/html"}


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app)


@pytest.fixture
def odd_jobs(kinds):
    """A kind with a parameter of each type."""

    @kinds.task()
    def odd_job(  # noqa: PLR0917
        ctx,
        text: PlainText,
        count: Annotated[int, Field(ge=1, le=9)] = 3,
        share: Annotated[float, Field(ge=0, le=1)] = 0.5,
        colour: Literal["red", "green"] = "green",
        short: Annotated[str, Field(max_length=20)] = "",
        is_loud: bool = False,
    ) -> dict:
        """Do something odd."""
        return {"text": text * count, "colour": colour, "is_loud": is_loud}

    return kinds


def submit(person: SomeOne, kind: str = "odd_job", **fields: str):
    data = {"csrf_token": person.csrf_token, **fields}
    return person.browser.post(f"/tasks/{kind}/", data=data, headers=PAGE)


def page(person: SomeOne, path: str) -> str:
    response = person.browser.get(path, headers=PAGE)
    assert response.status_code == 200
    return response.text


def test_each_kind_has_a_form_made_from_its_parameters(odd_jobs, ada):
    html = page(ada, "/tasks/")

    assert "Do something odd." in html
    assert 'type="number" value="3" id="odd_job-count" name="count" min="1" max="9"' in html
    assert 'type="number" value="0.5" id="odd_job-share" name="share" min="0" max="1" step="any"' in html
    assert '<textarea class="form-control" rows="3" dir="auto" id="odd_job-text" name="text" required' in html
    assert "<option>red</option><option selected>green</option>" in html
    assert 'type="text" value="" id="odd_job-short"' in html
    assert 'type="checkbox" value="true" id="odd_job-is_loud"' in html


def test_a_form_that_is_filled_in_becomes_a_task_with_a_page(odd_jobs, ada, work):
    response = submit(ada, text="hi", count="2", share="0.25", colour="red", is_loud="true")

    assert response.status_code == 303
    assert "queued" in page(ada, response.location)
    work()
    html = page(ada, response.location)
    assert "&#34;text&#34;: &#34;hihi&#34;" in html
    assert "&#34;is_loud&#34;: true" in html


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(odd_jobs, ada):
    response = submit(ada, text="hi", count="12")

    assert response.status_code == 422
    assert "must be less than or equal to 9" in response.text
    assert '<details class="kind" name="kinds" open>' in response.text
    assert 'value="12"' in response.text
    assert Task.query.count() == 0


def test_a_form_without_its_token_is_refused(odd_jobs, ada):
    assert ada.browser.post("/tasks/odd_job/", data={"text": "hi"}, headers=PAGE).status_code == 403


def test_the_page_is_for_people_only(client):
    response = client.get("/tasks/", headers=PAGE)

    assert (response.status_code, response.location) == (303, "/login/?next=/tasks/")


def test_ones_own_tasks_are_listed_with_links_to_their_pages(app, odd_jobs, ada):
    location = submit(ada, text="find me").location
    submit(some_one(app), text="not me")

    html = page(ada, "/tasks/")

    assert f'href="{location}"' in html
    assert "find me" in html
    assert "not me" not in html
    assert "Nothing matches." in page(ada, "/tasks/?q=nothing")


@pytest.mark.parametrize("verb", ["", "cancel/", "retry/"])
def test_anothers_task_has_no_page(app, odd_jobs, ada, verb):
    eve = some_one(app)
    path = submit(ada, text="secret").location + verb

    if verb:
        response = eve.browser.post(path, data={"csrf_token": eve.csrf_token}, headers=PAGE)
    else:
        response = eve.browser.get(path, headers=PAGE)

    assert response.status_code == 404
    assert "secret" not in response.text


def test_a_task_is_called_off_and_tried_again_by_buttons(odd_jobs, ada, work):
    path = submit(ada, text="hi").location
    token = {"csrf_token": ada.csrf_token}

    assert ada.browser.post(f"{path}cancel/", data=token, headers=PAGE).location == path
    assert "Try again" in page(ada, path)
    assert ada.browser.post(f"{path}retry/", data=token, headers=PAGE).location == path
    work()
    assert "Answer" in page(ada, path)


def test_calling_off_what_has_just_ended_shows_how(odd_jobs, ada, work):
    path = submit(ada, text="hi").location
    work()

    response = ada.browser.post(f"{path}cancel/", data={"csrf_token": ada.csrf_token}, headers=PAGE)

    assert (response.status_code, response.location) == (303, path)


def test_failed_attempts_are_told_to_owners_and_their_stacks_to_administrators(app, kinds, ada, work):
    @kinds.task()
    def broken(ctx) -> None:
        """Break."""
        raise RuntimeError("no luck")

    path = submit(ada, "broken").location
    work()

    assert "RuntimeError: no luck" in page(ada, path)
    assert "Traceback" not in page(ada, path)
    assert "Traceback" in page(some_one(app, is_admin=True), path)


def test_a_long_answer_is_cut_and_the_whole_is_a_link_away(odd_jobs, ada, work):
    path = submit(ada, text="x" * 9_000, count="9").location
    work()

    html = page(ada, path)

    assert len(html) < 60_000
    assert f"/api/tasks/results/{path.split('/')[2]}/" in html


def test_text_is_shown_as_text(kinds, ada, work):
    @kinds.task()
    def quote(ctx, text: PlainText) -> str:
        """Give it back."""
        return text

    path = submit(ada, "quote", text="<script>alert(1)</script>").location
    work()

    assert "<script>alert" not in page(ada, path)
    assert "<script>alert" not in page(ada, "/tasks/")


def test_while_it_waits_a_page_without_scripts_comes_again(odd_jobs, ada, work):
    path = submit(ada, text="hi").location

    assert 'http-equiv="refresh"' in page(ada, path)
    work()
    assert 'http-equiv="refresh"' not in page(ada, path)
    assert db.session.scalars(db.select(Task.status)).all() == [TaskStatus.DONE]
