"""MONAI Label's datastore over the store of a study."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

from monailabel.interfaces.datastore import Datastore

from fetal_head.config import StoreSettings, load_settings
from fetal_head.imaging import Geometry
from fetal_head.pseudonym import nameless, pseudonym, without_file
from fetal_head.stamp import stamp_of
from fetal_head.store import images
from fetal_head.store.errors import StoreError, not_read, told
from fetal_head.store.files.layout import Picture
from fetal_head.store.files.names import split_name
from fetal_head.store.intake.scan import image_now, take_in
from fetal_head.store.intake.watching import Watcher
from fetal_head.store.labels import predictions, queries, submissions
from fetal_head.store.labels.archive import write_archive
from fetal_head.store.labels.drafts import read_draft
from fetal_head.store.labels.labelled import plainly_labelled
from fetal_head.store.labels.settling import FINAL, label_of
from fetal_head.store.said import said_of_file, told_spacing
from fetal_head.store.store import Store
from fetal_head.store.worklist.reservations import limit_leases, renew

logger = logging.getLogger(__name__)


class StudyDatastore(Datastore):  # type: ignore[misc]
    """A folder of images with their labels in `labels/<tag>/`, opened and brought up to date with what others did there.

    Every answer comes from the database, so that any number of processes see the same. See MONAI Label's `Datastore` for
    what each method is; below stands what is ours.

    Raises:
        ValueError: `folder` is no folder, or cannot be used; the sentence says why.
    """

    def __init__(self, folder: str, settings: StoreSettings | None = None) -> None:
        self.store = Store.open(Path(folder), settings or load_settings().store)
        take_in(self.store)
        limit_leases(self.store)

    def watch(self) -> None:
        """From now on what is done in the folder by hand is taken in within seconds; for the server's own process."""
        Watcher(self.store).start()

    def name(self) -> str:
        return queries.meta(self.store, "name", "new-dataset")

    def set_name(self, name: str) -> None:
        queries.set_meta(self.store, "name", name)

    def description(self) -> str:
        return queries.meta(self.store, "description", "New Dataset")

    def set_description(self, description: str) -> None:
        queries.set_meta(self.store, "description", description)

    def list_images(self) -> list[str]:
        with self.store.reading() as session:
            return queries.image_ids(session)

    def get_labeled_images(self, label_tag: str | None = None, labels: list[str] | None = None) -> list[str]:
        with self.store.reading() as session:
            return queries.labelled_ids(session, label_tag or FINAL)

    def get_unlabeled_images(self, label_tag: str | None = None, labels: list[str] | None = None) -> list[str]:
        with self.store.reading() as session:
            return queries.unlabelled_ids(session, label_tag or FINAL)

    def datalist(self) -> list[dict[str, Any]]:
        return [{"image": str(label.image), "label": str(label.mask)} for label in plainly_labelled(self.store)]

    def get_image(self, image_id: str, params: Any = None) -> Any:
        uri = self.get_image_uri(image_id)
        return io.BytesIO(Path(uri).read_bytes()) if uri else None

    def get_image_uri(self, image_id: str) -> str:
        image = image_now(self.store, image_id)
        return str(self.store.layout.folder / image.file) if image else ""

    def get_image_info(self, image_id: str) -> dict[str, Any]:
        image = image_now(self.store, image_id)
        return queries.image_info(self.store.layout, image) if image else {}

    def update_image_info(self, image_id: str, info: dict[str, Any]) -> None:
        images.update_image_info(self.store, image_id, info)

    def add_image(self, image_id: str, image_filename: str, image_info: dict[str, Any]) -> str:
        """Takes an uploaded image. Answers as `images.add_image`."""
        return images.add_image(self.store, image_id, Path(image_filename), image_info or {})

    def remove_image(self, image_id: str) -> None:
        """Takes an image out with its labels; all of them stay in the history."""
        images.remove_image(self.store, image_id)

    def get_labels_by_image_id(self, image_id: str) -> dict[str, str]:
        with self.store.reading() as session:
            return dict.fromkeys(queries.tags_of(session, image_id), image_id)

    def get_label_by_image_id(self, image_id: str, tag: str) -> str:
        return self.get_labels_by_image_id(image_id).get(tag, "")

    def get_label(self, label_id: str, label_tag: str, params: Any = None) -> Any:
        uri = self.get_label_uri(label_id, label_tag)
        return io.BytesIO(Path(uri).read_bytes()) if uri else None

    def get_label_uri(self, label_id: str, label_tag: str) -> str:
        with self.store.reading() as session:
            row = queries.label_of_tag(session, label_id, label_tag)
            return str(self.store.layout.plain(label_of(row))) if row else ""

    def get_label_info(self, label_id: str, label_tag: str) -> dict[str, Any]:
        with self.store.reading() as session:
            row = queries.label_of_tag(session, label_id, label_tag)
            return queries.label_info(row) if row else {}

    def update_label_info(self, label_id: str, label_tag: str, info: dict[str, Any], *, may_review: bool = True) -> None:
        """Lays `info` over what is known of a label; see `submissions.update_info` for who may."""
        submissions.update_info(self.store, label_id, label_tag, info, may_review=may_review)

    def save_label(self, image_id: str, label_filename: str, label_tag: str, label_info: dict[str, Any]) -> str:
        """Keeps a submitted mask as `submit_label` does."""
        self.submit_label(image_id, label_filename, label_tag, label_info)
        return image_id

    def submit_label(
        self, image_id: str, label_filename: str, label_tag: str, label_info: dict[str, Any], drawn_on: Picture | None = None
    ) -> int:
        """Keeps a submitted mask, see `read_draft`, and returns its number.

        Without `drawn_on` it is of the picture that is there now. Answers 404 for an unknown image, 422, saying why, for no mask
        of it, 503 where the system cannot read it, 409 when another picture comes in between, and 412 when another label does
        than it `replaces`.
        """
        images.check_tag(label_tag)
        image = self.get_image_uri(image_id)
        if not image:
            raise StoreError(404, f"there is no image '{image_id}'")
        picture = drawn_on or Picture.at(Path(image))
        try:
            draft = read_draft(picture.path, Path(label_filename), dict(label_info or {}), self.store.settings.structures)
        except StoreError:
            raise
        except (ValueError, TypeError) as error:
            raise not_read(f"the label of '{image_id}' was not accepted: {error}", error) from error
        # before, since a label that is kept must not be answered with an error
        renew(self.store, draft.who)
        return submissions.submit(self.store, image_id, label_tag, draft, picture)

    def remove_label(self, label_id: str, label_tag: str) -> None:
        """Takes a label away, with those before it; all of them stay in the history."""
        images.check_tag(label_tag)
        submissions.delete_labels(self.store, label_id, label_tag)

    def get_dataset_archive(self, limit_cases: int | None) -> str:
        """A zip of images and labels. There is one at a time, in the study folder: nobody clears up behind a download."""
        with told(self.store.database.name):
            return str(write_archive(self.store.layout, plainly_labelled(self.store)[: limit_cases or None], self.json()))

    def refresh(self) -> None:
        take_in(self.store)

    def status(self) -> dict[str, Any]:
        with self.store.reading() as session:
            return queries.counts(session)

    def json(self) -> dict[str, Any]:
        with self.store.reading() as session:
            objects = queries.objects(session, self.store.layout)
        names = {"name": self.name(), "description": self.description()}
        return {**names, "images_dir": ".", "labels_dir": "labels", "objects": objects}

    def spacing_of(self, path: str, geometry: Geometry) -> tuple[float, float] | None:
        """mm per pixel along (rows, columns) of the image at `path`: as told to the store, else as the file has it, else None."""
        image, stamp = image_now(self.store, split_name(Path(path).name)[0]), stamp_of(Path(path))
        if image is None or stamp is None or path != str(self.store.layout.folder / image.file):
            return geometry.spacing
        # one that is just being written is taken in later, and is another file already
        return told_spacing(said_of_file(image.info, image.told_of, stamp.size)) or geometry.spacing

    def keep_prediction(self, picture: Picture, content: bytes, version: str) -> None:
        """Keeps what was predicted for the image in a file, once as long as picture and model stay, unless it is none of ours.

        `content` is the mask as `drafts.encoded` gives it. What is corrected can so be compared with what it was. Whoever asked
        for the prediction gets it in any case.
        """
        image_id = split_name(picture.path.name)[0]
        try:
            if self.get_image_uri(image_id) == str(picture.path):
                predictions.keep(self.store, image_id, picture, content, version)
        except (StoreError, OSError) as error:
            reason = nameless(without_file(error), [image_id])
            logger.warning("the prediction of the image %s was not kept: %s", pseudonym(image_id), reason)
