"""The measurements of a label as a DICOM Measurement Report (TID 1500)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from highdicom.seg import Segmentation
from highdicom.sr import (
    AlgorithmIdentification,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    ReferencedSegmentationFrame,
    SourceImageForSegmentation,
    SubjectContext,
    SubjectContextFetus,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ComprehensiveSRStorage

from fetal_head.biometry import Biometry, measure
from fetal_head.export.codes import QUANTITIES, SCHEME, ULTRASOUND_OF_PREGNANCY, code_of
from fetal_head.export.equipment import DEVICE, MADE_BY, NAME, dated, person
from fetal_head.export.label import Label
from fetal_head.export.source import Source
from fetal_head.imaging import Mask
from fetal_head.labels import BRAIN, BY_NAME, Structure
from fetal_head.uids import uid_of

SERIES_NUMBER = 9002
# nobody has told which of twins it is
FETUS = "the fetus in the image"


def report(
    label: Label, source: Source, outlines: Segmentation, replaces: str | None = None, issue: int = 0
) -> ComprehensiveSR | None:
    """The report of what can be measured in a label; None where nothing can. The same label gives the same bytes.

    Lengths and ages are in it only where the pixel size is known: a number of pixels is no length.

    Args:
        outlines: its Segmentation, to which the measurements refer.
        replaces: SOP Instance UID of the report of the same image that this one takes the place of.
        issue: as `segmentation` has it.

    Raises:
        ValueError: the source says what DICOM does not allow.
    """
    found = measure(_annotated_part(label), label.spacing)
    groups = list(_groups(label, source, outlines, found))
    if not groups:
        return None
    made = ComprehensiveSR(
        evidence=[source.header, outlines],
        content=MeasurementReport(_context(label), ULTRASOUND_OF_PREGNANCY, groups)[0],
        series_instance_uid=series_uid(source),
        series_number=SERIES_NUMBER,
        series_description="Fetal head, measurements",
        sop_instance_uid=report_uid(label, outlines, issue),
        instance_number=label.number,
        is_complete=True,
        is_final=label.is_approved,
        previous_versions=[_predecessor(source, replaces)] if replaces else None,
        coding_schemes=[SCHEME],
        **MADE_BY,
    )
    return dated(made, label.at, source.header)


def series_uid(source: Source) -> str:
    """The series of all reports that are ever made of an image."""
    return uid_of("SR series", source.header.SOPInstanceUID, source.frame)


def report_uid(label: Label, outlines: Segmentation, issue: int) -> str:
    """The SOP Instance UID of a label's report."""
    return uid_of("SR", outlines.SOPInstanceUID, label.is_approved, issue)


def _annotated_part(label: Label) -> Mask:
    """The mask without a BRAIN that nobody vouches for, for head and CSP are measured by it."""
    return label.mask if BRAIN.name in label.annotated else np.where(label.mask == BRAIN.value, np.uint8(0), label.mask)


def _groups(
    label: Label, source: Source, outlines: Segmentation, found: Biometry
) -> Iterator[PlanarROIMeasurementsAndQualitativeEvaluations]:
    if found.unit != "mm":
        # no length is what it is called then, nor a ratio of lengths: pixels need not be square
        return
    for structure in (BY_NAME[name] for name in label.annotated):
        measurements = [
            Measurement(quantity.name, value, quantity.unit, method=quantity.method)
            for quantity in QUANTITIES
            if quantity.structure == structure and (value := getattr(found, quantity.field)) is not None
        ]
        if measurements:
            yield PlanarROIMeasurementsAndQualitativeEvaluations(
                TrackingIdentifier(uid_of("tracking", outlines.SOPInstanceUID, structure.name), structure.name),
                referenced_segment=_segment(structure, source, outlines),
                finding_type=code_of(structure),
                algorithm_id=AlgorithmIdentification(NAME, str(MADE_BY["software_versions"])),
                measurements=measurements,
            )


def _segment(structure: Structure, source: Source, outlines: Segmentation) -> ReferencedSegmentationFrame:
    number = next(s.SegmentNumber for s in outlines.SegmentSequence if s.SegmentLabel == structure.name)
    frames = outlines.PerFrameFunctionalGroupsSequence
    numbers = [frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber for frame in frames]
    header, frame = source.header, source.frame
    image = SourceImageForSegmentation(header.SOPClassUID, header.SOPInstanceUID, [frame] if frame is not None else None)
    reference = ReferencedSegmentationFrame(
        outlines.SOPClassUID, outlines.SOPInstanceUID, numbers.index(number) + 1, number, source_image=image
    )
    # PS3.3 10.3: either the frame is said or the segment
    del reference[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
    return reference


def _context(label: Label) -> ObservationContext:
    """Who saw it in whom. The patient of the study is the mother; what is measured is the fetus's."""
    name = person(label.who)
    who = ObserverContext(codes.DCM.Person, PersonObserverIdentifyingAttributes(name)) if name else None
    device = DeviceObserverIdentifyingAttributes(DEVICE, name=NAME, model_name=label.model)
    return ObservationContext(
        observer_person_context=who,
        observer_device_context=ObserverContext(codes.DCM.Device, device),
        subject_context=SubjectContext(codes.DCM.Fetus, SubjectContextFetus(FETUS)),
    )


def _predecessor(source: Source, instance: str) -> Dataset:
    earlier = Dataset()
    earlier.SOPClassUID, earlier.SOPInstanceUID = ComprehensiveSRStorage, instance
    earlier.StudyInstanceUID, earlier.SeriesInstanceUID = source.header.StudyInstanceUID, series_uid(source)
    return earlier
