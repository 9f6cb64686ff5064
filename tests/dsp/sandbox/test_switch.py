"""Which requests a fault hits."""

from random import Random

import pytest
from pydantic import ValidationError

from pingpong.dsp.sandbox.switch import ALL_WELL, Fault, Kind, Mode, Switch


def switch(**particulars: object) -> Switch:
    return Switch(Fault(mode=Mode.ERROR_500, **particulars), Random(1))


def met(switch: Switch, kind: Kind = Kind.SUBMIT, entity_type: str = "campaign") -> Mode:
    return switch.met_by(kind, entity_type).mode


def test_all_is_well_if_nothing_is_switched_on():
    assert met(Switch(ALL_WELL, Random(1))) is Mode.OK


def test_a_fault_hits_every_request_if_nothing_else_is_said():
    one = switch()

    assert [met(one, kind) for kind in Kind] == [Mode.ERROR_500] * 2


def test_a_share_is_hit():
    one = switch(share=0.25)

    hits = [met(one) for _ in range(1_000)].count(Mode.ERROR_500)

    assert 200 < hits < 300


def test_a_share_of_nothing_hits_nobody():
    one = switch(share=0)

    assert {met(one) for _ in range(1_000)} == {Mode.OK}


def test_after_so_many_times_all_is_well_again():
    one = switch(times=2)

    assert [met(one) for _ in range(4)] == [Mode.ERROR_500, Mode.ERROR_500, Mode.OK, Mode.OK]
    assert one.fault == ALL_WELL


def test_how_many_times_are_left_is_known():
    one = switch(times=3)
    met(one)

    assert one.fault.times == 2


@pytest.mark.parametrize("only", Kind)
def test_only_one_kind_of_requests_is_hit(only: Kind):
    one = switch(only=only)

    assert [kind for kind in Kind if met(one, kind) is Mode.ERROR_500] == [only]


def test_only_one_type_of_entities_is_hit():
    one = switch(entity_type="creative")

    assert met(one, entity_type="campaign") is Mode.OK
    assert met(one, entity_type="creative") is Mode.ERROR_500


def test_who_is_not_hit_is_not_counted():
    one = switch(times=1, only=Kind.POLL)

    assert [met(one), met(one, Kind.POLL), met(one, Kind.POLL)] == [Mode.OK, Mode.ERROR_500, Mode.OK]


@pytest.mark.parametrize(
    "nonsense", [{"mode": "sulk"}, {"share": 2}, {"times": 0}, {"only": "delete"}, {"tmies": 1}]
)
def test_nonsense_is_refused(nonsense: dict[str, object]):
    with pytest.raises(ValidationError):
        Fault(**nonsense)
