"""Registering that a job is running: the step from the intermediate queue into RQ's started registry."""

from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue

from pingpong.queue.worker.scripts import RUN_COMMANDS, words
from pingpong.queue.worker.view import OneJobView

EXECUTION_TTL_S = 600
"""How long RQ waits for a sign of life before it takes a running job for failed. A worker that dies is
noticed much sooner, and its jobs run again; this is for what nothing else has noticed."""

WHILE_TAKEN = f"""{RUN_COMMANDS}
-- KEYS: 1 intermediate queue
-- ARGV: 1 job id, then any number of commands
-- Runs the commands if the job was still in the intermediate queue, which it leaves. Returns 1 if so.
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
run(2)
return 1
"""


def register_start(view: OneJobView, queue: Queue, job: Job) -> bool:
    """Write that `job` is running here, in one atomic step.

    False if someone has put the job back into its queue meanwhile, because this worker took so long that it
    was taken for dead: then it is not this worker's any more, and nothing is written.
    """
    with view.connection.pipeline() as pipeline:
        # RQ's own code says what to write; the pipeline is only its list and is never executed.
        execution = Execution.create(job, EXECUTION_TTL_S, pipeline=pipeline, worker_name=view.name)
        job.prepare_for_execution(view.name, pipeline=pipeline)
        view.set_current_job_id(job.id, pipeline=pipeline)
        commands = words(pipeline)
    if not view.worker.scripts.run(WHILE_TAKEN, [queue.intermediate_queue_key], [job.id, *commands]):
        return False
    view.execution = execution
    return True
