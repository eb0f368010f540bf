"""Images from the PACS into the study folder: what is new there, each instance once, one after the other."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from fetal_head.config import PacsSettings
from fetal_head.files import temporary_in
from fetal_head.imaging.dicom import read_dataset
from fetal_head.imaging.dicom_patient import patient_or_own
from fetal_head.imaging.limits import refusing
from fetal_head.imaging.multiframe import chosen_frames, frame_count, frame_files, frame_id, instance_of
from fetal_head.pacs.client import Instance, Pacs, Series
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pacs.failures import Failures, is_of_all, sentence_of
from fetal_head.pseudonym import pseudonym
from fetal_head.store.errors import StoreError
from fetal_head.store.images import add_image
from fetal_head.store.labels.queries import every_id
from fetal_head.store.store import Store

# what an image answers that is there already
TAKEN = 409
# a series of as many instances as before is looked through again after so long: one may have gone and another come
LOOK_AGAIN_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Puller:
    """Takes images in. What cannot be taken in is named in the log and tried again later; the others go on."""

    def __init__(self, pacs: Pacs, store: Store, settings: PacsSettings) -> None:
        self._pacs = pacs
        self._store = store
        self._settings = settings
        self._failures = Failures()
        # a series -> of how many instances it was, and until when nothing but another number of them makes it worth a look
        self._seen: dict[str, tuple[int | None, float]] = {}

    def pull(self) -> None:
        """Takes in all that is new.

        Raises:
            PacsAwayError: the PACS is not there.
            PacsRefusalError: it cannot be searched.
            StoreError: the folder or its database takes nothing.
        """
        with self._store.reading() as session:
            # those that were removed here stay removed
            ids = set(every_id(session))
        known, taken = _Known(ids, self._settings.pacs_frames), 0
        for series in self._pacs.series():
            size, until = self._seen.get(series.uid, (None, 0.0))
            is_new = size is None or size != series.size or time.monotonic() >= until
            if is_new and not self._failures.wait(series.uid):
                taken += self._take_series(series, known)
        if taken:
            logger.info("%d images came from the PACS", taken)

    def _take_series(self, series: Series, known: _Known) -> int:
        """How many images it gave."""
        try:
            instances = list(self._pacs.instances(series.study, series.uid))
        except Exception as error:  # whatever it is, it is of this series
            self._leave_out(series.uid, error)
            return 0
        self._failures.forget(series.uid)
        new = [each for each in instances if not known.has(each.uid)]
        taken = sum(self._take(each) for each in new if not self._failures.wait(each.uid))
        waits = [wait for each in new if (wait := self._failures.wait(each.uid)) is not None]
        self._seen[series.uid] = series.size, time.monotonic() + min([LOOK_AGAIN_SECONDS, *waits])
        return taken

    def _leave_out(self, uid: str, error: Exception) -> None:
        """Says so, once. Raises the error where it is not of this one alone."""
        is_away = isinstance(error, PacsAwayError)
        if is_of_all(error) and not is_away:
            raise error
        is_news = self._failures.note(uid, sentence_of(error))
        # what the PACS breaks off at waits like the others, so that the next round gets past it
        if is_away:
            raise error
        if is_news:
            logger.warning("%s of the PACS is left out for now: %s", pseudonym(uid), sentence_of(error))

    def _take(self, instance: Instance) -> int:
        """How many images it gave."""
        try:
            content = self._pacs.fetch(instance)
            with temporary_in(self._store.layout.uploads, ".dcm") as file:
                file.write_bytes(content)
                taken = self._enter(instance, file)
        except Exception as error:  # whatever it is, it is of this instance
            self._leave_out(instance.uid, error)
            return 0
        self._failures.forget(instance.uid)
        return taken

    def _enter(self, instance: Instance, file: Path) -> int:
        with refusing(Path("the file")):
            dataset = read_dataset(file)
            if dataset.get("SOPInstanceUID") != instance.uid:
                raise ValueError("is another instance than the one that was asked for")
            info, count = {"patient": patient_or_own(dataset)}, frame_count(dataset)
        if count == 1:
            return self._add(instance.uid, file, info)
        taken, wrong = 0, []
        for frame, single in frame_files(dataset, chosen_frames(dataset, self._settings.pacs_frames)):
            file.write_bytes(single)
            try:
                taken += self._add(frame_id(instance.uid, frame), file, info)
            except StoreError as error:
                if is_of_all(error):
                    raise
                wrong.append(f"frame {frame}: {error}")
        if wrong:
            raise ValueError(f"{len(wrong)} of its frames cannot be taken in, {wrong[0]}")
        return taken

    def _add(self, image: str, file: Path, info: dict[str, str]) -> int:
        try:
            add_image(self._store, image, file, info)
        except StoreError as error:
            if error.status_code != TAKEN:
                raise
            return 0
        return 1


class _Known:
    """Which instances are there."""

    def __init__(self, ids: set[str], frames: str) -> None:
        self._ids = ids if frames == "all" else set(map(instance_of, ids))

    def has(self, instance: str) -> bool:
        """Whether it is, with all its frames."""
        return instance in self._ids or frame_id(instance, 1) in self._ids
