"""`mtbench`, and `python -m mtbench`: the command line, which Ctrl-C ends at once while it is being imported."""

import os
import signal


def main() -> None:
    """Imports the command line and runs it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else it is to be ignored, as after nohup
        signal.signal(signal.SIGINT, _leave_at_once)
    from mtbench.cli import main as run

    signal.signal(signal.SIGINT, before)
    run()


def _leave_at_once(*_: object) -> None:
    os._exit(130)


if __name__ == "__main__":
    main()
