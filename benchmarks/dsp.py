"""`python -m benchmarks.dsp`: a hundred thousand submissions that wait, and what they cost.

Creates them in graphs of 10,000 in an embedded Postgres and prints, in milliseconds, the median of what the
scheduler's pick and the pages take; beside the same with a hundred, and, as the peer, a page by OFFSET.
"""

import time
from collections.abc import Callable, Mapping

from sqlalchemy import select, text

from benchmarks.database import empty_app
from benchmarks.history import median_ms
from benchmarks.report import Plan, Section, Target, number, print_alone, say, table
from pingpong.accounts.models import User
from pingpong.cursor import Cursor
from pingpong.dsp.creating import create
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import give_back, pick
from pingpong.dsp.picture import picture_of
from pingpong.dsp.reading import NEWEST, page_of, standing
from pingpong.dsp.schemas import EntityQuery, NewEntity
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db, release

ALL, FEW, GRAPH = 100_000, 100, 10_000
CHILDREN = 9
MOST_OF_FEW = 3
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
BY_OFFSET = "SELECT * FROM dsp_entities WHERE owner_id = :owner ORDER BY id DESC LIMIT 26 OFFSET :offset"


def measure(plan: Plan) -> Section:
    """Create a few, and many, and time each."""
    many = plan.count(ALL)
    say(f"{many:,} submissions")
    with empty_app(dsp_api_url="http://localhost:1", dsp_entity_types="campaign"):
        owner = User.register(email="ada@example.com", password=PASSWORD)
        fill(owner, FEW)
        few_ms = times_ms(owner)
        began_at_s = time.perf_counter()
        fill(owner, many)
        created_s = time.perf_counter() - began_at_s
        many_ms = times_ms(
            owner, {"the last page, by OFFSET (the peer)": lambda: by_offset(owner, many - 30)}
        )
    lead = many_ms["pick what is due"] / few_ms["pick what is due"]
    reached = f"{number(many_ms['pick what is due'])} ms, {number(lead)} times as long"
    target = Target(
        f"Pick what is due of {many:,}: of {FEW}", f"below {MOST_OF_FEW} times", reached, lead < MOST_OF_FEW
    )
    words = f"Creating {many:,} in graphs of {min(many, GRAPH):,}: {number(many / created_s)} a second.\n\n"
    return Section(
        "Submissions that wait", "python -m benchmarks.dsp", words + both(few_ms, many_ms), [target]
    )


def both(few_ms: Mapping[str, float], many_ms: Mapping[str, float]) -> str:
    """A row for each thing that was timed."""
    rows = [
        [what, number(few_ms[what]) if what in few_ms else "", number(ms)] for what, ms in many_ms.items()
    ]
    return table(["ms", f"with {FEW}", "with all"], rows)


def fill(owner: User, count: int) -> None:
    """Graphs in which one of ten can be sent at once, and the other nine wait for it."""
    for first in range(0, count, GRAPH):
        create(owner, [entity(n) for n in range(min(GRAPH, count - first))], as_graph=True)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE dsp_entities, dsp_dependencies, dsp_audit"))


def entity(n: int) -> NewEntity:
    """The first of ten is a campaign, the others are its children."""
    parent = n - n % (CHILDREN + 1)
    needs = [f"@e{parent}"] if n != parent else []
    return NewEntity(entity_type="campaign", payload={"name": f"entity {n}"}, depends_on=needs, ref=f"e{n}")


def times_ms(owner: User, more: Mapping[str, Callable[[], object]] | None = None) -> dict[str, float]:
    """How long each takes, typically."""
    first = page_of(EntityQuery(limit=25), owner)
    some = db.session.get_one(Entity, first.items[-1].id)
    oldest = EntityQuery(after=oldest_cursor(owner))
    what: dict[str, Callable[[], object]] = {
        "pick what is due": pick_and_give_back,
        "the first page": lambda: page_of(EntityQuery(limit=25), owner),
        "the first page of those that wait": lambda: page_of(EntityQuery(status=EntityStatus.WAITING), owner),
        "the first page of a search": lambda: page_of(EntityQuery(q="e77"), owner),
        "the last page": lambda: page_of(oldest, owner),
        "the counts and the gauge": lambda: standing(owner),
        "the picture of a graph": lambda: picture_of(some),
    }
    return {name: median_ms(find) for name, find in {**what, **(more or {})}.items()}


def pick_and_give_back() -> None:
    """As often as one likes."""
    for one in pick():
        give_back(one)


def oldest_cursor(owner: User) -> str:
    """The cursor before the oldest ones."""
    oldest = select(Entity.id).where(Entity.owner_id == owner.id).order_by(Entity.id)
    return str(Cursor(NEWEST, 0, db.session.scalars(oldest.offset(30).limit(1)).one()))


def by_offset(owner: User, offset: int) -> object:
    """The page as most would find it."""
    found = db.session.execute(text(BY_OFFSET), {"owner": owner.id, "offset": offset}).all()
    release()
    return found


if __name__ == "__main__":
    print_alone(measure, __doc__)
