"""`python -m benchmarks.chat`: a thousand sockets in a hundred conversations, ours beside Django Channels.

How long a message takes to everybody in its conversation, at 100 and at 200 messages a second; what was lost,
came twice or out of order; processor time per message; memory per socket.
"""

import asyncio
import resource
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from benchmarks.chat_runs import Visit, typical, visit
from benchmarks.chat_systems import Start, channels, ours
from benchmarks.chat_tables import CHANNELS, OURS, memory_table, rate_table, targets
from benchmarks.report import Plan, Section, number, print_alone, say

SYSTEMS: dict[str, Start] = {OURS: ours, CHANNELS: channels}
CONVERSATIONS = 100
MEMBERS = 10
"""Of each conversation, each of them with one socket."""
RATES = (100, 200)
"""Messages a second, of all conversations together."""
SECONDS = 30
"""As many as a socket of ours may go without a look at its session: every load meets each once."""
OPEN_FILES = 4_096
"""More than there are sockets, in the client as in each system."""
NOTE = f"""
{CONVERSATIONS * MEMBERS:,} people, each with one WebSocket, in {CONVERSATIONS} conversations of {MEMBERS}.
Now one of them says something, now another, evenly spread over time, and everybody in the conversation hears
it, once it is stored in Postgres with its default durability. Delivery is from the sender's send to each
receipt, by the clock of the one client process, which shares the machine. Processor time is that of the web
process, Postgres and Redis. A message to ten people is ten deliveries, each of which may be lost, come twice
or out of order. Memory is what the web process has made itself (anonymous PSS, without the pages of files):
per socket, what it is with all of them open, after all messages, less what it was before, divided by their
number.

Both have one web process and take turns; each load waits until the machine is at rest, and the tables have
the medians, but of what must not happen every case. Ours runs with its settings as they come. It also knows a
message that is sent twice, who has read how far and who is online, which the peer spares itself. Channels is
tuned, and slower as it comes: its pub/sub layer on Redis; uvicorn with uvloop, httptools and the leanest of
its WebSocket protocols, without compression; queries in many threads, by a pool of connections with prepared
statements; a message made into JSON once for all; no search for old connections around each (`dispatch`).
"""


def measure(plan: Plan) -> Section:
    """Let the systems take turns."""
    _allow_open_files()
    visits: dict[str, list[Visit]] = defaultdict(list)
    for turn in range(plan.rounds):
        for name, start in SYSTEMS.items():
            visits[name].append(_visit(turn, name, start, plan.count(SECONDS)))
    return _section({name: _typical(its) for name, its in visits.items()})


def _visit(turn: int, name: str, start: Start, seconds: float) -> Visit:
    with start(CONVERSATIONS, MEMBERS) as (system, paths):
        found = asyncio.run(visit(system, paths, RATES, seconds))
    for rate, run in found.runs.items():
        say(f"round {turn + 1}: {name}, {rate} a second: {run}")
    say(f"round {turn + 1}: {name}, {number(found.kb_per_socket)} kB per socket")
    return found


def _typical(visits: Sequence[Visit]) -> Visit:
    """The medians; of what must not happen every case."""
    return Visit(
        runs={rate: typical([its.runs[rate] for its in visits]) for rate in RATES},
        rest_mb=median(its.rest_mb for its in visits),
        kb_per_socket=median(its.kb_per_socket for its in visits),
    )


def _section(found: dict[str, Visit]) -> Section:
    tables = [rate_table(rate, {name: its.runs[rate] for name, its in found.items()}) for rate in RATES]
    text = "\n".join([NOTE, *tables, memory_table(found)])
    return Section("Chat", "python -m benchmarks.chat", text, targets(found))


def _allow_open_files() -> None:
    """For this process and those that it starts; many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))


if __name__ == "__main__":
    print_alone(measure, __doc__)
