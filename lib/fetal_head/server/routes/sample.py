"""A sample as 3D Slicer has to be told of it, to open that one image and no other."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import HTTPException


def for_slicer(sample: dict[str, Any], links: Path) -> dict[str, Any]:
    """The answer to a next-sample request, with a `path`, a `name` and a `checksum` that keep its image by itself.

    Slicer takes files that lie in one folder and whose names differ in a number (`000_HC.png`, `001_HC.png`) for the slices
    of one volume, and DICOM stills of one series likewise. It also takes an older download of the same name for the image.
    So `path` is a link in a folder of its own below `links`, `name` ends in letters that belong to the id, and the
    checksum tells whether an old download will do. `path` is missing where no link can be made: Slicer then downloads.

    Answers 503 when the file cannot be read: it was taken away by hand and the study has not seen it yet, or it is not ours to
    read.
    """
    image = Path(sample["path"])
    try:
        content = image.read_bytes()
    except OSError as error:
        sentence = f"the file of the image '{sample['id']}' is gone from the study folder, or cannot be read ({error.strerror})"
        raise HTTPException(503, f"{sentence}; ask again in a few seconds") from error
    letters = "".join(chr(ord("a") + byte % 26) for byte in sha256(sample["id"].encode()).digest()[:8])
    extension = image.name.removeprefix(sample["id"])
    told = {**sample, "name": f"{sample['id']}-{letters}{extension}", "checksum": f"SHA256:{sha256(content).hexdigest()}"}
    # of the whole path, since servers of other studies, whose images may be called the same, share the app's folder
    link = links / sha256(os.fsencode(image)).hexdigest()[:16] / image.name
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink() or link.readlink() != image:
            link.unlink(missing_ok=True)
            link.symlink_to(image)
        told["path"] = str(link)
    except OSError:
        del told["path"]
    return told
