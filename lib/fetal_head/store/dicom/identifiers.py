"""What DICOM calls the images of a study, kept beside them so that the database finds one by the other."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select

from fetal_head.batched import batched
from fetal_head.dicomweb.text import dicom_text
from fetal_head.dicomweb.uids import uids_of
from fetal_head.patients import patient_of
from fetal_head.pseudonym import pseudonym
from fetal_head.store.errors import disk_told
from fetal_head.store.files.facts import as_bytes, read_facts
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.derived import Instance
from fetal_head.store.sql.tables import Image
from fetal_head.store.store import Store

IDENTITY = "uuid"
NEWEST_IMAGE, NEWEST_INSTANCE = select(func.max(Image.changed)), select(func.max(Instance.changed))


def identity_of(store: Store) -> UUID:
    """What the study's identifiers are made from; made when it is asked for first. Copies of a study share it."""
    with disk_told(str(store.layout.hidden)):
        found = _read(store)
    if found:
        return found
    with store.writing() as (session, files):
        # meanwhile another process may have made it
        if not (found := _read(store)):
            found = uuid4()
            files.put(store.layout.dicom, as_bytes({IDENTITY: str(found)}))
            session.execute(delete(Instance))
    return found


def bring_up_to_date(store: Store, identity: UUID) -> None:
    """Takes in what changed of the images since the last time; of a hundred thousand new ones, in seconds."""
    with store.reading() as session:
        seen = session.scalar(NEWEST_INSTANCE)
        if seen == session.scalar(NEWEST_IMAGE):
            return
        columns = Image.id, Image.changed, Image.removed, Image.size, Image.mtime_ns, Image.info["patient"].as_string()
        found = session.execute(select(*columns).where(Image.changed > (-1 if seen is None else seen))).all()
    rows = [_row(identity, *image) for image in found]
    with store.writing() as (session, _):
        if session.scalar(NEWEST_INSTANCE) == seen:
            for some in batched(rows, ROWS_AT_ONCE) if seen is not None else ():
                session.execute(delete(Instance).where(Instance.image.in_([row["image"] for row in some])))
            session.execute(insert(Instance), rows)


def _row(
    identity: UUID, image: str, changed: int, removed: int | None, size: int, mtime_ns: int, patient: str | None
) -> dict[str, Any]:
    patient = patient or patient_of(image)
    uids = uids_of(identity, patient, image, size, mtime_ns)
    names = {"patient": dicom_text(patient), "pseudonym": pseudonym(patient)}
    identifiers = {"study": uids.study, "series": uids.series, "uid": uids.instance}
    return {"image": image, "changed": changed, "removed": removed, **names, **identifiers}


def _read(store: Store) -> UUID | None:
    try:
        return UUID((read_facts(store.layout.dicom) or {})[IDENTITY])
    except (KeyError, ValueError, AttributeError):
        return None
