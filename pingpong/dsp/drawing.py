"""The picture of a graph: a box for each entity, an arrow from what is needed to who needs it."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from pingpong.dsp.layers import Bend, depths, neighbours, ordered, routes, spread
from pingpong.dsp.schemas import NodeShown, PictureShown
from pingpong.dsp.states import EntityStatus

BOX_WIDTH, BOX_HEIGHT = 186, 54
BETWEEN_LAYERS, BETWEEN_BOXES = 56, 16
BEND_HEIGHT = 10
MARGIN = 8
PASSES = 4
LONGEST_NAME = 22
"""Characters that a box has room for."""


@dataclass(frozen=True)
class Box:
    """An entity, and where it stands. Measures are pixels; `needs` names what it depends on."""

    id: UUID
    name: str
    label: str
    entity_type: str
    status: EntityStatus
    is_blocked: bool
    is_current: bool
    needs: Sequence[str]
    x: int
    y: int
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT


@dataclass(frozen=True)
class Arrow:
    """A line in the words of SVG's paths, and whether it touches the entity that the picture is of."""

    path: str
    is_near: bool


@dataclass(frozen=True)
class Drawing:
    """All boxes, layer by layer, and all arrows."""

    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    width: int
    height: int


def draw(picture: PictureShown, current: UUID) -> Drawing:
    """Lay out a graph for an entity that is in it."""
    needs: dict[UUID, list[UUID]] = {node.id: [] for node in picture.nodes}
    for entity_id, dependency_id in picture.edges:
        needs[entity_id].append(dependency_id)
    layer_of = depths(needs)
    ways = routes(needs, layer_of)
    layers = ordered(_layers(layer_of, ways), ways.values())
    places = _places(layers, ways.values())
    boxes = _boxes(picture, needs, layers, places, current)
    height = max(box.y + box.height for box in boxes) + MARGIN
    arrows = [Arrow(_path(way, places), current in pair) for pair, way in ways.items()]
    return Drawing(
        boxes,
        sorted(arrows, key=lambda arrow: arrow.is_near),
        _left(len(layers)) - BETWEEN_LAYERS + MARGIN,
        height,
    )


def _layers(
    layer_of: Mapping[UUID, int], ways: Mapping[tuple[UUID, UUID], Sequence[Hashable]]
) -> list[list[Hashable]]:
    layers: list[list[Hashable]] = [[] for _ in range(max(layer_of.values()) + 1)]
    for node in sorted(layer_of):
        layers[layer_of[node]].append(node)
    for way in ways.values():
        for place in way:
            if isinstance(place, Bend):
                layers[place.layer].append(place)
    return layers


def _places(
    layers: Sequence[Sequence[Hashable]], ways: Collection[Sequence[Hashable]]
) -> dict[Hashable, tuple[int, int]]:
    """Where each box or bend has its left end and its middle: near those that it is bound to."""
    before, after = neighbours(ways)
    middles: dict[Hashable, float] = {}
    for layer in layers:
        middles.update(zip(layer, _stacked(layer, [0.0] * len(layer)), strict=True))
    for number in range(PASSES):
        is_forward = number % 2 == 1
        beside = before if is_forward else after
        for layer in layers if is_forward else reversed(layers):
            wanted = [
                _mean([middles[one] for one in beside.get(place, ())], middles[place]) for place in layer
            ]
            middles.update(zip(layer, _stacked(layer, wanted), strict=True))
    top = min(middles[place] - _height(place) / 2 for layer in layers for place in layer)
    return {
        place: (_left(number), round(middles[place] - top) + MARGIN)
        for number, layer in enumerate(layers)
        for place in layer
    }


def _stacked(layer: Sequence[Hashable], wanted: Sequence[float]) -> list[float]:
    distances = [(_height(one) + _height(other)) / 2 + BETWEEN_BOXES for one, other in pairwise(layer)]
    return spread(wanted, distances)


def _height(place: Hashable) -> int:
    return BEND_HEIGHT if isinstance(place, Bend) else BOX_HEIGHT


def _left(layer: int) -> int:
    return MARGIN + layer * (BOX_WIDTH + BETWEEN_LAYERS)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _boxes(
    picture: PictureShown,
    needs: Mapping[UUID, Sequence[UUID]],
    layers: Sequence[Sequence[Hashable]],
    places: Mapping[Hashable, tuple[int, int]],
    current: UUID,
) -> list[Box]:
    nodes: dict[Hashable, NodeShown] = {node.id: node for node in picture.nodes}
    return [
        Box(
            id=node.id,
            name=_name(node),
            label=_cut(_name(node)),
            entity_type=node.entity_type,
            status=node.status,
            is_blocked=node.blocked_reason is not None,
            is_current=node.id == current,
            needs=[_name(nodes[one]) for one in needs[node.id]],
            x=places[node.id][0],
            y=places[node.id][1] - BOX_HEIGHT // 2,
        )
        for layer in layers
        for node in (nodes[place] for place in layer if place in nodes)
    ]


def _name(node: NodeShown) -> str:
    return node.ref or str(node.id)


def _cut(name: str) -> str:
    """Names that programs make differ in their last letters: both ends are kept."""
    half = (LONGEST_NAME - 1) // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1 - half]}…{name[-half:]}"


def _path(way: Sequence[Hashable], places: Mapping[Hashable, tuple[int, int]]) -> str:
    """From the right side of a box over the bends to the left side of another."""
    x, y = places[way[0]]
    x += BOX_WIDTH
    parts = [f"M{x} {y}"]
    for place in way[1:]:
        to_x, to_y = places[place]
        bow = max(BETWEEN_LAYERS // 2, (to_x - x) // 2)
        parts.append(f"C{x + bow} {y} {to_x - bow} {to_y} {to_x} {to_y}")
        x, y = to_x, to_y
        if isinstance(place, Bend):
            x += BOX_WIDTH
            parts.append(f"H{x}")
    return "".join(parts)
