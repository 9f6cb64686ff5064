"""What becomes of an entity after an answer: a pure function, so that every case can be tried."""

from dataclasses import dataclass

from pingpong.backoff import doubled_s, full_jitter_s
from pingpong.dsp.answers import Accepted, Fault, Meaning, Refused, StillPending, Succeeded
from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.settings import Settings


@dataclass(frozen=True)
class Patience:
    """How often and how late something is tried again. All times in seconds."""

    max_attempts: int
    backoff_base_s: float
    backoff_cap_s: float
    poll_first_s: float
    poll_cap_s: float
    retry_after_cap_s: float

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        """As the settings have it."""
        return cls(
            settings.dsp_max_attempts,
            settings.dsp_backoff_base_s,
            settings.dsp_backoff_cap_s,
            settings.dsp_poll_first_s,
            settings.dsp_poll_cap_s,
            settings.dsp_retry_after_cap_s,
        )

    def backoff_s(self, failures: int, retry_after_s: float | None) -> float:
        """After so many failures in a row; never before the third party wants."""
        jitter_s = full_jitter_s(self.backoff_base_s, self.backoff_cap_s, failures)
        return max(jitter_s, self.believed_s(retry_after_s) or 0.0)

    def poll_in_s(self, polls: int) -> float:
        """When to ask for the status, after having asked so many times."""
        return doubled_s(self.poll_first_s, self.poll_cap_s, polls)

    def believed_s(self, retry_after_s: float | None) -> float | None:
        """As much of a `Retry-After` as is heeded."""
        return None if retry_after_s is None else min(retry_after_s, self.retry_after_cap_s)


@dataclass(frozen=True)
class Decision:
    """What is to be written. `status` is None where it stays; `failures` counts those in a row."""

    status: EntityStatus | None = None
    next_in_s: float | None = None
    failures: int = 0
    error: str | None = None
    failure: Failure | None = None
    remote_id: str | None = None
    backoff_s: float | None = None


def decide(action: Action, meaning: Meaning, polls: int, failures: int, patience: Patience) -> Decision:
    """What follows from an answer; `polls` and `failures` (in a row) are those before it."""
    match meaning:
        case Accepted(remote_id):
            return Decision(EntityStatus.SUBMITTED, patience.poll_in_s(0), remote_id=remote_id)
        case StillPending():
            return Decision(next_in_s=patience.poll_in_s(polls + 1))
        case Succeeded():
            return Decision(EntityStatus.COMPLETED)
        case Refused(error, is_of_entity):
            failure = Failure.REFUSED if is_of_entity else Failure.UNANSWERED
            return Decision(EntityStatus.FAILED, error=error, failure=failure)
        case Fault():
            return _after_fault(action, meaning, failures + 1, patience)


def _after_fault(action: Action, fault: Fault, failures: int, patience: Patience) -> Decision:
    if failures >= patience.max_attempts:
        asked = "submitted" if action is Action.SUBMIT else "asked for its status"
        error = f"{fault.error} ({asked} {failures} times)"
        return Decision(EntityStatus.FAILED, failures=failures, error=error, failure=Failure.UNANSWERED)
    backoff_s = patience.backoff_s(failures, fault.retry_after_s)
    return Decision(None, backoff_s, failures, fault.error, backoff_s=backoff_s)
