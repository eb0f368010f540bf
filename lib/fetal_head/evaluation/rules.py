"""The rules by which the figures come about, in words, for `metrics.json` and the report."""

from __future__ import annotations

from fetal_head.evaluation.bootstrap import LEVEL, RESAMPLES

RULES = {
    "structures": "BRAIN is the whole head: every pixel that is not background, CSP and LV included, and all that these enclose.",
    "annotated": (
        "A structure counts in an image only where its mask speaks of it and it was asked for. A mask without a pixel of BRAIN "
        "is of a head that the field of view cuts: BRAIN is unknown there, as where CSP and LV make up half of what is left of "
        "the head. CSP and LV without a pixel are absent: not visible. "
        "A black and white drawing speaks of BRAIN alone, and of the masks of an export its index.csv says what each speaks of."
    ),
    "empty masks": (
        "Dice, IoU, sensitivity, precision, HD95 and ASD are means over the images in which the structure is annotated and has "
        "a pixel. Where it is annotated and has none, the image counts for false presence and pooled Dice alone."
    ),
    "missed": (
        "Where a structure is present and the model marks none of it, Dice, IoU and sensitivity are 0; precision, HD95 and ASD "
        "are not defined, and the image is left out of their means: 'missed' says how many are, and n how many are left."
    ),
    "detection": "Share of the images with the structure in which the predicted region shares a pixel with the true one.",
    "false presence": "Share of the annotated images without the structure in which the model marks at least one pixel of it.",
    "pooled Dice": (
        "Dice of the pixels of all annotated images together, also of those without the structure; n counts the images with a "
        "true or predicted pixel of it."
    ),
    "HD95": (
        "The larger of the two directed 95th percentiles of the distance from one outline to the other; an outline is the "
        "region's own outermost pixels. hd95 and asd are in pixels of the size at which they are taken; hd95_mm and asd_mm are "
        "in millimetres, with the pixel's two sides apart, over the images whose pixel size is known."
    ),
    "ASD": "Mean distance of the outlines from each other, over the pixels of both (average symmetric surface distance).",
    "network size": (
        "What the network itself says, in the size and frame in which it works and before any post-processing, against the mask "
        "brought into them; n can be smaller where a structure has no pixel left there."
    ),
    "intervals": (
        f"low and high bound the {LEVEL:.0%} interval of the percentile bootstrap: {RESAMPLES} resamples of the patients, each "
        "with all of its images. Patients are told by the index of the images' study folder or of an export, else by DICOM "
        "files, else by the images' names; in another naming than FETAL_PLANES_DB's and HC18's every image counts as a patient "
        "of its own. There is no interval with fewer than two patients."
    ),
    "biometry": (
        "Predicted minus reference, in mm: mean absolute error, bias (mean), sd (n - 1) and limits of agreement (bias +- 1.96 "
        "sd). The reference is the same measurement of the true mask; HC, BPD and OFD are those of the ellipse with the head's "
        "area moments, and are not taken of a head that touches the image's border. 'not_measured' counts the images with a "
        "reference in whose predicted mask nothing could be measured."
    ),
    "published HC": (
        "hc_published_mm is against the head circumference in the table of pixel sizes. HC18's is that of the middle of the "
        "drawn line, and a mask's edge lies outside of that."
    ),
    "pixel size": (
        "The table's, else what the index of the images' study folder or of an export says, else the image file's own (DICOM, "
        "NIfTI, NRRD). One value for an image is taken along both axes: where the image was stretched, its millimetres are wrong."
    ),
}

LIMITS = (
    "The figures hold for images like these: other devices, planes and gestational ages can be harder.",
    "The masks are taken as true; how far two readers would differ is part of every error.",
    "Images on which the model was trained flatter it: none of their patients should be here.",
    "With few patients intervals are too narrow; one of no width (all found, none seen) says that there are too few to tell.",
    "The intervals speak of the choice of patients alone, not of another training of the model.",
)
