"""What the runner's tests start: the runner alone, on a Procfile, without servers.

Usage: python -m tests.ops.supervisor <Procfile> [seconds within which processes stop] [--end-with-make]
"""

import signal
import sys
from pathlib import Path

from pingpong.logs import configure_logging
from pingpong.ops.environment import child_environment
from pingpong.ops.parent import Make
from pingpong.ops.process import ProcfileProcess
from pingpong.ops.procfile import long_running, read_procfile
from pingpong.ops.runner import STOP_SIGNALS, Runner
from pingpong.settings import load_settings
from pingpong.signals import SignalInbox


def main(procfile: Path, stops_within_s: float = 30, *, end_with_make: bool = False) -> None:
    configure_logging(load_settings(), "runner", sys.stderr)
    make = Make() if end_with_make else None
    with SignalInbox([*STOP_SIGNALS, signal.SIGCHLD]) as inbox:
        runner = Runner([], inbox, stops_within_s=stops_within_s)
        commands = long_running(read_procfile(procfile))
        environment = child_environment()
        runner.start_processes(
            [
                ProcfileProcess(name, command, procfile.parent, environment)
                for name, command in commands.items()
            ]
        )
        runner.watch(is_over=make.was_interrupted if make else lambda: False)
        runner.stop()


if __name__ == "__main__":
    flags = [argument for argument in sys.argv[1:] if argument.startswith("--")]
    values = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    main(Path(values[0]), *map(float, values[1:]), end_with_make="--end-with-make" in flags)
