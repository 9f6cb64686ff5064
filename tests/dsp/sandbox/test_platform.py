"""What the platform knows, with times that are given."""

import pytest

from pingpong.dsp.sandbox.platform import Entity, KeyReused, Platform, Status, UnknownEntity


def submit(platform: Platform, entity_type: str = "campaign", key: str = "key", **body: object) -> Entity:
    return platform.submit(entity_type, key, body, now=100, processing_s=3)


def test_a_key_creates_once_and_the_second_time_is_a_replay():
    platform = Platform()

    first, second = submit(platform, name="spring"), submit(platform, name="spring")

    assert first.id == second.id
    assert platform.stats(now=100)["created"] == 1
    assert platform.stats(now=100)["replays"] == 1


def test_another_key_creates_another_entity_though_the_body_is_the_same():
    platform = Platform()

    first, second = submit(platform, key="one"), submit(platform, key="two")

    assert first.id != second.id
    assert platform.stats(now=100)["created"] == 2


@pytest.mark.parametrize(("entity_type", "name"), [("campaign", "autumn"), ("creative", "spring")])
def test_a_key_is_good_for_one_type_and_body(entity_type: str, name: str):
    platform = Platform()
    submit(platform, name="spring")

    with pytest.raises(KeyReused):
        submit(platform, entity_type, name=name)

    assert platform.stats(now=100)["created"] == 1
    assert platform.stats(now=100)["replays"] == 0


def test_an_entity_is_found_by_its_type_and_id():
    platform = Platform()
    entity = submit(platform)

    assert platform.find("campaign", entity.id) is entity
    with pytest.raises(UnknownEntity):
        platform.find("creative", entity.id)
    with pytest.raises(UnknownEntity):
        platform.find("campaign", "another")


def test_an_entity_is_pending_until_it_has_been_processed():
    entity = submit(Platform())

    assert [entity.status(now) for now in (100, 102.9, 103)] == ["pending", "pending", "success"]


def test_an_entity_that_is_to_fail_is_pending_for_as_long():
    entity = submit(Platform())
    entity.fail("no such advertiser")

    assert [entity.status(now) for now in (102.9, 103)] == ["pending", "failed"]


def test_an_entity_that_is_slow_is_pending_for_longer():
    entity = submit(Platform())
    entity.slow_down(60)

    assert [entity.status(now) for now in (103, 159, 160)] == ["pending", "pending", "success"]


def test_what_there_is_is_shown_by_type_and_one_by_one():
    platform = Platform()
    submit(platform, key="one", name="spring")
    submit(platform, "creative", key="two").fail("too loud")
    submit(platform, "creative", key="three")

    stats = platform.stats(now=103)

    assert stats["by_type"] == {
        "campaign": {"created": 1, "pending": 0, "success": 1, "failed": 0},
        "creative": {"created": 2, "pending": 0, "success": 1, "failed": 1},
    }
    assert stats["entities"][0] == {
        "id": platform.find("campaign", stats["entities"][0]["id"]).id,
        "entity_type": "campaign",
        "idempotency_key": "one",
        "body": {"name": "spring"},
        "creations": 1,
        "status": Status.SUCCESS,
    }


def test_a_key_under_which_two_were_created_would_be_seen():
    platform = Platform()
    first = submit(platform)
    platform._by_key.clear()
    submit(platform)

    assert {entity["creations"] for entity in platform.stats(now=100)["entities"]} == {2}
    assert first.id in {entity["id"] for entity in platform.stats(now=100)["entities"]}
