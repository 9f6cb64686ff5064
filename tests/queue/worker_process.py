"""A worker process: `python -m tests.queue.worker_process <redis url> <queues> <options as JSON>`.

Options are those of GreenletWorker, and under "work" those of its `work()`. "class" names another class of
workers, "exception_handlers" functions, and "hears_late_s" is how late it hears what its scripts answer.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

from redis import Redis  # noqa: E402
from redis.backoff import NoBackoff  # noqa: E402
from redis.retry import Retry  # noqa: E402
from rq.utils import import_attribute  # noqa: E402


def main(redis_url: str, queues: str, options: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger().handlers[0].addFilter(show_stack)
    settings = json.loads(options)
    work_options = settings.pop("work", {})
    HardOfHearing.late_s = settings.pop("hears_late_s", 0)
    connection = HardOfHearing.from_url(redis_url, retry=Retry(NoBackoff(), 1))
    worker_class = import_attribute(settings.pop("class", "pingpong.queue.worker.GreenletWorker"))
    handlers = [import_attribute(name) for name in settings.pop("exception_handlers", [])]
    worker = worker_class(queues.split(","), connection=connection, exception_handlers=handlers, **settings)
    worker.work(**work_options)


class HardOfHearing(Redis):
    late_s: float = 0

    def eval(self, *arguments: Any) -> Any:
        answer = super().eval(*arguments)
        time.sleep(self.late_s)
        return answer


def show_stack(record: logging.LogRecord) -> bool:
    record.stack_info = getattr(record, "stack", None)
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
