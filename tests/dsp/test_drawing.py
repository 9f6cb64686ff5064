"""The picture of a graph: who stands where."""

from itertools import combinations, pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pingpong.dsp.drawing import BOX_WIDTH, MARGIN, Drawing, draw
from pingpong.dsp.layers import spread
from pingpong.dsp.schemas import NodeShown, PictureShown
from pingpong.dsp.states import EntityStatus


def drawn(names: str, *edges: str, current: str = "") -> Drawing:
    """`draw("abc", "ba")`: three entities, of which b depends on a."""
    ids = {name: UUID(int=number) for number, name in enumerate(names)}
    nodes = [
        NodeShown(id=id_, ref=name, entity_type="ad", status=EntityStatus.PENDING, blocked_reason=None)
        for name, id_ in ids.items()
    ]
    pairs = [(ids[one], ids[other]) for one, other in edges]
    return draw(PictureShown(nodes=nodes, edges=pairs, is_whole=True), ids[current or names[0]])


def columns(drawing: Drawing) -> dict[str, int]:
    """In which layer each stands."""
    lefts = sorted({box.x for box in drawing.boxes})
    return {box.name: lefts.index(box.x) for box in drawing.boxes}


def test_each_stands_behind_the_longest_way_to_it():
    assert columns(drawn("abcd", "ba", "cb", "da", "dc")) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_one_alone_is_a_picture_too():
    drawing = drawn("a")

    (box,) = drawing.boxes
    assert (box.x, box.y, box.is_current) == (MARGIN, MARGIN, True)
    assert drawing.arrows == []


def test_who_needs_several_stands_in_their_middle():
    drawing = drawn("abcd", "db", "da", "dc")

    by_name = {box.name: box.y for box in drawing.boxes}
    assert by_name["d"] == sorted(by_name[name] for name in "abc")[1]


def test_arrows_do_not_cross_where_they_need_not():
    drawing = drawn("abcdef", "df", "ea", "fb", "dc", current="d")

    rows = {box.name: box.y for box in drawing.boxes}
    assert columns(drawing)["d"] == 2
    assert (rows["a"] < rows["b"]) == (rows["e"] < rows["f"])


def test_arrows_of_the_current_one_are_drawn_last_and_so_on_top():
    assert [arrow.is_near for arrow in drawn("abc", "ba", "cb", current="c").arrows] == [False, True]


def test_long_names_keep_both_ends():
    ref = f"campaign-of-the-autumn-{'x' * 50}-0042"
    node = NodeShown(
        id=UUID(int=1), ref=ref, entity_type="ad", status=EntityStatus.PENDING, blocked_reason=None
    )

    (box,) = draw(PictureShown(nodes=[node], edges=[], is_whole=True), node.id).boxes

    assert box.name == ref
    assert box.label == "campaign-of…xxxxx-0042"


LETTERS = "abcdefghijklmnop"
GRAPHS = st.sets(st.sampled_from([f"{b}{a}" for a, b in combinations(LETTERS, 2)]), max_size=40)


@given(GRAPHS)
def test_no_two_boxes_touch_and_all_are_inside(edges):
    drawing = drawn(LETTERS, *sorted(edges))

    for one, other in combinations(drawing.boxes, 2):
        assert one.x != other.x or abs(one.y - other.y) >= one.height
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert 0 <= box.y <= drawing.height - box.height


@given(GRAPHS)
def test_every_arrow_points_to_the_right(edges):
    drawing = drawn(LETTERS, *sorted(edges))

    column = columns(drawing)
    assert all(column[edge[0]] > column[edge[1]] for edge in edges)
    assert len(drawing.arrows) == len(edges)


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=20))
def test_what_collides_is_spread_around_where_it_wanted_to_be(wanted):
    places = spread(wanted, [10.0] * (len(wanted) - 1))

    assert all(b - a >= 10 - 1e-6 for a, b in pairwise(places))
    assert abs(sum(places) - sum(wanted)) < 1e-6
