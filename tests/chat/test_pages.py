"""The pages of chat as the server renders them: to read and to send without JavaScript."""

import re
import uuid

import pytest

from pingpong.accounts.models import User
from pingpong.chat import changing, membership, reading
from pingpong.chat.models import LONGEST_TEXT
from pingpong.chat.posting import post
from tests.conftest import changed
from tests.people import SomeOne, some_one

PAGE = {"Accept": "text/html"}


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app, name="Ada Lovelace", username="ada")


@pytest.fixture
def grace(app) -> SomeOne:
    return some_one(app, name="Grace Hopper", username="grace")


@pytest.fixture
def alan(app) -> SomeOne:
    return some_one(app, name="Alan Turing", username="alan")


def between(one: SomeOne, *others: SomeOne, name: str | None = None) -> str:
    conversation, _ = membership.begin(user_of(one), [other.id for other in others], name)
    return str(conversation.id)


def user_of(person: SomeOne):
    return User.find_by_name(person.username)


def say(person: SomeOne, conversation: str, *texts: str) -> None:
    for text in texts:
        post(uuid.UUID(conversation), person.id, text)


def read(person: SomeOne, path: str):
    return person.browser.get(path, headers=PAGE)


def send(somebody: SomeOne, path: str, /, **fields):
    data = {"csrf_token": somebody.csrf_token, **fields}
    return somebody.browser.post(path, data=data, headers=PAGE)


def texts_in(html: str) -> list[str]:
    return re.findall(r'class="message-text"[^>]*>([^<]+)<', html)


def lines_in(html: str) -> list[str]:
    return re.findall(r'data-field="title">([^<]+)</span>', html)


@pytest.mark.parametrize("path", ["/chat/", "/chat/new/", f"/chat/{uuid.UUID(int=1)}/"])
def test_who_is_not_logged_in_is_asked_to(client, path):
    response = client.get(path, headers=PAGE)

    assert response.status_code == 303
    assert response.location.startswith("/login/?next=/chat/")


@pytest.mark.parametrize("rest", ["", "members/"])
def test_whoever_takes_no_part_finds_nothing(ada, grace, alan, rest):
    conversation = between(ada, grace)

    assert read(alan, f"/chat/{conversation}/{rest}").status_code == 404
    assert send(alan, f"/chat/{conversation}/", message="let me in").status_code == 404
    assert texts_in(read(ada, f"/chat/{conversation}/").text) == []


def test_the_list_has_the_newest_first_with_the_last_message_and_what_is_unread(ada, grace, alan):
    with_grace, with_alan = between(ada, grace), between(ada, alan)
    say(alan, with_alan, "first")
    say(grace, with_grace, "second", "third")

    page = read(ada, "/chat/").text

    assert lines_in(page) == ["Grace Hopper", "Alan Turing"]
    assert re.findall(r'data-field="preview">([^<]+)<', page) == ["third", "first"]
    assert re.findall(r'data-field="count">([^<]*)<', page) == ["2", "1", ""]
    assert "<title>(3) Chat · Pingpong</title>" in page


def test_a_conversation_is_read_as_it_was_said_with_a_line_above_what_is_unread(ada, grace):
    conversation = between(ada, grace)
    say(ada, conversation, "question")
    say(grace, conversation, "answer", "afterthought")

    page = read(ada, f"/chat/{conversation}/").text

    assert texts_in(page) == ["question", "answer", "afterthought"]
    assert "<title>(2) Grace Hopper · Chat · Pingpong</title>" in page
    [line] = [part for part in page.split("<li ") if 'class="unread-line">' in part]
    assert "answer" in line


def test_to_look_is_not_to_have_read_but_to_say_so_is(ada, grace):
    conversation = between(ada, grace)
    say(grace, conversation, "unread")
    page = read(ada, f"/chat/{conversation}/").text
    assert reading.conversation_of(uuid.UUID(conversation), ada.id).unread_count == 1

    newest = re.search(r'name="message_id" value="([^"]+)"', page)[1]
    response = send(ada, f"/chat/{conversation}/read/", message_id=newest)

    assert response.location == f"/chat/{conversation}/"
    assert reading.conversation_of(uuid.UUID(conversation), ada.id).unread_count == 0


def test_a_message_is_sent_by_the_form_and_only_once(ada, grace):
    conversation = between(ada, grace)
    client_id = re.search(r'name="client_id" value="([^"]+)"', read(ada, f"/chat/{conversation}/").text)[1]

    for _ in range(2):
        fields = {"message": "two\r\nlines", "client_id": client_id}
        response = send(ada, f"/chat/{conversation}/", **fields)

    assert (response.status_code, response.location) == (303, f"/chat/{conversation}/")
    assert texts_in(read(grace, f"/chat/{conversation}/").text) == ["two\nlines"]


@pytest.mark.parametrize("message", [" ", "x" * (LONGEST_TEXT + 1)])
def test_a_message_that_is_refused_comes_back_with_the_reason(ada, grace, message):
    conversation = between(ada, grace)

    response = send(ada, f"/chat/{conversation}/", message=message)

    assert response.status_code == 422
    assert "It must" in response.text
    assert message in response.text


