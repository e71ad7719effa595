"""`python -m local run` and `python -m local demo`."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    # Before the imports below, which take a moment: until the supervisor listens there is nothing to end in
    # order, so a Ctrl-C may end this process at once, and without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from local.commands import main

if __name__ == "__main__":
    sys.exit(main())
