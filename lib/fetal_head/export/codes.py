"""What DICOM calls structures and measurements: SNOMED CT, LOINC, DCM and UCUM, and a scheme of ours for what they lack."""

from __future__ import annotations

from dataclasses import dataclass

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.coding import Code

from fetal_head.labels import BRAIN, CSP, LV, Structure

# PS3.16 8.2: names of schemes that nobody registered begin with 99
PRIVATE = "99FETALHEAD"
SCHEME = CodingSchemeIdentificationItem(
    PRIVATE, name="Measurements of the fetal head", version="1", responsible_organization="fetal-head"
)

ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
ULTRASOUND_OF_PREGNANCY = Code("11525-3", "LN", "Ultrasound Obstetric and Gyn Report")
GESTATIONAL_AGE = Code("18185-9", "LN", "Gestational Age")


@dataclass(frozen=True)
class Quantity:
    """A measurement of `biometry.Biometry`.

    Attributes:
        field: its name there.
        structure: what it measures.
        unit: in UCUM, where the pixel size is known.
        method: of an age its equation, of a diameter where on the skull it begins and ends.
    """

    field: str
    structure: Structure
    name: Code
    unit: Code
    method: Code | None = None


# Hadlock's BPD ends at the inner edge of the far skull, and LOINC has one code for both
OUTER_OUTER = Code("OUTER_OUTER", PRIVATE, "Outer edge to outer edge of the skull")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
PERCENT = Code("%", "UCUM", "Percent")
WEEK = Code("wk", "UCUM", "week")

QUANTITIES: tuple[Quantity, ...] = (
    Quantity("hc", BRAIN, Code("11984-2", "LN", "Head Circumference"), MILLIMETRE),
    Quantity("bpd", BRAIN, Code("11820-8", "LN", "Biparietal Diameter"), MILLIMETRE, OUTER_OUTER),
    Quantity("ofd", BRAIN, Code("11851-3", "LN", "Occipital-Frontal Diameter"), MILLIMETRE, OUTER_OUTER),
    Quantity("ci", BRAIN, Code("11823-2", "LN", "Cephalic Index"), PERCENT),
    Quantity("ga_hadlock_weeks", BRAIN, GESTATIONAL_AGE, WEEK, Code("11932-1", "LN", "HC, Hadlock 1984")),
    Quantity("ga_hadlock_bpd_weeks", BRAIN, GESTATIONAL_AGE, WEEK, Code("11902-4", "LN", "BPD, Hadlock 1984")),
    Quantity("ga_intergrowth_weeks", BRAIN, GESTATIONAL_AGE, WEEK, Code("GA_HC_IG21", PRIVATE, "HC, INTERGROWTH-21st 2016")),
    Quantity("csp_width", CSP, Code("CSP_WIDTH", PRIVATE, "Cavum septi pellucidi width"), MILLIMETRE),
    Quantity("lv_width", LV, Code("12171-5", "LN", "Lateral Ventricle width"), MILLIMETRE),
)


def code_of(structure: Structure) -> Code:
    """The SNOMED CT code of a structure."""
    return Code(structure.snomed, "SCT", structure.title.capitalize())
