"""The pages of administrators: `/admin/` over the models, and `/admin/rq/` over the queues.

Only web processes load them (`wsgi.py`): others would pay 15 MB for pages that they do not serve.
"""

from flask import Flask

from pingpong.ops.admin.models import init_models
from pingpong.ops.admin.rq import init_rq


def init_admin(app: Flask) -> None:
    """Add the pages."""
    init_models(app)
    init_rq(app)
