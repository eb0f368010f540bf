"""What a JPEG, JPEG-LS or JPEG 2000 stream inside a DICOM file says of its size and its colours."""

from __future__ import annotations

from io import BytesIO

from PIL.JpegImagePlugin import JpegImageFile
from pydicom.encaps import defragment_data

# ISO 10918-1 B.2.2: frame headers, less DHT (C4), JPG (C8) and DAC (CC); ISO 14495-1 C.2.2: that of JPEG-LS (F7)
FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
# ISO 15444-1 A.5.1: a stream begins with SOC and SIZ
JPEG, JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"


def encoded_size(pixel_data: bytes) -> tuple[int, int]:
    """(rows, columns) of a frame's stream.

    Raises:
        ValueError: a stream of another kind, or that ends before it says its size.
    """
    stream = defragment_data(pixel_data)
    # some writers put JPEG 2000 into a file of its own first
    siz = stream.find(JPEG_2000)
    if not stream.startswith(JPEG) and siz >= 0:
        right, bottom, left, top = (int.from_bytes(stream[siz + at : siz + at + 4], "big") for at in (8, 12, 16, 20))
        return bottom - top, right - left
    at = len(JPEG)
    while stream.startswith(JPEG) and at + 9 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker in FRAME_HEADERS:
            return int.from_bytes(stream[at + 5 : at + 7], "big"), int.from_bytes(stream[at + 7 : at + 9], "big")
        # any number of FF may stand before a marker
        at += 1 if marker == 0xFF else 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
    raise ValueError("its pixels cannot be decoded: the picture in it does not say its size")


def jpeg_colours(pixel_data: bytes) -> str | None:
    """RGB or YBR_FULL, as a JPEG stream of three colours says by its markers or components; None where it says neither."""
    with JpegImageFile(BytesIO(defragment_data(pixel_data))) as image:
        info, components = image.info, image.layer
    if "jfif" in info or "adobe_transform" in info:
        return "RGB" if "jfif" not in info and info["adobe_transform"] == 0 else "YBR_FULL"
    if [chr(name) for name, *_ in components] == ["R", "G", "B"]:
        return "RGB"
    # only chroma is ever coarser than the rest
    return "YBR_FULL" if len({(across, down) for _, across, down, _ in components}) > 1 else None
