"""Who hears what of the submissions."""

import json

import pytest
from flask import Flask

from pingpong.accounts.models import User
from pingpong.dsp import news
from pingpong.dsp.answers import Accepted
from pingpong.dsp.changing import change
from pingpong.dsp.control import cancel, retry
from pingpong.dsp.models import Entity
from pingpong.errors import Conflict, InvalidInput
from pingpong.extensions import db
from pingpong.live.publish import publish_passing, read_newest
from pingpong.live.topics import ADMINISTRATORS, HEARTBEAT, TASK, user_topic
from pingpong.live.update import Update
from tests.chat.talk import without_redis
from tests.dsp.graph import answered, complete, fail
from tests.people import some_address


class Ear:
    """What is told of submissions on some topics from now on."""

    def __init__(self, app: Flask, *topics: str) -> None:
        self._app = app
        self._topic = topics[0]
        self._subscriber = app.extensions["hub"].subscribe(frozenset(topics))
        self.hear()

    def hear(self) -> list[set[str]]:
        """The ids of each word told by now: a mark is published, and what comes before it is taken."""
        mark = Update(self._topic, "mark", json.dumps({"of": id(self)}))
        publish_passing(self._app.extensions["redis"], self._app.extensions["bus"], [mark])
        heard: list[set[str]] = []
        while updates := self._subscriber.take(10):
            heard += [set(one.fields["ids"]) for one in updates if one.event == news.DSP]
            if any((one.event, one.data) == ("mark", mark.data) for one in updates):
                return heard
        raise AssertionError("the mark did not come")


@pytest.fixture
def hers(live, ada):
    return Ear(live, user_topic(ada.id))


@pytest.fixture
def theirs(live):
    """What somebody hears who is no administrator."""
    eve = User.register(email=some_address(), password="correct horse battery")
    return Ear(live, user_topic(eve.id), TASK, HEARTBEAT)


@pytest.fixture
def administrators(live):
    return Ear(live, ADMINISTRATORS)


def ids(*entities: Entity) -> set[str]:
    return {str(one.id) for one in entities}


def test_owners_and_administrators_hear_what_was_created_and_nobody_else(
    submit, hers, theirs, administrators
):
    graph = submit(campaign=[], group=["campaign"])

    assert hers.hear() == administrators.hear() == [ids(*graph)]
    assert theirs.hear() == []


def test_the_owner_hears_what_an_administrator_does(submit, hers, administrators):
    admin = User.register(email=some_address(), password="correct horse battery", is_admin=True)
    [campaign] = submit(campaign=[])
    hers.hear()

    cancel(campaign.id, admin)

    assert hers.hear() == [ids(campaign)]


def test_it_is_told_of_all_that_have_changed_and_of_no_others(submit, ada, hers):
    campaign, group, creative, aside = submit(campaign=[], group=["campaign"], creative=["group"], aside=[])
    hers.hear()

    fail(campaign)
    retry(campaign.id, ada)
    cancel(campaign.id, ada)
    retry(campaign.id, ada)
    change(group.id, ada, {"budget": 5}, None)
    answered(campaign, Accepted("remote-1"))

    everyone = ids(campaign, group, creative)
    assert hers.hear() == [everyone] * 4 + [ids(group), ids(campaign)]
    assert str(aside.id) not in everyone


def test_it_is_told_whom_a_completed_one_releases(submit, hers):
    campaign, group, _creative = submit(campaign=[], group=["campaign"], creative=["group"])
    hers.hear()

    complete(campaign)

    assert hers.hear() == [ids(campaign), ids(campaign, group)]


def test_it_is_told_whom_a_change_blocks(submit, ada, hers):
    campaign, group, creative = submit(campaign=[], group=[], creative=["group"])
    fail(campaign)
    hers.hear()

    change(group.id, ada, None, ["@campaign"])

    assert hers.hear() == [ids(group, creative)]


def test_nothing_is_told_of_what_was_refused(submit, ada, hers):
    campaign, group = submit(campaign=[], group=["campaign"])
    hers.hear()

    with pytest.raises(InvalidInput):
        submit(other=["nobody"])
    with pytest.raises(InvalidInput):
        change(campaign.id, ada, None, ["@group"])
    with pytest.raises(Conflict):
        retry(group.id, ada)

    assert hers.hear() == []


def test_of_many_some_are_named_and_how_many_they_are(submit, live, ada, monkeypatch):
    told = []
    monkeypatch.setattr(news, "publish_passing", lambda _redis, _bus, updates: told.extend(updates))

    submit(**{f"e{number}": [] for number in range(news.MOST_NAMED + 50)})

    [update_] = told
    assert update_.topic == f"{user_topic(ada.id)} {ADMINISTRATORS}"
    assert len(update_.fields["ids"]) == news.MOST_NAMED
    assert update_.fields["count"] == news.MOST_NAMED + 50


def test_it_is_of_the_moment_and_not_kept(submit, live, redis):
    submit(campaign=[])

    assert read_newest(redis, live.extensions["bus"], 10) == []


def test_everything_is_told_after_it_was_stored(submit, ada, monkeypatch):
    seen = []

    def look(*_: object) -> None:
        with db.engine.connect() as other:
            seen.append(other.exec_driver_sql("SELECT status FROM dsp_entities").scalar())

    monkeypatch.setattr(news, "publish_passing", look)
    [campaign] = submit(campaign=[])
    fail(campaign)
    retry(campaign.id, ada)
    cancel(campaign.id, ada)

    assert seen == ["pending", "failed", "pending", "cancelled"]


@pytest.mark.parametrize(
    "verb", [fail, lambda one: cancel(one.id, User.query.one())], ids=["settle", "cancel"]
)
def test_while_redis_is_away_it_is_stored_all_the_same(app, submit, verb):
    [campaign] = submit(campaign=[])

    with without_redis(app):
        verb(campaign)
        submit(other=[])

    assert db.session.query(Entity).filter_by(status="pending").one().ref == "other"
