"""The web process: gunicorn loads `app` from here, in each worker after it was forked."""

from pingpong import create_app
from pingpong.chat.presence import hold
from pingpong.live.extension import listen
from pingpong.logs import configure_logging
from pingpong.ops.admin import init_admin
from pingpong.ops.metrics import init_metrics, tell_metrics
from pingpong.ops.warm import settle
from pingpong.settings import load_settings
from pingpong.telemetry import init_reports, init_traces

settings = load_settings()
configure_logging(settings, "web")
init_reports(settings, "web")
app = create_app(settings)
init_traces(settings, "web", app)
init_admin(app)
init_metrics(app)
listen(app)
hold(app)
tell_metrics(app)
settle()
