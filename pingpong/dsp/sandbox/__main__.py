"""`python -m pingpong.dsp.sandbox`."""

import sys

from pingpong.dsp.sandbox.options import parse
from pingpong.dsp.sandbox.server import serve
from pingpong.logs import configure_logging
from pingpong.settings import load_settings


def main() -> int:
    """Run until told to stop; return the exit code."""
    options = parse()
    configure_logging(load_settings(), "dsp-sandbox", sys.stderr)
    try:
        serve(options)
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot listen: {error.strerror}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
