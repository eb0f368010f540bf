"""What the model predicted, kept beside what people made of it."""

from __future__ import annotations

from hashlib import sha256

from fetal_head.labels import NAMES
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.adding import Draft
from fetal_head.store.labels.drafts import SUFFIX
from fetal_head.store.labels.queries import label_of_tag
from fetal_head.store.labels.settling import ORIGINAL
from fetal_head.store.labels.submissions import submit
from fetal_head.store.store import Store


def keep(store: Store, image_id: str, picture: Picture, content: bytes, version: str) -> None:
    """Submits an encoded prediction under its own tag, unless the last one is the same, and of the same version of the model."""
    with store.reading() as session:
        last = label_of_tag(session, image_id, ORIGINAL)
    if last is None or (last.model, last.sha256) != (version, sha256(content).hexdigest()):
        submit(store, image_id, ORIGINAL, Draft(content, SUFFIX, annotated=list(NAMES), model=version), picture)
