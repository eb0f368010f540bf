"""What was submitted for an image, how it differs, and getting it back; and what a reviewer says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from fetal_head.imaging import Geometry, Mask, read_geometry, read_label, read_mask
from fetal_head.store.errors import StoreError, not_read
from fetal_head.store.files.facts import submission_facts
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels import queries
from fetal_head.store.labels.adding import Draft, add, next_number, write_facts
from fetal_head.store.labels.differences import Difference, differences
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.labels.settling import settle
from fetal_head.store.labels.standing import is_of_its_picture
from fetal_head.store.labels.strangers import take_strangers
from fetal_head.store.labels.submissions import find_submission, know_picture, live_image
from fetal_head.store.people import check_comment
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store

Status = Literal["submitted", "approved", "rejected"]


@dataclass(frozen=True)
class Entry:
    """A submission: what is known of it (see `tables.Submission`), whether it is the label of its tag, and its file.

    Attributes:
        of_this_picture: it was made for the picture that its image has now, as far as anybody knows.
    """

    facts: dict[str, Any]
    current: bool
    of_this_picture: bool
    file: Path

    @property
    def told(self) -> dict[str, Any]:
        """What clients are told of it."""
        return {**self.facts, "current": self.current, "of_this_picture": self.of_this_picture}

    def as_json(self) -> dict[str, Any]:
        """For those at this machine who read JSON."""
        return {**self.told, "file": str(self.file)}


def entries(store: Store, image_id: str) -> list[Entry]:
    """Everything that was submitted or predicted for an image, deleted or not, the first one first.

    Raises:
        StoreError: there never was such an image (404).
    """
    with store.reading() as session:
        image = session.get(Image, image_id)
        if image is None:
            raise StoreError(404, f"there is no image '{image_id}'")
        rows = session.scalars(select(Submission).where(Submission.image == image_id).order_by(Submission.number))
        return [_entry(store, image, row) for row in rows]


def entry(store: Store, image_id: str, number: int) -> Entry:
    """One submission. Raises StoreError (404) when there is none."""
    with store.reading() as session:
        row = find_submission(session, image_id, number)
        return _entry(store, session.get_one(Image, image_id), row)


def compare(store: Store, image_id: str, first: int, second: int) -> dict[str, Difference]:
    """How the second submission differs from the first one, by structure.

    Raises:
        StoreError: there is no such submission (404), one of the two is no mask (422), or the system cannot read it (503).
    """
    masks = [_mask(store, image_id, entry(store, image_id, number)) for number in (first, second)]
    if masks[0].shape != masks[1].shape:
        raise StoreError(422, f"the submissions {first} and {second} of '{image_id}' are masks of different sizes")
    return differences(*masks)


def label_file(store: Store, image_id: str, number: int) -> bytes:
    """The mask of a submission as NRRD in our values, in its image's frame, whatever kind of file it came as.

    Raises:
        StoreError: there is no such submission (404), it is no mask of the image that is there now (422), or the system cannot
            read one of the two (503).
    """
    found = entry(store, image_id, number)
    try:
        picture = _picture(store, image_id)
        geometry = read_geometry(picture) if picture else None
        if picture and geometry and found.of_this_picture:
            mask = read_label(picture, found.file, geometry.shape)
        else:
            mask = read_mask(found.file, geometry.shape if geometry else None)
    except ValueError as error:
        raise not_read(f"submission {number} of '{image_id}' cannot be shown: {error}", error) from error
    rows, columns = mask.shape
    return encoded(mask, geometry or Geometry((rows, columns)))


def restore(store: Store, image_id: str, number: int, who: str) -> int:
    """Submits an earlier mask again as the label of its tag, and returns the number that it has now.

    It stays the reading of whoever drew it; `who` restored it is kept in its `info`.

    Raises:
        StoreError: there is no such image or submission (404), the mask is none of the image that is there now (422), the system
            cannot read one of the two (503), or another picture takes its place (409).
    """
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        old = find_submission(session, image_id, number)
        kept = store.layout.kept(image_id, number, old.suffix)
        # another file may take its place while the mask is held against it
        picture = Picture.at(store.layout.folder / image.file)
        try:
            read_label(picture.path, kept, read_geometry(picture.path).shape)
        except ValueError as error:
            raise not_read(f"submission {number} of '{image_id}' was not restored: {error}", error) from error
        if (digest := picture.digest()) is None:
            raise StoreError(409, f"the image '{image_id}' was replaced just now: look at it, and restore again if it is the one")
        know_picture(session, files, store.layout, image, digest)
        # under the name of whoever restores it, the image would count as read by one person more, who agrees with the first
        info = {**old.info, "restored": number, "restored_by": who}
        draft = Draft(kept.read_bytes(), old.suffix, old.who, old.annotated, model=old.model, info=info)
        take_strangers(session, files, store.layout, image_id, [old.tag])
        row = add(session, files, store.layout, image_id, old.tag, draft, next_number(session, files, store.layout, image_id))
        row.prediction = old.prediction
        write_facts(files, store.layout, row)
        settle(session, files, store.layout, image_id)
        return row.number


def set_status(store: Store, image_id: str, number: int, status: Status, who: str, comment: str = "") -> None:
    """Writes down what a reviewer says. A rejected mask is no label any more; the one before it is, if there is one.

    Raises:
        StoreError: there is no such submission (404), or the comment is none (422).
    """
    check_comment(comment)
    with store.writing() as (session, files):
        row = find_submission(session, image_id, number)
        row.status, row.reviewer, row.comment = status, who, comment
        write_facts(files, store.layout, row)
        settle(session, files, store.layout, image_id)


def _entry(store: Store, image: Image, row: Submission) -> Entry:
    kept = store.layout.kept(row.image, row.number, row.suffix)
    return Entry(submission_facts(row), row.current, is_of_its_picture(row, image), kept)


def _mask(store: Store, image_id: str, found: Entry) -> Mask:
    try:
        # only the image tells where in it a segmentation lies that Slicer has cut to its own extent
        picture = _picture(store, image_id) if found.of_this_picture else None
        return read_label(picture, found.file, read_geometry(picture).shape) if picture else read_mask(found.file)
    except ValueError as error:
        raise not_read(f"the submission cannot be compared: {error}", error) from error


def _picture(store: Store, image_id: str) -> Path | None:
    """The file of an image, None where it was taken away."""
    with store.reading() as session:
        image = queries.image_of(session, image_id)
    return store.layout.folder / image.file if image else None
