"""The images of a study as DICOM names and finds them."""
