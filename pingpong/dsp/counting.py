"""What is counted of the third party's answers."""

from pingpong.dsp.answers import Accepted, Fault, Meaning, Refused, StillPending, Succeeded
from pingpong.dsp.states import Action, EntityStatus
from pingpong.metrics.counters import DSP_MOVES, DSP_REQUEST_SECONDS, DSP_REQUESTS

OUTCOMES: dict[type[Meaning], str] = {
    Accepted: "accepted",
    StillPending: "pending",
    Succeeded: "succeeded",
    Refused: "refused",
    Fault: "fault",
}


def count_answer(
    action: Action, meaning: Meaning, duration_ms: int | None, status: EntityStatus | None
) -> None:
    """A request was answered, or was not; its entity has this status now, if that is another one."""
    is_outage = isinstance(meaning, Fault) and meaning.is_outage
    DSP_REQUESTS.add(action=action, outcome="outage" if is_outage else OUTCOMES[type(meaning)])
    if duration_ms is not None:
        DSP_REQUEST_SECONDS.observe(duration_ms / 1000, action=action)
    if status:
        DSP_MOVES.add(status=status)
