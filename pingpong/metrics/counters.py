"""Every metric of the whole cluster that is counted where it happens, and told to Redis every second.

They are the same whichever web process is asked. What is read when somebody asks, each feature declares with
its surveys; what web processes measure of themselves is in pingpong/ops/metrics/web.py.
"""

from pingpong.metrics.metric import Counter, Gauge, Histogram

JOB_OUTCOMES = ("finished", "failed", "retried", "stopped", "put_back", "killed")
TASK_OUTCOMES = ("done", "failed", "cancelled", "retried")
DSP_OUTCOMES = ("accepted", "pending", "succeeded", "refused", "fault", "outage")
DSP_ACTIONS = ("submit", "poll")
INSERT_OUTCOMES = ("shipped", "refused", "unsure")
ENTITY_STATUSES = ("submitted", "completed", "failed")

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 3.25, 5, 10, 30, 60, 120, 300)

JOBS = Counter(
    "pingpong_jobs_total",
    "Jobs whose run ended: `put_back` ones run again elsewhere, of `killed` ones the work horse died.",
    ("queue", "kind", "outcome"),
    known={"outcome": JOB_OUTCOMES},
)
JOB_SECONDS = Histogram(
    "pingpong_job_duration_seconds",
    "How long a run of a job took, with its waiting: a ping takes three seconds.",
    ("queue", "kind"),
    buckets=LONG,
)
JOBS_ABANDONED = Counter(
    "pingpong_jobs_abandoned_total", "Jobs of workers that died, put back into their queue.", ("queue",)
)
TASKS_DISPATCHED = Counter(
    "pingpong_tasks_dispatched_total",
    "Tasks enqueued at once because somebody asked: new ones, and those retried by hand. "
    "Neither further attempts nor what the rescuer enqueues.",
    ("kind",),
)
TASKS = Counter(
    "pingpong_tasks_total",
    "Attempts at tasks by what came of them: `retried` ones failed and are tried again.",
    ("kind", "outcome"),
    known={"outcome": TASK_OUTCOMES},
)
LATENESS = Histogram(
    "pingpong_task_lateness_seconds",
    "How much later than promised a task was answered, by the database's clock: a ping after three seconds.",
    ("kind",),
    buckets=SHORT,
)
BEAT_JITTER = Histogram(
    "pingpong_beat_jitter_seconds",
    "How much later than its time the scheduler queued a periodic job, by Redis' clock.",
    ("schedule",),
    buckets=SHORT,
)
BEATS_MISSED = Counter(
    "pingpong_beats_missed_total",
    "Runs of a periodic job that were left out: nobody led, or the run before had not begun.",
    ("schedule",),
)
HEARTBEAT_LATENESS = Histogram(
    "pingpong_heartbeat_lateness_seconds",
    "How much later than its time a worker told the heartbeat, by Redis' clock.",
    buckets=SHORT,
)
RESCUED = Counter(
    "pingpong_rescued_total", "What the rescuer has put right after a crash or an outage.", ("rescue",)
)
RESCUES_FAILED = Counter(
    "pingpong_rescues_failed_total", "Looks of the rescuer that ended with an error.", ("rescue",)
)
DB_POOL_TIMEOUTS = Counter(
    "pingpong_db_pool_timeouts_total", "Times that no database connection was free within DB_POOL_TIMEOUT_S."
)
EVENTS_SHIPPED = Counter("pingpong_outbox_events_shipped_total", "Events that went to ClickHouse.")
EVENT_INSERTS = Counter(
    "pingpong_outbox_inserts_total",
    "Batches of events sent to ClickHouse, by what came of them: it is `unsure` whether one is there.",
    ("outcome",),
    known={"outcome": INSERT_OUTCOMES},
)
DSP_REQUESTS = Counter(
    "pingpong_dsp_requests_total",
    "Requests to the third party by what came back: an `outage` speaks against it as a whole.",
    ("action", "outcome"),
    known={"action": DSP_ACTIONS, "outcome": DSP_OUTCOMES},
)
DSP_REQUEST_SECONDS = Histogram(
    "pingpong_dsp_request_duration_seconds",
    "How long the third party took to answer.",
    ("action",),
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30),
)
DSP_MOVES = Counter(
    "pingpong_dsp_entity_moves_total",
    "Entities that reached a status by an answer of the third party.",
    ("status",),
    known={"status": ENTITY_STATUSES},
)

PROCESSES = Gauge("pingpong_processes", "Processes that have told of themselves lately.", ("role",))
WORKER_JOBS = Gauge(
    "pingpong_worker_jobs",
    "Jobs in io workers: `running` ones take a slot, `waiting` ones only a seat.",
    ("state",),
)
WORKER_SLOTS = Gauge("pingpong_worker_slots", "Jobs that io workers can run at once (WORKER_CONCURRENCY).")
WORKER_SEATS = Gauge("pingpong_worker_seats", "Jobs that can wait beside them (WORKER_MAX_WAITING).")
WORKER_DB_CONNECTIONS = Gauge(
    "pingpong_worker_db_connections", "Database connections that io workers use at the moment."
)

COUNTED = (
    *(JOBS, JOB_SECONDS, JOBS_ABANDONED, TASKS_DISPATCHED, TASKS, LATENESS),
    *(BEAT_JITTER, BEATS_MISSED, HEARTBEAT_LATENESS, RESCUED, RESCUES_FAILED, DB_POOL_TIMEOUTS),
    *(EVENTS_SHIPPED, EVENT_INSERTS),
    *(DSP_REQUESTS, DSP_REQUEST_SECONDS, DSP_MOVES),
)
"""What processes count."""
LEVELS = (PROCESSES, WORKER_JOBS, WORKER_SLOTS, WORKER_SEATS, WORKER_DB_CONNECTIONS)
"""How processes say they stand: the sum over all that are alive."""