def test_a_form_without_its_token_is_refused(ada, grace):
    conversation = between(ada, grace)

    for path in ("", "read/", "members/name/", "members/add/", f"members/{ada.id}/remove/"):
        response = ada.browser.post(f"/chat/{conversation}/{path}", data={"message": "x"}, headers=PAGE)
        assert response.status_code == 403, path
    assert ada.browser.post("/chat/new/", data={"person": str(grace.id)}, headers=PAGE).status_code == 403
    assert texts_in(read(ada, f"/chat/{conversation}/").text) == []


def test_sending_without_end_is_too_much(app, ada, grace):
    conversation = between(ada, grace)

    with changed(app, user_rate_limit="1/minute"):
        codes = [send(ada, f"/chat/{conversation}/", message="again").status_code for _ in range(2)]

    assert codes == [303, 429]


def test_older_messages_are_a_link_away(ada, grace):
    conversation = between(ada, grace)
    say(ada, conversation, *(f"message {number}" for number in range(60)))
    newest = read(ada, f"/chat/{conversation}/").text

    older = read(ada, re.search(r'href="([^"]+\?before=[^"]+)"', newest)[1]).text

    assert texts_in(newest) == [f"message {number}" for number in range(10, 60)]
    assert texts_in(older) == [f"message {number}" for number in range(10)]


def test_a_message_that_was_deleted_is_a_gap_with_a_word(ada, grace):
    conversation = between(ada, grace)
    say(ada, conversation, "regret")
    [message] = reading.messages_of(uuid.UUID(conversation), ada.id).items

    changing.delete(uuid.UUID(conversation), message.id, user_of(ada))

    page = read(grace, f"/chat/{conversation}/").text
    assert "regret" not in page
    assert "data-deleted" in page


def test_markup_is_shown_as_text_everywhere(ada, grace):
    evil = "</script><script>alert('x')</script>'\"&"
    conversation = between(ada, grace, name=evil[:100])
    say(grace, conversation, evil)

    for path in ("/chat/", f"/chat/{conversation}/", f"/chat/{conversation}/members/"):
        page = read(ada, path).text
        assert "<script>alert" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')


def test_people_are_searched_for_and_those_chosen_stay(ada, grace, alan):
    page = read(ada, f"/chat/new/?q=alan&person={grace.id}&name=Engines").text

    assert re.findall(r'value="([^"]+)" checked', page) == [str(grace.id)]
    assert f'value="{alan.id}"' in page
    assert f'value="{ada.id}"' not in page
    assert 'value="Engines"' in page


def test_a_conversation_with_one_person_is_begun_once(ada, grace):
    places = {send(ada, "/chat/new/", person=str(grace.id)).location for _ in range(2)}

    assert len(places) == 1
    assert "Grace Hopper" in read(ada, places.pop()).text


def test_a_group_is_begun_with_a_name(ada, grace, alan):
    people = [str(grace.id), str(alan.id)]

    response = send(ada, "/chat/new/", person=people, name="Engines")

    assert response.status_code == 303
    page = read(grace, response.location).text
    assert "Engines" in page
    assert "3 people" in page


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ([], "Choose somebody first."),
        ([str(uuid.UUID(int=1))], "There is nobody with the id"),
        (["nonsense"], "must be an id"),
    ],
)
def test_what_cannot_be_begun_is_said_in_words(ada, chosen, words):
    response = send(ada, "/chat/new/", person=chosen)

    assert response.status_code == 422
    assert words in response.text


def test_a_search_for_what_cannot_be_is_an_answer_too(ada):
    assert read(ada, "/chat/new/?q=%00").status_code == 422
    assert read(ada, "/chat/new/?person=nonsense").status_code == 422


def test_the_owner_renames_adds_and_removes(ada, grace, alan):
    group = between(ada, grace, name="Engines")
    members = f"/chat/{group}/members/"

    assert send(ada, f"{members}name/", name="Analytical").location == members
    assert send(ada, f"{members}add/", person=str(alan.id)).location == members
    assert send(ada, f"{members}{grace.id}/remove/").location == members

    page = read(alan, members).text
    assert "Analytical" in page
    assert "Grace Hopper" not in page
    assert read(grace, members).status_code == 404


def test_a_member_leaves_and_may_do_nothing_else(ada, grace, alan):
    group = between(ada, grace, name="Engines")
    members = f"/chat/{group}/members/"

    for path, fields in (("name/", {"name": "Mine"}), ("add/", {"person": str(alan.id)})):
        response = send(grace, members + path, **fields)
        assert response.status_code == 403
        assert "Only the owner" in response.text
    assert "Rename" not in read(grace, members).text
    assert send(grace, f"{members}{grace.id}/remove/").location == "/chat/"
    assert read(grace, members).status_code == 404


def test_a_long_list_goes_on_elsewhere(app, ada):
    for number in range(51):
        between(ada, some_one(app, name=f"Person {chr(97 + number % 26)}{chr(97 + number // 26)}"))

    first = read(ada, "/chat/").text
    rest = read(ada, re.search(r'href="(/chat/\?after=[^"]+)"', first)[1]).text

    assert (len(lines_in(first)), len(lines_in(rest))) == (50, 1)
