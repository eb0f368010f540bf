"""What lies in a study folder and cannot be taken in: it is named, and the rest goes on."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from fetal_head.pseudonym import pseudonym

logger = logging.getLogger(__name__)


# the folder is looked at again and again
@cache
def leave_out(path: Path, reason: str) -> None:
    """Says why a file or folder is not taken in, once; by its pseudonym, for it may be called after a patient."""
    message = "%s in the study folder is left out: %s; `fetal-head store check` tells what it is called"
    logger.warning(message, pseudonym(path.name), reason)
