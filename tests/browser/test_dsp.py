"""The pages of submissions in a browser: they follow the news, and take nothing from the reader's hands."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chatting import Chatter, Company, look_away, look_back
from tests.browser.submitting import act, entity, names, note, put, row, submit


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company) -> Chatter:
    return company.join("Ada Lovelace")


def opened(person: Chatter) -> Page:
    """The list, after it was read anew: that happens once, soon after it hears the news."""
    with person.page.expect_response(
        lambda response: response.request.resource_type == "fetch" and response.url.endswith("/dsp/")
    ):
        return person.go("/dsp/")


def readings(page: Page) -> list[str]:
    """Collects how often the page was read anew, from now on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if request.resource_type == "fetch" else None)
    return seen


def test_the_list_follows_what_happens_elsewhere(ada):
    page = ada.go("/dsp/")
    expect(page.get_by_text("Nothing has been submitted yet")).to_be_visible()

    ids = submit(ada, entity("first"), entity("second", "first"))
    expect(names(page)).to_have_text(["second", "first"])
    expect(row(page, "second").locator(".dsp-state")).to_have_text("waiting")
    act(ada, "cancel", ids["first"])

    expect(row(page, "first").locator(".dsp-state")).to_have_text("cancelled")
    expect(row(page, "second").locator(".dsp-state")).to_have_text("failed")
    expect(page.get_by_role("link", name="cancelled 1")).to_be_visible()


@pytest.mark.usefixtures("old_news")
def test_nobody_hears_of_what_others_submit(ada, company):
    grace = company.join("Grace Hopper")
    page = opened(grace)
    seen = readings(page)

    submit(ada, entity("hers"))
    page.wait_for_timeout(1_500)

    assert seen == []


def test_administrators_follow_everybodys(ada, company, stack):
    grace = company.join("Grace Hopper")
    with stack.postgres() as postgres:
        postgres.execute("UPDATE users SET is_admin = true WHERE id = %s", [grace.id])
    page = grace.go("/dsp/?q=for-all-to-see")

    submit(ada, entity("for-all-to-see"))

    expect(names(page)).to_have_text(["for-all-to-see"])
    expect(row(page, "for-all-to-see")).to_contain_text("Ada Lovelace")


def test_what_the_reader_is_at_stays_as_it_is(ada):
    ids = submit(ada, entity("first"), entity("second"), entity("third"))
    page = ada.go("/dsp/")
    row(page, "second").get_by_role("checkbox").check()
    row(page, "third").get_by_role("checkbox").focus()
    page.get_by_label("Search").fill("half a wo")
    row(page, "third").get_by_role("checkbox").focus()

    act(ada, "cancel", ids["first"])
    submit(ada, entity("fourth"))
    expect(names(page)).to_have_text(["fourth", "third", "second", "first"])
    expect(row(page, "first").locator(".dsp-state")).to_have_text("cancelled")

    expect(row(page, "second").get_by_role("checkbox")).to_be_checked()
    expect(row(page, "third").get_by_role("checkbox")).to_be_focused()
    expect(page.get_by_label("Search")).to_have_value("half a wo")
    expect(page.locator("#chosen-count")).to_have_text("1 chosen")


def test_a_request_that_is_open_stays_open_and_the_page_where_it_was(ada, stack):
    (id_,) = submit(ada, entity("one")).values()
    for number in range(20):
        note(stack, id_, 100 - number, attempt=number)
    page = ada.go(f"/dsp/{id_}/")
    page.locator(".dsp-request summary").nth(15).click()
    top = "document.querySelectorAll('.dsp-request details[open]')[0].getBoundingClientRect().top"
    before = page.evaluate(top)

    note(stack, id_, 1, attempt=77, error="HTTP 500")
    act(ada, "cancel", id_)
    expect(page.locator(".dsp-request").first).to_contain_text("attempt 77")
    expect(page.locator("h1 + .task-state")).to_have_text("cancelled")

    assert page.locator(".dsp-request details[open]").count() == 1
    assert abs(page.evaluate(top) - before) < 2


def test_the_graph_follows_what_happens_to_others_in_it(ada):
    ids = submit(ada, entity("parent"), entity("child", "parent"))
    page = ada.go(f"/dsp/{ids['child']}/")
    box = page.get_by_role("link", name="parent, campaign, pending")
    box.focus()

    act(ada, "cancel", ids["parent"])

    expect(page.get_by_role("link", name="parent, campaign, cancelled")).to_be_focused()


def test_a_box_leads_to_its_entity(ada):
    ids = submit(ada, entity("parent"), entity("child", "parent"))
    page = ada.go(f"/dsp/{ids['child']}/")

    page.get_by_role("link", name="parent, campaign, pending").press("Enter")

    expect(page).to_have_url(re.compile(f"/dsp/{ids['parent']}/$"))


@pytest.mark.usefixtures("old_news")
def test_while_nobody_looks_nothing_is_read_but_once_when_one_is_back(ada):
    (id_,) = submit(ada, entity("one")).values()
    page = opened(ada)
    look_away(page)
    seen = readings(page)

    act(ada, "cancel", id_)
    act(ada, "retry", id_)
    act(ada, "cancel", id_)
    page.wait_for_timeout(1_500)
    assert seen == []
    look_back(page)

    expect(row(page, "one").locator(".dsp-state")).to_have_text("cancelled")
    page.wait_for_timeout(1_500)
    assert len(seen) == 1


@pytest.mark.usefixtures("old_news")
def test_however_much_happens_the_page_is_read_once_a_second(ada):
    page = opened(ada)
    seen = readings(page)
    begun_at_s = time.monotonic()

    for number in range(15):
        submit(ada, entity(f"one-{number}"))
    expect(names(page)).to_have_count(15)
    page.wait_for_timeout(1_500)

    assert len(seen) <= 2 + time.monotonic() - begun_at_s


def test_what_was_missed_is_read_without_any_news(ada, stack, open_context):
    submit(ada, entity("untold"))
    page = ada.page
    page.clock.install()
    ada.go("/dsp/")
    put(stack, "untold", "completed")

    page.clock.run_for(31_000)

    expect(row(page, "untold").locator(".dsp-state")).to_have_text("completed")


def test_the_gauge_counts_down_by_itself(ada, stack):
    (id_,) = submit(ada, entity("one")).values()
    page = ada.page
    page.clock.install()
    note(stack, id_, 1)
    note(stack, id_, 1)
    note(stack, id_, 40)
    ada.go("/dsp/")
    page.route("**/dsp/", lambda route: route.abort())
    used, meter = page.locator("[data-field=used]"), page.get_by_role("meter")
    before = int(used.inner_text())

    page.clock.run_for(22_000)
    assert int(used.inner_text()) <= before - 1
    page.clock.run_for(60_000)

    expect(used).to_have_text("0")
    expect(meter).to_have_js_property("value", 0)
