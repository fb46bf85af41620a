"""How the command ends."""

DONE = 0
WORSE = 1  # no certificate is as good as was asked for
UNUSABLE = 2  # input or output
FAULT = 3  # of the program
INTERRUPTED = 130  # as a shell says it
