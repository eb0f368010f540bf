"""A study folder beside a PACS, without a server around them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from highdicom.seg import segread
from highdicom.sr import srread

from fetal_head.config import PacsSettings, load_settings
from fetal_head.pacs.client import Pacs
from fetal_head.pacs.pull import Puller
from fetal_head.pacs.push import Pusher
from fetal_head.store.study import StudyDatastore
from orthanc import PASSWORD, USER, Orthanc
from pictures import write_itk
from ultrasound import PHANTOM, written

Uids = dict[str, str]
# another mask than the phantom's own
MOVED = np.roll(PHANTOM.mask, 3, axis=1)


class Bench:
    """A study folder beside a PACS."""

    def __init__(self, orthanc: Orthanc, folder: Path, **settings: str) -> None:
        self.folder = folder / "study"
        self.folder.mkdir(exist_ok=True)
        password = folder / "password"
        password.write_text(PASSWORD + "\n")
        told = {"pacs_user": USER, "pacs_password_file": str(password), **settings}
        self.settings: PacsSettings = load_settings(told).pacs
        self.orthanc = orthanc
        self.study = StudyDatastore(str(self.folder))
        self.pacs = Pacs(orthanc.url, self.settings)
        self.puller = Puller(self.pacs, self.study.store, self.settings)
        self.pusher = Pusher(self.pacs, self.study.store, self.settings)

    def submit(self, image: str, mask: Any = PHANTOM.mask, who: str = "ann") -> None:
        """Hands a label in."""
        file = write_itk(self.folder.parent / "mask.nrrd", mask)
        self.study.save_label(image, str(file), "final", {"client_id": who, "annotated": list(PHANTOM.annotated)})

    def pulled(self) -> str:
        """An image of the PACS, in the study."""
        image = stored(self.orthanc, self.folder.parent)["grey"]
        self.puller.pull()
        return image

    def two_labelled(self) -> tuple[str, str]:
        """Two images of the PACS with a label each that it does not have yet, in the order in which they are sent."""
        uids = stored(self.orthanc, self.folder.parent)
        self.puller.pull()
        first, second = sorted((uids["grey"], uids["rgb"]))
        self.submit(first)
        self.submit(second)
        return first, second

    def sent(self) -> str:
        """The same, with a label that the PACS has."""
        image = self.pulled()
        self.submit(image)
        self.pusher.push()
        return image

    def segmentations(self) -> list[Any]:
        """All in the PACS."""
        return [segread(io.BytesIO(file)) for file in self.orthanc.instances("SEG")]

    def reports(self) -> list[Any]:
        """All in the PACS."""
        return [srread(io.BytesIO(file)) for file in self.orthanc.instances("SR")]

    def counting(self) -> tuple[list[Any], list[Any]]:
        """The segmentations and reports in the PACS that no note rejects."""
        notes = [pydicom.dcmread(io.BytesIO(file)) for file in self.orthanc.instances("KO")]
        rejected = {
            item.ReferencedSOPInstanceUID
            for note in notes
            for series in note.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
            for item in series.ReferencedSOPSequence
        }
        segmentations, reports = (
            [made for made in found if made.SOPInstanceUID not in rejected] for found in (self.segmentations(), self.reports())
        )
        return segmentations, reports

    def numbers(self) -> tuple[list[int], list[int]]:
        """The numbers of the submissions that those are of."""
        segmentations, reports = self.counting()
        return [int(made.InstanceNumber) for made in segmentations], [int(made.InstanceNumber) for made in reports]


def stored(orthanc: Orthanc, folder: Path) -> Uids:
    """The SOP Instance UID of each kind of image, all in the PACS."""
    files = written(folder)
    orthanc.put(*files.values())
    return {kind: str(pydicom.dcmread(file).SOPInstanceUID) for kind, file in files.items()}
