"""`python -m relay`: the command line."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    # Before the imports below, which take a moment: a Ctrl-C may end this process at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from relay.cli.packages import missing_package

try:
    from relay.cli.main import main
except ModuleNotFoundError as exc:
    if (said := missing_package(exc)) is None:
        raise
    sys.exit(said)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
