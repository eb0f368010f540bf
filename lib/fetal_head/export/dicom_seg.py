"""A mask as a DICOM Segmentation of its image."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from skimage.color import rgb2lab

from fetal_head.export.codes import ANATOMICAL_STRUCTURE, code_of
from fetal_head.export.equipment import MADE_BY, NAME, dated, person, string
from fetal_head.export.label import Label
from fetal_head.export.source import Source
from fetal_head.imaging.loss import KEYWORDS
from fetal_head.imaging.mask import part_of
from fetal_head.labels import BY_NAME, Structure
from fetal_head.uids import uid_of

SERIES_NUMBER = 9001


def segmentation(label: Label, source: Source, issue: int = 0) -> Segmentation:
    """The Segmentation of a label: a segment for each annotated structure, in the order of their values.

    A segment without a frame is of a structure that was looked for and is not there. The same label gives the same bytes.

    Args:
        issue: another number for each time that the label counts again after it did not: what was withdrawn stays so.

    Raises:
        ValueError: the mask is not of the source's size, speaks of no structure, or the source says what DICOM does not allow.
    """
    structures = [BY_NAME[name] for name in label.annotated]
    header = Dataset()
    header.update(source.header)
    if label.mask.shape != (header.Rows, header.Columns):
        theirs = f"{header.Columns} x {header.Rows}"
        raise ValueError(f"the mask has {label.mask.shape[1]} x {label.mask.shape[0]} pixels, its DICOM image {theirs}")
    if not structures:
        raise ValueError("the label speaks of no structure, and a DICOM Segmentation has one segment at least")
    said = part_of(label.mask, label.annotated)
    # highdicom wants all of them as soon as there is one; not every machine writes them
    lossy = [header.pop(keyword) for keyword in KEYWORDS if keyword in header]
    made = Segmentation(
        source_images=[header],
        pixel_array=np.stack([said == s.value for s in structures], axis=-1)[np.newaxis],
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[_segment(number, s, label) for number, s in enumerate(structures, start=1)],
        series_instance_uid=series_uid(source),
        series_number=SERIES_NUMBER,
        series_description="Fetal head, outlines",
        sop_instance_uid=uid_of("SEG", *_identity(label, source), issue),
        instance_number=label.number,
        content_label="FETAL_HEAD",
        content_description="Outlines of a fetal head",
        content_creator_name=person(label.who),
        **MADE_BY,
    )
    for element in lossy:
        made.add(element)
    made.PatientOrientation = header.get("PatientOrientation", "")
    for item in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid_of("SEG dimensions", made.SOPInstanceUID)
    if source.frame is not None:
        _name_frame(made, source.frame)
    return dated(made, label.at, source.header)


def series_uid(source: Source) -> str:
    """The series of all Segmentations that are ever made of an image."""
    return uid_of("SEG series", source.header.SOPInstanceUID, source.frame)


def _identity(label: Label, source: Source) -> tuple[object, ...]:
    """What a label is told apart by: another mask of the same number, made after a study folder was lost, is another one."""
    pixels = sha256(label.mask.tobytes()).hexdigest()
    told = (label.number, *label.annotated, label.spacing, label.who, label.model, label.at.timestamp(), pixels)
    return (source.header.SOPInstanceUID, source.frame, *told)


def _segment(number: int, structure: Structure, label: Label) -> SegmentDescription:
    algorithm = None
    if label.model is not None:
        family = codes.cid7162.ArtificialIntelligence
        algorithm = AlgorithmIdentificationSequence(string(f"{NAME} {label.model}"), family, string(label.model))
    kind = SegmentAlgorithmTypeValues.SEMIAUTOMATIC if algorithm else SegmentAlgorithmTypeValues.MANUAL
    segment = SegmentDescription(
        segment_number=number,
        segment_label=structure.name,
        segmented_property_category=ANATOMICAL_STRUCTURE,
        segmented_property_type=code_of(structure),
        algorithm_type=kind,
        algorithm_identification=algorithm,
    )
    lightness, a, b = rgb2lab(np.array(structure.colour) / 255)
    segment.RecommendedDisplayCIELabValue = list(CIELabColor(lightness, a, b).value)
    return segment


def _name_frame(made: Segmentation, frame: int) -> None:
    """highdicom refers to whole instances; this one has many frames, and the mask is of one."""
    # the item is in the list of instances, too, which has no frames
    reference = Dataset()
    reference.update(made.SourceImageSequence[0])
    reference.ReferencedFrameNumber = frame
    made.SourceImageSequence = [reference]
    for item in made.PerFrameFunctionalGroupsSequence:
        for derivation in item.DerivationImageSequence:
            derivation.SourceImageSequence[0].ReferencedFrameNumber = frame
