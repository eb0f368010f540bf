"""One frame of a multi-frame DICOM image as an image of its own, and the way back to the original."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from pydicom.filewriter import dcmwrite
from pydicom.pixel_data_handlers.util import get_expected_length
from pydicom.uid import UID, UltrasoundImageStorage

from fetal_head.uids import uid_of

_FRAME = re.compile(r"\.f\d+$")
# they tell of all frames together, and would be wrong for one
OF_ALL_FRAMES = (
    "NumberOfFrames",
    "FrameIncrementPointer",
    "FrameTime",
    "FrameTimeVector",
    "FrameDelay",
    "RepresentativeFrameNumber",
    "StartTrim",
    "StopTrim",
    "PreferredPlaybackSequencing",
    "RecommendedDisplayFrameRate",
    "CineRate",
    "ActualFrameDuration",
    "EffectiveDuration",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
)


@dataclass(frozen=True)
class Original:
    """The instance that an image is of.

    Attributes:
        frame: which of its frames, from 1; None for an instance of a single one.
    """

    sop_class: str
    instance: str
    frame: int | None

    @property
    def image_id(self) -> str:
        """What the image is called in a study folder."""
        return self.instance if self.frame is None else frame_id(self.instance, self.frame)


def frame_id(instance: str, frame: int) -> str:
    """What one frame of an instance is called in a study folder."""
    return f"{instance}.f{frame:04d}"


def instance_of(image_id: str) -> str:
    """The instance of which an image is, or is a frame."""
    return _FRAME.sub("", image_id)


def frame_count(dataset: Dataset) -> int:
    """How many frames an image has, as it says."""
    return int(dataset.get("NumberOfFrames") or 1)


def chosen_frames(dataset: Dataset, which: Literal["all", "key"]) -> Sequence[int]:
    """The frames of a loop that become images, from 1: `all`, the last one first, or its `key` frame.

    That is the one that it calls representative, else the middle one.
    """
    count, representative = frame_count(dataset), dataset.get("RepresentativeFrameNumber")
    if which == "all":
        # once the first one is there, all of them are
        return range(count, 0, -1)
    return [representative if isinstance(representative, int) and 1 <= representative <= count else (count + 1) // 2]


def frame_files(dataset: FileDataset, wanted: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """`frames_of` as the contents of DICOM files, each with its number."""
    for frame, single in zip(wanted, frames_of(dataset, wanted), strict=True):
        content = io.BytesIO()
        dcmwrite(content, single, write_like_original=False)
        yield frame, content.getvalue()


def frames_of(dataset: FileDataset, wanted: Iterable[int]) -> Iterator[FileDataset]:
    """Frames of a multi-frame image, from 1, each as a single-frame ultrasound image that refers to it. No pixel is decoded.

    Raises:
        ValueError: the file holds another number of frames than it says, or not those.
    """
    count = frame_count(dataset)
    try:
        pixels = _pixels(dataset, count)
    except (AttributeError, ValueError, IndexError, KeyError, TypeError, struct.error) as error:
        raise ValueError(f"its frames cannot be told apart: {error}") from error
    if len(pixels) != count:
        raise ValueError(f"says that it has {count} frames, and holds {len(pixels)}")
    for frame in wanted:
        if not 1 <= frame <= count:
            raise ValueError(f"has {count} frames, and no frame {frame}")
        yield _single(dataset, frame, pixels[frame - 1])


def original_of(dataset: Dataset) -> Original:
    """The instance that an image is of: itself, or the multi-frame one that `frames_of` took it from."""
    for source in dataset.get("SourceImageSequence") or []:
        instance, frame = source.get("ReferencedSOPInstanceUID"), source.get("ReferencedFrameNumber")
        # anybody may refer to a source; only ours have a UID that follows from it
        if dataset.SOPInstanceUID == _uid_of(instance, frame):
            return Original(str(source.ReferencedSOPClassUID), str(instance), int(frame))
    return Original(str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), None)


def _uid_of(instance: object, frame: object) -> str:
    return uid_of("frame", instance, frame)


def _pixels(dataset: FileDataset, count: int) -> list[bytes]:
    if UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated:
        return [encapsulate([frame]) for frame in generate_pixel_data_frame(dataset.PixelData, count)]
    size = get_expected_length(dataset) // count
    whole = range(0, len(dataset.PixelData) - size + 1, size)
    # a value has an even length
    return [dataset.PixelData[at : at + size] + bytes(size % 2) for at in whole]


def _single(dataset: FileDataset, frame: int, pixels: bytes) -> FileDataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    reference.ReferencedFrameNumber = frame
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    meta.MediaStorageSOPInstanceUID = _uid_of(dataset.SOPInstanceUID, frame)
    # it shares its elements with the original, so that each one that differs has to be a new one
    single = FileDataset("", dataset[:], preamble=bytes(128), file_meta=meta)
    single.is_little_endian, single.is_implicit_VR = dataset.is_little_endian, dataset.is_implicit_VR
    for keyword in OF_ALL_FRAMES:
        single.pop(keyword, None)
    single.add_new("SourceImageSequence", "SQ", [reference])
    single.add_new("SOPClassUID", "UI", meta.MediaStorageSOPClassUID)
    single.add_new("SOPInstanceUID", "UI", meta.MediaStorageSOPInstanceUID)
    single.add_new("InstanceNumber", "IS", frame)
    single["PixelData"] = copy(dataset["PixelData"])
    single["PixelData"].value = pixels
    return single
