"""Whether entities may be as they are wanted. Every problem is told, with the field that it is in."""

import json
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import UUID

from pingpong.dsp.naming import Known, is_id
from pingpong.dsp.references import names_in
from pingpong.dsp.schemas import NewEntity
from pingpong.dsp.states import EntityStatus
from pingpong.errors import InvalidInput
from pingpong.extensions import settings

MOST_TOLD = 100
MOST_NAMED_IN_A_CYCLE = 10


class Problems:
    """Collects them. `field` is that of the list which the entities are in, if they are in one."""

    def __init__(self, field: str | None) -> None:
        self._field = field
        self._found: dict[str, list[str]] = {}

    def add(self, number: int, field: str, problem: str) -> None:
        """Something is wrong with a field of the entity with this number."""
        name = f"{self._field}.{number}.{field}" if self._field else field
        if len(self._found) < MOST_TOLD:
            self._found.setdefault(name, []).append(problem)

    def add_to_all(self, problem: str) -> None:
        """Something is wrong with them together."""
        self._found.setdefault(self._field or "depends_on", []).append(problem)

    def raise_if_any(self) -> None:
        """Raises InvalidInput."""
        if self._found:
            raise InvalidInput.of_fields(self._found)


def check_each(wanted: Sequence[NewEntity], problems: Problems) -> None:
    """What can be said of each without the others. Raises InvalidInput at once when they are too many."""
    if len(wanted) > settings.dsp_max_entities:
        raise InvalidInput.of(entities=f"must be at most {settings.dsp_max_entities}")
    seen: set[str] = set()
    types = settings.dsp_entity_types
    for number, new in enumerate(wanted):
        if new.entity_type not in types:
            problems.add(
                number, "entity_type", f"must be one of {', '.join(types)}: {new.entity_type!r} is not"
            )
        if new.ref in seen:
            problems.add(number, "ref", f"is used twice: {new.ref}")
        seen.update({new.ref} if new.ref else ())
        check_payload(number, new.payload, problems)


def check_numbers(needs: Sequence[Sequence[str]], problems: Problems) -> None:
    """Whether they do not depend on too many. Raises InvalidInput at once: too many are not looked up."""
    for number, names in enumerate(needs):
        if len(names) > settings.dsp_max_dependencies:
            problems.add(number, "depends_on", f"must be at most {settings.dsp_max_dependencies}")
    if sum(map(len, needs)) > settings.dsp_max_edges:
        problems.add_to_all(f"must depend on at most {settings.dsp_max_edges} others in all")
    problems.raise_if_any()


def check_payload(number: int, payload: Mapping[str, Any], problems: Problems) -> None:
    """Whether it is not too large."""
    if len(json.dumps(payload, ensure_ascii=False).encode()) > settings.dsp_max_payload_bytes:
        problems.add(number, "payload", f"must have at most {settings.dsp_max_payload_bytes} bytes as JSON")


def resolve(
    number: int,
    names: Sequence[str],
    payload: Mapping[str, Any],
    known: Mapping[str, Known],
    problems: Problems,
) -> list[Known]:
    """What these names mean, each once; and whether the payload refers to those only."""
    needs = list({known[name].id: known[name] for name in names if name in known}.values())
    for name in names:
        if name not in known:
            problems.add(number, "depends_on", f"{'id' if is_id(name) else 'reference'} {name} is unknown")
    _check_references(number, payload, needs, problems)
    return needs


def check_alive(number: int, needs: Sequence[Known], problems: Problems) -> None:
    """Whether none of them was cancelled: there is nothing to wait for."""
    for one in needs:
        if one.status is EntityStatus.CANCELLED:
            problems.add(number, "depends_on", f"{one.ref or one.id} was cancelled")


def check_cycles(needs: Mapping[UUID, Sequence[UUID]], names: Mapping[UUID, str], problems: Problems) -> None:
    """Whether what each needs can be there before it."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        problems.add_to_all(f"must not depend on each other in a cycle: {_in_words(error.args[1], names)}")


def _check_references(
    number: int, payload: Mapping[str, Any], needs: Sequence[Known], problems: Problems
) -> None:
    called: dict[str, set[UUID]] = {}
    for one in needs:
        for name in one.names:
            called.setdefault(name, set()).add(one.id)
    for name in sorted(names_in(payload)):
        if name not in called:
            problems.add(number, "payload", f"refers to {name}, which depends_on does not name")
        elif len(called[name]) > 1:
            problems.add(number, "payload", f"refers to {name}, as several dependencies are called")


def _in_words(cycle: Sequence[UUID], names: Mapping[UUID, str]) -> str:
    shown = [names.get(one, str(one)) for one in reversed(cycle)]
    if len(shown) > MOST_NAMED_IN_A_CYCLE:
        shown = [*shown[: MOST_NAMED_IN_A_CYCLE - 1], "…", shown[-1]]
    return " → ".join(shown)
