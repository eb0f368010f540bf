"""The program that decodes compressed DICOM pixels for `decoder`: reads paths, a line each, until its input ends."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from typing import BinaryIO

import numpy as np
import pydicom


def main() -> None:
    """Answers each path with a line of JSON and as many bytes of a .npy file as it says."""
    answers = os.fdopen(os.dup(1), "wb")
    # what decoders print must not get between the answers
    os.dup2(2, 1)
    for line in sys.stdin:
        _answer(json.loads(line), answers)


def _answer(path: str, answers: BinaryIO) -> None:
    pixels = io.BytesIO()
    said: dict[str, str | int | None]
    try:
        dataset = pydicom.dcmread(path)
        # it says how pixels lay before they were compressed, and of some kinds of JPEG pydicom takes them to lie so
        dataset.PlanarConfiguration = 0
        np.save(pixels, dataset.pixel_array, allow_pickle=False)
        said = {"interpretation": str(dataset.PhotometricInterpretation)}
    except Exception as error:
        number = errno.ENOMEM if isinstance(error, MemoryError) else getattr(error, "errno", None)
        pixels, said = io.BytesIO(), {"error": " ".join(str(error).split()) or type(error).__name__, "errno": number}
    answers.write(json.dumps({**said, "length": len(pixels.getvalue())}).encode() + b"\n" + pixels.getvalue())
    answers.flush()


if __name__ == "__main__":
    main()
