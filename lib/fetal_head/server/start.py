"""`monailabel start_server`, sooner: `python -m fetal_head.server.start start_server ...`."""

import gc
import signal
import sys

# Ctrl-C ends it as SIGTERM does, also while it imports: no traceback tells of that
signal.signal(signal.SIGINT, signal.SIG_DFL)
# of 10 seconds of imports one goes into looking for what nobody uses any more; the app begins with it again once it is up
gc.disable()
# and four into what MONAI imports, where it is there, for handlers and pictures that the server never asks it for
_UNASKED = ("ignite", "matplotlib", "mlflow", "pandas")
sys.modules.update(dict.fromkeys(_UNASKED))  # type: ignore[arg-type]

from monailabel.main import Main  # noqa: E402

for _name in _UNASKED:
    del sys.modules[_name]

if __name__ == "__main__":
    Main().run()
