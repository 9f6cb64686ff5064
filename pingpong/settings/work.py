"""Tasks, and the processes that do them."""

from pydantic import BaseModel, Field

from pingpong.settings.types import Names, Seconds


class WorkSettings(BaseModel):
    """Tasks, and the processes that do them."""

    ping_delay_s: float = Field(3.0, ge=0, description="A ping is answered this long after it was submitted.")
    idempotency_ttl_s: int = Field(24 * 3600, gt=0, description="How long an Idempotency-Key is remembered.")
    short_search_window: int = Field(
        50_000, ge=100, description="Rows that one page of a search looks at for which there is no index."
    )
    task_max_attempts: int = Field(
        5, ge=1, description="A task whose worker died or lost its job this often is given up."
    )
    task_max_result_bytes: int = Field(
        1024 * 1024, ge=1, description="A task whose answer is larger, as JSON, fails."
    )
    task_modules: Names = Field(
        (), description="Python modules with further kinds of tasks, with commas between."
    )
    fetch_allowed_hosts: Names = Field(
        (), description="`host:port` of private servers that fetch_title may ask, with commas between."
    )
    worker_concurrency: int = Field(200, ge=1, description="Jobs that an io worker runs at once.")
    worker_max_waiting: int = Field(
        10_000, ge=0, description="Jobs beside those that wait until their time, and take no slot meanwhile."
    )
    cruncher_processes: int = Field(
        0, ge=0, description="Jobs that a cruncher runs at once; 0 is one for each usable core."
    )
    worker_heartbeat_s: Seconds = Field(5, description="How often a worker says that it is alive.")
    worker_grace_s: Seconds = Field(20, description="After SIGTERM, jobs may finish within this time.")
    dead_worker_after_s: Seconds = Field(15, description="A worker silent for this long counts as dead.")
    job_timeout_s: int = Field(180, gt=0, description="A job that takes longer is stopped and fails.")
    job_ttl_s: int = Field(24 * 3600, gt=0, description="A queued job's key expires after this.")
    job_result_ttl_s: int = Field(300, gt=0, description="RQ keeps the record of a good job for this long.")
    job_failure_ttl_s: int = Field(7 * 24 * 3600, gt=0, description="And that of a failed one for this long.")
    heartbeat_every_s: Seconds = Field(3, description="The beat that every page shows.")
    rescue_every_s: Seconds = Field(5, description="How often lost work and news are looked for.")
    rescue_after_s: Seconds = Field(5, description="Work and news younger than this are left alone.")
    rescue_batch: int = Field(1_000, ge=1, description="Tasks that one rescue looks at.")
    scheduler_lease_s: Seconds = Field(4, description="A leader silent for this long is replaced.")
