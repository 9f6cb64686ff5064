"""The event log, from the shell: `flask eventlog …`."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click
from flask import Blueprint

from pingpong import clock
from pingpong.eventlog.clickhouse.opening import opener
from pingpong.eventlog.contents import THE_END
from pingpong.eventlog.lag import lag
from pingpong.extensions import redis, settings
from pingpong.metrics.telling import Teller
from pingpong.ops.eventlog.moments import Moment
from pingpong.ops.eventlog.showing import age
from pingpong.ops.eventlog.standing import Standing, standing

if TYPE_CHECKING:
    from pingpong.eventlog.clickhouse.target import Target

blueprint = Blueprint("eventlog_shell", __name__, cli_group="eventlog")
blueprint.cli.help = "The event log: how shipping stands, ship now, send again."

STAY = "CLICKHOUSE_URL is not set: events stay in Postgres."


@blueprint.cli.command("status")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option(
    "--max-age", type=float, help="Seconds that an event may wait; ends with 1 if one waits longer."
)
def status(as_json: bool, max_age: float | None) -> None:
    """Say how shipping stands: what waits and for how long, what was set aside, and what went wrong."""
    found = standing()
    click.echo(found.model_dump_json() if as_json else "\n".join(_lines(found)))
    if max_age is not None and found.oldest_s > max_age:
        click.echo(f"An event has been waiting for more than {max_age:g} s.", err=True)
        sys.exit(1)


@blueprint.cli.command("ship")
def ship() -> None:
    """Ship what waits now, in this process, and say how much that was.

    Ends with 1 if there is no ClickHouse, or if it does not take the events.
    """
    from pingpong.ops.eventlog.shipping import ship_what_waits  # noqa: PLC0415 - web processes load this file

    with _opened() as target:
        shipped = ship_what_waits(target)
    Teller(redis, "shell").tell_and_end()
    behind = lag()
    click.echo(f"Shipped {_events(shipped)}; {behind.waiting:,} waiting, {behind.refused:,} set aside.")
    if behind.last_error:
        raise click.ClickException(behind.last_error)


@blueprint.cli.command("replay")
@click.option("--since", type=Moment(), required=True, help="2026-11-01, 2026-11-01T14:30 (UTC), 2h, 7d.")
@click.option("--until", type=Moment(), help="Events before that; all since, unless given.")
def replay(since: datetime, until: datetime | None) -> None:
    """Have events sent again that ClickHouse does not hold, or refused: what it holds stays there once.

    The shipper sends them, or `flask eventlog ship`. Ends with 1 if ClickHouse cannot be asked.
    """
    from pingpong.eventlog.replay import replay as send_again  # noqa: PLC0415 - as above

    with _opened() as target:
        count = send_again(target, since, until or THE_END)
    click.echo(f"{_events(count)} will be sent again.")


@contextmanager
def _opened() -> "Iterator[Target]":
    """ClickHouse, for a while. Ends the command, and says why, if it cannot be opened or does not answer."""
    from pingpong.eventlog.clickhouse.refusals import Unsure  # noqa: PLC0415 - as above

    open_target = opener(settings)
    if open_target is None:
        raise click.ClickException(STAY)
    try:
        with closing(open_target()) as target:
            yield target
    except Unsure as error:
        is_folder = settings.clickhouse_url.startswith("chdb:")
        hint = "\nA folder belongs to one process at a time: stop the shipper first." if is_folder else ""
        raise click.ClickException(f"ClickHouse is away: {error}{hint}") from None


def _lines(found: Standing) -> Iterator[str]:
    if not found.is_configured:
        yield STAY
        return
    yield f"Waiting: {found.waiting:,}" + (f", the oldest for {age(found.oldest_s)}" if found.waiting else "")
    if found.last_shipped_at is None or found.last_shipped_s is None:
        yield "Last shipped: never"
    else:
        yield f"Last shipped: {clock.iso(found.last_shipped_at)}, {age(found.last_shipped_s)} ago"
    yield f"In the last 5 minutes: {found.shipped_per_s:,.1f} events/s"
    yield f"Set aside: {found.refused:,}"
    if found.last_error:
        yield f"Last error: {found.last_error}"


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"
