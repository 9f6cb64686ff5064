"""`/metrics`, for Prometheus: see docs/metrics.md.

Only web processes load it (`wsgi.py`), and prometheus_client with it.
"""

from flask import Flask

from pingpong.metrics.telling import Teller, over_and_over
from pingpong.ops.metrics.access import init_port
from pingpong.ops.metrics.routes import blueprint
from pingpong.ops.metrics.sampler import Sampler
from pingpong.ops.metrics.web import init_web


def init_metrics(app: Flask) -> None:
    """Count the requests of this process, and add the route."""
    app.extensions["sampler"] = Sampler(app)
    init_web(app)
    init_port(app)
    app.register_blueprint(blueprint)


def tell_metrics(app: Flask) -> None:
    """Tell the others, from now on, how this process stands. Called once by each web process."""
    teller = app.extensions["teller"] = Teller(app.extensions["redis"], "web")
    over_and_over(app.extensions["sampler"].run_once, teller.try_once)
