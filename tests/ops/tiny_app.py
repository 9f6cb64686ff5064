"""What gunicorn serves in test_web_process: next to nothing, with a hub for the web process to shut down."""

import time
from pathlib import Path

from flask import Flask, request
from redis import Redis

from pingpong.live.hub import Hub
from pingpong.metrics.telling import Teller

app = Flask(__name__)
app.extensions["hub"] = Hub(10, 10)
app.extensions["attendance"] = ()
app.extensions["teller"] = Teller(Redis(port=1), "web")


@app.get("/")
def scheme() -> str:
    """Say how it was asked."""
    return request.scheme


@app.get("/slow")
def slow() -> str:
    """Take half a second; a file tells that it has begun."""
    Path(request.args["begun"]).touch()
    time.sleep(0.5)
    return request.scheme
