"""`python shipper.py`: sends the event log to ClickHouse."""

import signal
from contextlib import closing

from flask import Flask

from pingpong.eventlog.alarm import Alarm
from pingpong.eventlog.clickhouse.opening import opener
from pingpong.eventlog.shipper import Pause, Shipper
from pingpong.settings import Settings
from pingpong.signals import SignalInbox


def ship(app: Flask, settings: Settings) -> None:
    """Ship until told to stop; a batch under way is finished."""
    with (
        app.app_context(),
        SignalInbox((signal.SIGTERM, signal.SIGINT)) as signals,
        closing(Alarm(settings.libpq_url)) as alarm,
    ):
        shipper = Shipper(opener(settings))
        pause = Pause(0.0)
        while not signals.wait(pause.seconds, alarm.descriptors() if pause.ends_with_news else ()):
            # Read in any case: what a listener leaves unread fills a queue of the whole server.
            has_rung = alarm.has_rung()
            if pause.ends_with_news and has_rung and signals.wait(settings.eventlog_gather_s):
                return
            pause = shipper.run_once()
