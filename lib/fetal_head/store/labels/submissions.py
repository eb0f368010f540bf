"""Masks on their way into the store, and what is done to them later. Nothing is ever overwritten."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fetal_head.imaging import read_mask
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.labels import in_order
from fetal_head.stamp import ctime_of, stamp_of
from fetal_head.store.errors import StoreError, not_read
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.files.facts import as_bytes, image_facts
from fetal_head.store.files.layout import Layout, Picture
from fetal_head.store.labels.adding import Draft, add, next_number, write_facts
from fetal_head.store.labels.drafts import annotated_as_said
from fetal_head.store.labels.queries import image_of
from fetal_head.store.labels.settling import FINAL, ORIGINAL, current_labels, settle
from fetal_head.store.labels.standing import of_its_picture, standing
from fetal_head.store.labels.strangers import take_strangers
from fetal_head.store.replaced import forget_other, is_another
from fetal_head.store.said import check_said
from fetal_head.store.sql.derived import Effort
from fetal_head.store.sql.tables import APPROVED, Image, Reservation, Submission
from fetal_head.store.store import Store


def submit(store: Store, image_id: str, tag: str, draft: Draft, picture: Picture) -> int:
    """Keeps a mask of a picture as the label of a tag and returns its number. When it returns, file and row are on disk.

    Raises:
        StoreError: there is no such image, another picture has taken its place (409), another label than the annotator saw is
            the current one (412), or the disk does not take it.
    """
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        if picture.path != store.layout.folder / image.file or (digest := picture.digest()) is None:
            raise StoreError(409, f"the image '{image_id}' was replaced while its mask was on the way: open it again")
        know_picture(session, files, store.layout, image, digest)
        origin = _origin(session, image_id, draft.model) if tag == FINAL else (draft.model, None)
        take_strangers(session, files, store.layout, image_id, [tag])
        if (kept := _kept_already(session, image_id, tag, draft)) and (kept.current or store.settings.readers > 1):
            return kept.number
        # several readers replace nothing of one another
        if store.settings.readers == 1:
            _check_replaces(session, image_id, tag, draft.replaces)
        number = next_number(session, files, store.layout, image_id)
        row = add(session, files, store.layout, image_id, tag, draft, number)
        row.model, row.prediction = origin
        write_facts(files, store.layout, row)
        settle(session, files, store.layout, image_id)
        if tag == FINAL:
            session.execute(delete(Reservation).where(Reservation.image == image_id, Reservation.who == draft.who))
        return row.number


def _kept_already(session: Session, image_id: str, tag: str, draft: Draft) -> Submission | None:
    """What a draft is sent once more for: its annotator did not hear that it was kept, as the answer was lost."""
    if draft.replaces is None:
        return None
    of_tag = select(Submission).where(Submission.image == image_id, Submission.tag == tag)
    unseen = of_tag.where(Submission.who == draft.who, Submission.number > draft.replaces, standing(Submission))
    last = session.scalar(unseen.order_by(Submission.number.desc()).limit(1))
    is_same = last and (last.sha256, last.annotated) == (sha256(draft.content).hexdigest(), draft.annotated)
    return last if is_same else None


def _check_replaces(session: Session, image_id: str, tag: str, replaces: int | None) -> None:
    """Raises StoreError (412) where another label than `replaces` would be replaced, unseen by whoever drew the new one."""
    now = current_labels(session, image_id).get(tag)
    if replaces is not None and now is not None and now.number != replaces:
        sentence = f"version {now.number} by {now.who or 'nobody named'} became the label of '{image_id}' meanwhile"
        raise StoreError(412, sentence, {"ETag": f'"{now.number}"'})


def delete_labels(store: Store, image_id: str, tag: str) -> None:
    """Deletes the label of a tag, with those before it: they stay in the history, and can be restored."""
    with store.writing() as (session, files):
        live_image(session, image_id)
        take_strangers(session, files, store.layout, image_id, [tag])
        rows = session.scalars(
            select(Submission).where(
                Submission.image == image_id,
                Submission.tag == tag,
                Submission.deleted.is_(None),
                of_its_picture(Submission),
            )
        ).all()
        if not rows:
            raise StoreError(404, f"the image '{image_id}' has no label '{tag}'")
        for row in rows:
            row.deleted = int(time.time())
            write_facts(files, store.layout, row)
        settle(session, files, store.layout, image_id)


def update_info(store: Store, image_id: str, tag: str, info: dict[str, Any], *, may_review: bool) -> None:
    """Lays `info` over what is known of a label. What an approved one speaks of is changed by those who `may_review` alone.

    Raises:
        StoreError: there is no such label (404), what is said makes no sense (422), or it was approved as it is (403).
    """
    with store.writing() as (session, files):
        row = current_labels(session, image_id).get(tag)
        if row is None:
            raise StoreError(404, f"the image '{image_id}' has no label '{tag}'")
        try:
            check_said(info)
            annotated = _spoken_of(store.layout, row, info["annotated"]) if info.get("annotated") else row.annotated
            laid_over = {key: value for key, value in info.items() if key not in ("annotated", "ts", "name")}
            # each addition may be short and all of them together long
            row.info = check_said({**row.info, **laid_over})
        except (ValueError, TypeError) as error:
            raise not_read(f"what is said of the label of '{image_id}' was not accepted: {error}", error) from error
        if annotated != row.annotated and row.status == APPROVED and not may_review:
            raise StoreError(403, f"the label of '{image_id}' is approved as it is; submit another one, or ask a reviewer")
        if annotated != row.annotated:
            # it was measured for the structures that it spoke of
            session.execute(delete(Effort).where(Effort.image == image_id, Effort.number == row.number))
        row.annotated = annotated
        write_facts(files, store.layout, row)
        settle(session, files, store.layout, image_id)


def _spoken_of(layout: Layout, row: Submission, said: Any) -> list[str] | None:
    """What a label is now said to speak of. Raises ValueError where that is no structure, or its mask cannot be read."""
    if row.annotated is not None and in_order(said) == in_order(row.annotated):
        return row.annotated
    return annotated_as_said(said, read_mask(layout.kept(row.image, row.number, row.suffix)))


def live_image(session: Session, image_id: str) -> Image:
    """The image, for changing it. Raises StoreError (404) when there is none."""
    image = image_of(session, image_id)
    if image is None:
        raise StoreError(404, f"there is no image '{image_id}'")
    return image


def find_submission(session: Session, image_id: str, number: int) -> Submission:
    """A submission. Raises StoreError (404) when there is none."""
    row = session.get(Submission, (image_id, number))
    if row is None:
        raise StoreError(404, f"the image '{image_id}' has no submission number {number}")
    return row


def know_picture(session: Session, files: FileChanges, layout: Layout, image: Image, digest: str) -> None:
    """Which picture an image's file holds, which those masks are of that count for it without anybody knowing theirs."""
    path = layout.folder / image.file
    # one of another size tells by that: the next look takes it in, and what was said is said again of the one before
    is_as_large = (stamp_of(path) or image.stamp).size == image.size
    if is_another(image, digest) and is_as_large and forget_other(image, patient_in(path)):
        write_image_facts(files, layout, image)
    image.picture, image.ctime_ns = digest, ctime_of(path)
    for row in session.scalars(select(Submission).where(Submission.image == image.id, Submission.picture.is_(None))):
        row.picture = digest
        write_facts(files, layout, row)


def patient_in(path: Path) -> str | None:
    """Whose image a DICOM file is, as it tells; None for any other. Raises StoreError (503) where it cannot be read now."""
    try:
        return read_patient(path)
    except OSError as error:
        raise not_read(f"{path.name} cannot be read", error) from error


def write_image_facts(files: FileChanges, layout: Layout, image: Image) -> None:
    """Writes what is known of an image beside its submissions."""
    files.alter(image.id)
    files.put(layout.image_facts(image.id), as_bytes(image_facts(image)))


def _origin(session: Session, image_id: str, model: str | None) -> tuple[str | None, int | None]:
    """The model version and the number of the prediction that a label was corrected from: the last one, as far as known."""
    predictions = select(Submission.model, Submission.number).where(
        Submission.image == image_id, Submission.tag == ORIGINAL, standing(Submission)
    )
    if model is not None:
        predictions = predictions.where(Submission.model == model)
    last = session.execute(predictions.order_by(Submission.number.desc()).limit(1)).first()
    return (last[0], last[1]) if last else (model, None)
