"""Who has sockets open: how many there may be, and who hears of it."""

import uuid

import pytest

from pingpong.errors import TooManyRequests, Unavailable
from pingpong.live.attendance import Attendance
from pingpong.settings import load_settings

ADA, EVE, KIM = (uuid.uuid4() for _ in range(3))


@pytest.fixture
def attendance() -> Attendance:
    return Attendance(load_settings(socket_max=4, socket_max_per_person=2))


@pytest.fixture
def heard(attendance) -> list[tuple[str, uuid.UUID]]:
    told: list[tuple[str, uuid.UUID]] = []
    attendance.watch(
        on_come=lambda person_id: told.append(("come", person_id)),
        on_go=lambda person_id: told.append(("go", person_id)),
    )
    return told


def test_sockets_are_counted_and_their_people_known(attendance):
    for person_id in (ADA, ADA, EVE):
        attendance.enter(person_id)

    assert len(attendance) == 3
    assert sorted(attendance.people) == sorted([ADA, EVE])


def test_who_leaves_is_forgotten(attendance):
    for person_id in (ADA, ADA, EVE):
        attendance.enter(person_id)
    for person_id in (ADA, EVE):
        attendance.leave(person_id)

    assert (len(attendance), attendance.people) == (1, [ADA])
    attendance.leave(ADA)
    assert (len(attendance), attendance.people) == (0, [])


def test_watchers_hear_of_the_first_socket_and_of_the_end_of_the_last(attendance, heard):
    attendance.enter(ADA)
    attendance.enter(ADA)
    attendance.leave(ADA)
    assert heard == [("come", ADA)]

    attendance.leave(ADA)
    attendance.enter(ADA)
    assert heard == [("come", ADA), ("go", ADA), ("come", ADA)]


def test_all_watchers_hear_of_everybody(attendance, heard):
    others: list[uuid.UUID] = []
    attendance.watch(on_come=others.append, on_go=others.append)

    attendance.enter(ADA)
    attendance.enter(EVE)
    attendance.leave(ADA)

    assert heard == [("come", ADA), ("come", EVE), ("go", ADA)]
    assert others == [ADA, EVE, ADA]


def test_a_person_has_so_many_sockets_and_others_have_theirs(attendance, heard):
    attendance.enter(ADA)
    attendance.enter(ADA)

    with pytest.raises(TooManyRequests):
        attendance.enter(ADA)

    assert len(attendance) == 2
    attendance.enter(EVE)
    attendance.leave(ADA)
    attendance.enter(ADA)
    assert heard == [("come", ADA), ("come", EVE)]


def test_a_process_has_so_many_sockets(attendance, heard):
    for person_id in (ADA, ADA, EVE, EVE):
        attendance.enter(person_id)

    with pytest.raises(TooManyRequests):
        attendance.enter(KIM)

    assert KIM not in attendance.people
    assert ("come", KIM) not in heard
    attendance.leave(EVE)
    attendance.enter(KIM)


def test_a_socket_that_could_not_be_announced_is_not_counted(attendance, heard):
    def refuse(_: uuid.UUID) -> None:
        raise Unavailable("The database is away.")

    attendance.watch(on_come=refuse, on_go=lambda _: None)

    for _ in range(6):
        with pytest.raises(Unavailable):
            attendance.enter(ADA)

    assert (len(attendance), attendance.people) == (0, [])
    assert heard == [("come", ADA)] * 6
