"""`GET /metrics`, as Prometheus reads it."""

import gzip

from flask import Blueprint, Response, current_app, request
from prometheus_client.exposition import choose_encoder, gzip_accepted

from pingpong.openapi.access import Access
from pingpong.openapi.operation import Answer, operation
from pingpong.ops.health import OPERATING
from pingpong.ops.metrics.access import require_reader
from pingpong.ops.metrics.exposition import Exposition, all_surveys

blueprint = Blueprint("metrics", __name__)

EXAMPLE = """# HELP pingpong_live_streams Open streams (`/events/`).
# TYPE pingpong_live_streams gauge
pingpong_live_streams{host="web-1"} 3.0
"""


@blueprint.get("/metrics")
@operation(
    OPERATING,
    answers={200: Answer("As text, or as OpenMetrics.", None, "text/plain", example=EXAMPLE)},
    errors=[401, 403, 404],
    access=Access.OPTIONAL,
)
def metrics() -> Response:
    """Read the metrics, as Prometheus does: with METRICS_TOKEN, or on METRICS_PORT."""
    require_reader()
    current_app.extensions["sampler"].run_once()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    response = Response(encode(Exposition(all_surveys())), content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Accept", "Accept-Encoding"))
    if gzip_accepted(request.headers.get("Accept-Encoding", "")):
        response.set_data(gzip.compress(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response
