"""Laying out a graph without cycles in layers (Sugiyama, Tagawa and Toda, 1981), from left to right.

Each node stands right of all that it depends on. An arrow that passes a layer has a place of its own there,
so that it runs between the boxes and not behind them.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)

SWEEPS = 6
MOST_BENDS = 2_000
"""With more, arrows run straight: it would take too long, and nobody could follow them anyway."""


@dataclass(frozen=True)
class Bend:
    """Where an arrow passes a layer."""

    source: Hashable
    target: Hashable
    layer: int


def depths(needs: Mapping[Node, Iterable[Node]]) -> dict[Node, int]:
    """The layer of each: the longest way to it from anything that needs nothing. Raises CycleError."""
    found: dict[Node, int] = {}
    for node in TopologicalSorter(needs).static_order():
        found[node] = max((found[one] + 1 for one in needs.get(node, ())), default=0)
    return found


def routes(
    needs: Mapping[Node, Iterable[Node]], layer_of: Mapping[Node, int]
) -> dict[tuple[Node, Node], list[Hashable]]:
    """For each pair of what is needed and who needs it the way between, with a bend in each layer passed."""
    pairs = [(needed, node) for node, several in needs.items() for needed in several]
    bends = sum(layer_of[node] - layer_of[needed] - 1 for needed, node in pairs)
    return {
        (needed, node): [needed, *_bends(needed, node, layer_of, bends <= MOST_BENDS), node]
        for needed, node in pairs
    }


def _bends(needed: Node, node: Node, layer_of: Mapping[Node, int], are_few: bool) -> list[Bend]:
    between = range(layer_of[needed] + 1, layer_of[node]) if are_few else ()
    return [Bend(needed, node, layer) for layer in between]


def ordered(layers: Sequence[Sequence[Hashable]], ways: Iterable[Sequence[Hashable]]) -> list[list[Hashable]]:
    """Each layer from top to bottom, each near the middle of its neighbours, so that few arrows cross."""
    before, after = neighbours(ways)
    result = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        is_forward = sweep % 2 == 0
        steps = range(1, len(result)) if is_forward else range(len(result) - 2, -1, -1)
        for number in steps:
            fixed = result[number - 1 if is_forward else number + 1]
            _sort_by_middle(result[number], fixed, before if is_forward else after)
    return result


def neighbours(
    ways: Iterable[Sequence[Hashable]],
) -> tuple[dict[Hashable, list[Hashable]], dict[Hashable, list[Hashable]]]:
    """What comes before each place, and what after it, in the next layers."""
    before: dict[Hashable, list[Hashable]] = {}
    after: dict[Hashable, list[Hashable]] = {}
    for left, right in {pair: None for way in ways for pair in pairwise(way)}:
        before.setdefault(right, []).append(left)
        after.setdefault(left, []).append(right)
    return before, after


def _sort_by_middle(
    layer: list[Hashable], fixed: Sequence[Hashable], beside: Mapping[Hashable, Sequence[Hashable]]
) -> None:
    at = {place: number for number, place in enumerate(fixed)}
    middles: dict[Hashable, float] = {}
    for number, place in enumerate(layer):
        theirs = [at[one] for one in beside.get(place, ()) if one in at]
        middles[place] = sum(theirs) / len(theirs) if theirs else number
    layer.sort(key=lambda place: middles[place])


def spread(wanted: Sequence[float], distances: Sequence[float]) -> list[float]:
    """Positions as near as can be to the wanted ones, in their order and far enough from each other.

    `distances` are those between each and the next. Pools what collides (Ayer et al., 1955).
    """
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []  # sum and count of what stands tightly together
    for place, offset in zip(wanted, offsets, strict=False):
        total, count = place - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            earlier, number = pools.pop()
            total, count = total + earlier, count + number
        pools.append((total, count))
    starts = [total / count for total, count in pools for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]
