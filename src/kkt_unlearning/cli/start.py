"""Where the command begins: while it loads, Ctrl-C ends it as a signal does, without a traceback."""

import signal


def main() -> int:
    """Run one verb, as `kkt_unlearning.cli.main.main`, whose imports take most of the time of a short one."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as behind nohup
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from kkt_unlearning.cli.main import main as command

    signal.signal(signal.SIGINT, before)
    return command()
