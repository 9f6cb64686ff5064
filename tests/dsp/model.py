"""What must become of a graph: the sentences of the issue in Python, over a handful of objects."""

from dataclasses import dataclass, field

from pingpong.dsp.answers import Accepted, Meaning, Refused, Succeeded
from pingpong.dsp.states import EntityStatus, Failure
from tests.dsp.graph import NO_ANSWER

WAITING, PENDING, SUBMITTED, COMPLETED, FAILED, CANCELLED = EntityStatus
ENDED = {FAILED, CANCELLED}
ATTEMPTS = 2
"""After so many requests in a row without an answer it is given up."""


@dataclass
class Node:
    """An entity as the model knows it."""

    needs: set[int]
    status: EntityStatus = WAITING
    failure: Failure | None = None
    is_there: bool = False
    """The third party has taken it."""
    faults: int = 0


@dataclass
class Model:
    """What has to become of a graph."""

    nodes: list[Node] = field(default_factory=list)

    def start(self) -> None:
        for node in self.nodes:
            self.release(node)

    def release(self, node: Node) -> None:
        if node.status is WAITING and self.may_go(node):
            node.status = PENDING

    def may_go(self, node: Node) -> bool:
        return all(self.nodes[one].status is COMPLETED for one in node.needs)

    def below(self, start: int, status: EntityStatus, failure: Failure | None) -> list[Node]:
        """Those that need it, also by way of others, as long as all on the way are like that."""
        found: set[int] = set()
        new = {start}
        while new:
            new = {
                number
                for number, node in enumerate(self.nodes)
                if node.needs & new and (node.status, node.failure) == (status, failure)
            } - found
            found |= new
        return [self.nodes[number] for number in found]

    def answer(self, number: int, meaning: Meaning) -> None:
        node = self.nodes[number]
        assert self.may_go(node), "something was sent before all that it needs was completed"
        if meaning == NO_ANSWER:
            node.faults += 1
            if node.faults == ATTEMPTS:
                node.status, node.failure = FAILED, Failure.UNANSWERED
            return
        node.faults = 0
        if isinstance(meaning, Accepted):
            node.status, node.is_there = SUBMITTED, True
        elif isinstance(meaning, Succeeded):
            node.status = COMPLETED
            for one in self.nodes:
                self.release(one)
        elif isinstance(meaning, Refused):
            node.status, node.failure = FAILED, Failure.REFUSED

    def cancel(self, number: int) -> bool:
        node = self.nodes[number]
        if node.status in {COMPLETED, CANCELLED}:
            return False
        for one in self.below(number, WAITING, None):
            one.status, one.failure = FAILED, Failure.DEPENDENCY
        node.status = CANCELLED
        return True

    def retry(self, number: int) -> bool:
        node = self.nodes[number]
        is_there = node.is_there and node.failure is not Failure.REFUSED
        needs_cancelled = any(self.nodes[one].status is CANCELLED for one in node.needs)
        if node.status not in ENDED or (needs_cancelled and not is_there):
            return False
        node.status, node.failure, node.is_there, node.faults = WAITING, None, is_there, 0
        if is_there:
            node.status = SUBMITTED
        self.release(node)
        for one in self.below(number, FAILED, Failure.DEPENDENCY):
            one.status, one.failure = WAITING, None
        return True

    def is_blocked(self, node: Node) -> bool:
        """Whether it waits for something that has ended, also by way of others that wait."""
        theirs = [self.nodes[one] for one in node.needs]
        return node.status is WAITING and any(one.status in ENDED or self.is_blocked(one) for one in theirs)

    def leads_to(self, starts: set[int], target: int) -> bool:
        """Whether any of them is it, or needs it."""
        return any(one == target or self.leads_to(self.nodes[one].needs, target) for one in starts)
