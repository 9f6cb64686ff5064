"""The part of the graph that an entity is in."""

import pytest

from pingpong.dsp.picture import picture_of
from pingpong.dsp.states import EntityStatus
from tests.dsp.conftest import load
from tests.dsp.graph import fail

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "aside": [], "beside": ["aside"]}


def drawn(entity, **how) -> tuple[list[str], set[tuple[str, str]], bool]:
    """Nodes, edges, and whether it is whole, by refs."""
    picture = picture_of(load(entity.id), **how)
    names = {node.id: node.ref for node in picture.nodes}
    return list(names.values()), {(names[a], names[b]) for a, b in picture.edges}, picture.is_whole


@pytest.mark.parametrize("where", ["a", "b", "d"], ids=["from above", "from within", "from below"])
def test_all_that_belongs_together_is_drawn_wherever_one_looks_from(submit, where):
    entities = dict(zip(DIAMOND, submit(**DIAMOND), strict=True))

    nodes, edges, is_whole = drawn(entities[where])

    assert nodes == ["a", "b", "c", "d"]
    assert edges == {("b", "a"), ("c", "a"), ("d", "b"), ("d", "c")}
    assert is_whole


def test_one_alone_is_a_picture(submit):
    [campaign] = submit(campaign=[])

    assert drawn(campaign) == (["campaign"], set(), True)


def test_each_is_drawn_as_it_stands(submit):
    campaign, group = submit(campaign=[], group=["campaign"])
    fail(campaign)

    above, below = picture_of(load(group.id)).nodes

    assert (above.id, above.status, above.blocked_reason) == (campaign.id, EntityStatus.FAILED, None)
    assert (below.status, below.blocked_reason) == (EntityStatus.WAITING, "campaign failed: no budget")


def test_of_a_large_graph_the_nearest_are_drawn(submit):
    chain = submit(**{f"e{number}": [f"e{number - 1}"] if number else [] for number in range(10)})

    nodes, edges, is_whole = drawn(chain[5], most=5)

    assert nodes == ["e3", "e4", "e5", "e6", "e7"]
    assert edges == {("e4", "e3"), ("e5", "e4"), ("e6", "e5"), ("e7", "e6")}
    assert not is_whole


def test_as_many_as_can_be_drawn_are_a_whole(submit):
    chain = submit(**{f"e{number}": [f"e{number - 1}"] if number else [] for number in range(5)})

    assert drawn(chain[0], most=5)[2]
    assert not drawn(chain[0], most=4)[2]


def test_in_a_dense_graph_nobody_is_forgotten(submit):
    layers = [[f"{layer}-{n}" for n in range(30)] for layer in range(3)]
    needs = {
        name: layers[number - 1] if number else [] for number, layer in enumerate(layers) for name in layer
    }
    entities = submit(**needs)

    nodes, _, is_whole = drawn(entities[0], most=100)

    assert (len(nodes), is_whole) == (90, True)


def test_of_very_many_neighbours_some_are_drawn(submit):
    star = submit(hub=[], **{f"e{number}": ["hub"] for number in range(300)})

    nodes, edges, is_whole = drawn(star[0], most=20)

    assert (len(nodes), len(edges), is_whole) == (20, 19, False)
    assert "hub" in nodes
