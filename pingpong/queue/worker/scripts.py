"""What many jobs ask of Redis at the same moment, sent together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.client import Pipeline

from pingpong.queue.batching import Batcher


@dataclass(frozen=True)
class ScriptCall:
    """A Lua script with its keys and arguments."""

    script: str
    keys: Sequence[str]
    arguments: Sequence[Any]


class Scripts:
    """Runs scripts for many jobs in one round trip; each is atomic by itself."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._batcher: Batcher[ScriptCall, Any] = Batcher(self._run_many)
        self.read = Batcher(self._read_many)
        """The fields of the hash at a key; empty if there is none."""

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:  # noqa: ANN401 - Redis' answer
        """Run a script; returns its answer. Raises redis-py's errors."""
        answer = self._batcher(ScriptCall(script, keys, arguments))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _run_many(self, calls: Sequence[ScriptCall]) -> list[Any]:
        with self._connection.pipeline(transaction=False) as pipeline:
            for call in calls:
                # Sent whole: a script's hash is lost when Redis restarts, and asking for it is a round trip.
                pipeline.eval(call.script, len(call.keys), *call.keys, *call.arguments)
            answers: list[Any] = pipeline.execute(raise_on_error=False)
        return answers

    def _read_many(self, keys: Sequence[str]) -> list[dict[bytes, bytes]]:
        with self._connection.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hgetall(key)
            hashes: list[dict[bytes, bytes]] = pipeline.execute()
        return hashes


def words(pipeline: Pipeline) -> list[Any]:
    """The commands in a pipeline that is never executed, each as its length and its words, for a script."""
    return [word for command, _options in pipeline.command_stack for word in (len(command), *command)]


RUN_COMMANDS = """
local function run(at)
  while at <= #ARGV do
    local length = tonumber(ARGV[at])
    redis.call(unpack(ARGV, at + 1, at + length))
    at = at + length + 1
  end
end
"""
"""For scripts: runs what `words` has listed, from the argument `at` on."""
