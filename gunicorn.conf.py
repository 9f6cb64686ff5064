"""How gunicorn serves the web process. `gunicorn wsgi:app` reads this file by itself."""

from gevent import monkey

# Before anything of ours is imported: psycopg picks its way of waiting, and redis-py its sockets, on import.
monkey.patch_all()

import logging  # noqa: E402
from pathlib import Path  # noqa: E402

from gunicorn.arbiter import Arbiter  # noqa: E402
from gunicorn.config import Config  # noqa: E402
from gunicorn.glogging import Logger  # noqa: E402
from gunicorn.workers.base import Worker  # noqa: E402

from pingpong.logs import configure_logging  # noqa: E402
from pingpong.metrics import folder  # noqa: E402
from pingpong.settings import load_settings  # noqa: E402

settings = load_settings()


class OurLogger(Logger):
    """Lets gunicorn's records take the same way as all others."""

    def setup(self, cfg: Config) -> None:
        """Take gunicorn's own handlers away again, and configure the way of all others."""
        super().setup(cfg)
        configure_logging(settings, "web")
        for name in ("gunicorn.error", "gunicorn.access"):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.NOTSET)  # LOG_LEVEL says it


def child_exit(_arbiter: Arbiter, worker: Worker) -> None:
    """Let `/metrics` no longer count its streams and connections."""
    folder.forget(worker.pid)


def on_exit(_arbiter: Arbiter) -> None:
    """Leave nothing behind."""
    folder.discard()


folder.share()  # what the web processes count, whichever is asked

bind = [f"0.0.0.0:{port}" for port in (settings.port, settings.metrics_port) if port]
workers = settings.web_concurrency
worker_class = "pingpong.web_worker.WebWorker"  # gunicorn's gevent worker
worker_connections = 10_000  # streams, sockets and requests together; the default is 1,000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a heartbeat must not wait for a disk
preload_app = False  # each worker has its own pool, subscription and hub
control_socket_disable = True  # it would lie in the home folder, shared by all instances

timeout = 30
graceful_timeout = 20
keepalive = 75  # longer than a load balancer's 60 s: it must be the one that closes an idle connection

forwarded_allow_ips = ""  # TRUSTED_PROXIES decides whom to believe, in pingpong/http.py

accesslog = None  # the app writes its own line for each request, with the request's id
logger_class = OurLogger
