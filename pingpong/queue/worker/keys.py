"""Where RQ keeps what this worker writes by scripts, as far as RQ has no name for it."""

from rq.executions import ExecutionRegistry

EXECUTION_PREFIX = "rq:execution:"
"""Of an execution: `job id:execution id` follows."""
EXECUTIONS_PREFIX = ExecutionRegistry.key_template.format("")
"""Of a job's executions: its id follows."""
