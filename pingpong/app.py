"""What the app consists of: the table of contents."""

import sys

import click
from flask import Flask

from pingpong import accounts, chat, dsp, live, openapi, ops, pages, pings, tasks
from pingpong.accounts.audience import audience_of_request
from pingpong.accounts.identity import is_known
from pingpong.errors import init_errors
from pingpong.extensions import init_extensions
from pingpong.feature import Feature
from pingpong.http import init_http
from pingpong.live.extension import init_live
from pingpong.logs import configure_logging
from pingpong.queue import rescue
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings, load_settings
from pingpong.tasks.announcer import Announcer
from pingpong.tasks.loading import load_kinds
from pingpong.tasks.writes import Writes

FEATURES: tuple[Feature, ...] = (
    live.FEATURE,
    accounts.FEATURE,
    tasks.FEATURE,
    pings.FEATURE,
    chat.FEATURE,
    dsp.FEATURE,
    pages.FEATURE,
    ops.FEATURE,
    openapi.FEATURE,
)


def build(settings: Settings | None = None) -> Flask:
    """Put the app together."""
    settings = settings or load_settings()
    if click.get_current_context(silent=True):
        configure_logging(settings, "flask", sys.stderr)  # what a command prints is on standard output
    app = Flask("pingpong")
    app.config["SECRET_KEY"] = settings.secret_key
    init_extensions(app, settings)
    init_live(app, settings, audience_of_request)
    init_http(app, settings, is_known)
    init_errors(app)
    accounts.init_accounts(app, settings)
    load_kinds(settings.task_modules)
    app.extensions["task_writes"] = Writes(app)
    app.extensions["announcer"] = Announcer(app)
    chat.init_chat(app)
    app.extensions["surveys"] = [survey for feature in FEATURES for survey in feature.surveys]
    for feature in FEATURES:
        _add(app, feature)
    return app


def all_schedules(settings: Settings) -> list[Schedule]:
    """Every periodic job of every feature: the one place where the scheduler learns of them."""
    return [schedule for feature in FEATURES if feature.schedules for schedule in feature.schedules(settings)]


def _add(app: Flask, feature: Feature) -> None:
    for blueprint in feature.blueprints:
        app.register_blueprint(blueprint)
    for function in feature.rescues:
        rescue.register(function)
