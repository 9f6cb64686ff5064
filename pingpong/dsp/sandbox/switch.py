"""The switch of the failure modes: what goes wrong, for which requests, and for how many."""

from enum import StrEnum
from random import Random

from pydantic import BaseModel, ConfigDict, Field


class Mode(StrEnum):
    """What a request meets; faults.py has the function of each."""

    OK = "ok"
    ERROR_500 = "error_500"
    TIMEOUT = "timeout"
    RESET = "reset"
    TOO_MANY = "too_many"
    SLOW = "slow"
    FAILED = "failed"
    WRONG_JSON = "wrong_json"
    WRONG_SHAPE = "wrong_shape"
    LOSES_ANSWER = "loses_answer"
    REJECT_400 = "reject_400"


class Kind(StrEnum):
    """What a request wants of the platform."""

    SUBMIT = "submit"
    POLL = "poll"


class Fault(BaseModel):
    """A mode, whom it hits, and its particulars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Mode.OK
    share: float = Field(1, ge=0, le=1)
    """Which part of the requests is hit, by chance."""
    times: int | None = Field(None, ge=1)
    """How many requests are hit before all is well again."""
    only: Kind | None = None
    entity_type: str | None = None
    retry_after_s: int | None = Field(None, ge=0)
    slow_s: float = Field(60, ge=0)
    hold_s: float = Field(600, gt=0)
    error_message: str = "The sandbox was told to refuse this."

    def concerns(self, kind: Kind, entity_type: str) -> bool:
        """Whether such a request may be hit."""
        return self.only in {None, kind} and self.entity_type in {None, entity_type}

    def after_a_hit(self) -> "Fault":
        """What is left of it when it has hit once more."""
        if self.times is None:
            return self
        return self.model_copy(update={"times": self.times - 1}) if self.times > 1 else ALL_WELL


ALL_WELL = Fault()


class Switch:
    """Holds what goes wrong at the moment."""

    def __init__(self, fault: Fault, chance: Random) -> None:
        self.fault = fault
        self._chance = chance

    def met_by(self, kind: Kind, entity_type: str) -> Fault:
        """What this request meets. A hit is counted."""
        met = self.fault
        if not met.concerns(kind, entity_type) or self._chance.random() >= met.share:
            return ALL_WELL
        self.fault = met.after_a_hit()
        return met
