"""The study folder over DICOMweb."""
