"""Public data sets and folders of annotated images -> a study folder that MONAI Label opens."""

from fetal_head.datasets.candidate import Candidate, Skipped
from fetal_head.datasets.case import Case
from fetal_head.datasets.importer import ImportReport, import_dataset
from fetal_head.datasets.study import StudyWriter

__all__ = ["Candidate", "Case", "ImportReport", "Skipped", "StudyWriter", "import_dataset"]
