"""``python -m kkt_unlearning.cli`` is the command ``kkt-unlearning``."""

import sys

from kkt_unlearning.cli.start import main

sys.exit(main())
