"""The labelled set, for others: COCO, NIfTI, PNG, DICOM SEG and DICOM SR."""
