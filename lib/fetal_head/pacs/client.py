"""What is asked of a PACS: search (QIDO-RS), retrieval (WADO-RS), storing (STOW-RS) and deleting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import requests
from dicomweb_client import DICOMwebClient
from monailabel.config import settings as upstream
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from requests_toolbelt import MultipartDecoder
from requests_toolbelt.multipart.decoder import ImproperBodyPartContentException, NonMultipartContentTypeException
from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary, encode_multipart_formdata

from fetal_head.config import PacsSettings
from fetal_head.pacs.answers import asked, dataset_in, list_in, pages, uid_in, value_in
from fetal_head.pacs.errors import PacsRefusalError
from fetal_head.pacs.session import PacsSession, chunks

PAGE = 200
# Orthanc's own name of an instance
ORTHANC_PATH = re.compile(r"/instances/[0-9a-f-]+")
COUNT = re.compile(r"[0-9]{1,9}")
# PS3.18 8.7.3.5: as it is, whatever it is compressed with
AS_IT_IS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
# PS3.18 I.2.2: somebody has stored it before
DUPLICATE = 0x0111
# what an answer raises that is in no parts; the last one where no boundary is told
WRONG_PARTS = (NonMultipartContentTypeException, ImproperBodyPartContentException, IndexError, ValueError, AttributeError)


class Series(NamedTuple):
    """A series, and of how many instances it is; None where the PACS does not tell."""

    study: str
    uid: str
    size: int | None


class Instance(NamedTuple):
    """An instance."""

    study: str
    series: str
    uid: str


class Pacs:
    """A DICOMweb server.

    All that is asked raises PacsAwayError when it is not there, and PacsRefusalError when it is and does not do it.

    Args:
        url: of its DICOMweb, like http://localhost:8042/dicom-web.

    Raises:
        ValueError: the address is none, or a file of the settings cannot be read.
    """

    def __init__(self, url: str, settings: PacsSettings) -> None:
        self.url = url
        self._settings = settings
        self.session = PacsSession(settings)
        self._client = DICOMwebClient(
            url,
            session=self.session,
            qido_url_prefix=upstream.MONAI_LABEL_QIDO_PREFIX or None,
            wado_url_prefix=upstream.MONAI_LABEL_WADO_PREFIX or None,
        )
        # who works in the background waits by himself
        self._client.set_http_retry_params(retry=False)

    def series(self) -> Iterator[Series]:
        """All series that the setting `pacs_search` asks for."""
        fields = ["StudyInstanceUID", "SeriesInstanceUID", "NumberOfSeriesRelatedInstances"]

        def page(offset: int) -> list[dict[str, Any]]:
            search = self._settings.pacs_search
            return list(self._client.search_for_series(fields=fields, search_filters=search, limit=PAGE, offset=offset))

        for found in pages(page, "0020000E"):
            study, uid = uid_in(found, "0020000D"), uid_in(found, "0020000E")
            if study and uid:
                size = str(value_in(found, "00201209"))
                yield Series(study, uid, int(size) if COUNT.fullmatch(size) else None)

    def instances(self, study: str, series: str) -> Iterator[Instance]:
        """All instances of a series; none when there is no such series."""

        def page(offset: int) -> list[dict[str, Any]]:
            return list(self._client.search_for_instances(study, series, limit=PAGE, offset=offset))

        try:
            for found in pages(page, "00080018"):
                uid, of_series = uid_in(found, "00080018"), value_in(found, "0020000E")
                # some search all of a study, whatever series is named
                if uid and of_series in (None, series):
                    yield Instance(study, series, uid)
        except PacsRefusalError as error:
            if error.status != requests.codes.not_found:
                raise

    def ask(self, resource: str, query: str, accept: str) -> requests.Response:
        """The answer to any question in the words of DICOMweb, to be read as it comes."""
        # a path that ends in a kind of thing is a search among them
        is_search = resource.rsplit("/", 1)[-1] in ("studies", "series", "instances")
        prefix = upstream.MONAI_LABEL_QIDO_PREFIX if is_search else upstream.MONAI_LABEL_WADO_PREFIX
        address = self._url(prefix, resource)
        return self.session.get(f"{address}?{query}" if query else address, headers={"Accept": accept}, stream=True)

    def fetch(self, instance: Instance) -> bytes:
        """The file of an instance, as it was stored."""
        response = self.session.get(self._address(instance), headers={"Accept": AS_IT_IS}, stream=True)
        if not response.ok:
            response.close()
            raise PacsRefusalError(f"the PACS does not hand it out, it answers {response.status_code}", response.status_code)
        kind = response.headers.get("Content-Type", "")
        content = b"".join(chunks(response, self._settings.pacs_megabytes))
        try:
            part: bytes = MultipartDecoder(content, kind).parts[0].content
        except WRONG_PARTS as error:
            raise PacsRefusalError(f"the PACS answers with {kind[:80] or 'nothing'}, which is no DICOM file") from error
        return part

    def header(self, instance: Instance) -> Dataset | None:
        """All of an instance but what is large; None when there is no such instance."""
        try:
            retrieve = self._client.retrieve_instance_metadata
            found = asked(lambda: Dataset.from_json(retrieve(*instance), bulk_data_uri_handler=lambda _: None))
        except PacsRefusalError as error:
            if error.status == requests.codes.not_found:
                return None
            raise
        if found.get("SOPInstanceUID") != instance.uid:
            raise PacsRefusalError("the PACS answers with the attributes of another object than the one that was asked for")
        return found

    def store(self, objects: Sequence[Dataset]) -> None:
        """Stores objects. One that is there already stays as it is; what the PACS does not tell to be stored is not stored."""
        boundary = choose_boundary()
        body, _ = encode_multipart_formdata([_part(each) for each in objects], boundary)
        address = self._url(upstream.MONAI_LABEL_STOW_PREFIX, "studies")
        kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
        response = self.session.post(address, data=body, headers={"Content-Type": kind, "Accept": "application/dicom+json"})
        answer = dataset_in(response)
        failed = [item.get("FailureReason") for item in answer.get("FailedSOPSequence") or []]
        reasons = [f"{reason:#06x}" if isinstance(reason, int) else "none" for reason in failed if reason != DUPLICATE]
        if reasons:
            raise PacsRefusalError(f"the PACS does not take it, its reason is {', '.join(reasons)}")
        is_told = answer.get("ReferencedSOPSequence") or not response.content
        if not failed and not (response.ok and is_told):
            status = response.status_code
            raise PacsRefusalError(f"the PACS does not take it, it answers {status}", status)

    def delete(self, instance: Instance) -> bool:
        """Deletes an instance, by DICOMweb or, where that cannot, by Orthanc's own interface; whether there was one."""
        response = self.session.delete(self._address(instance))
        if response.ok:
            return True
        # a way to delete may be what is not found
        if response.status_code == requests.codes.not_found and self.header(instance) is None:
            return False
        base = self.url.rsplit("/", 1)[0]
        found = self.session.post(f"{base}/tools/lookup", data=instance.uid)
        paths = [str(each.get("Path")) for each in list_in(found) if each.get("Type") == "Instance"] if found.ok else None
        # what goes behind our host may not lead to another one
        if paths is None or not all(ORTHANC_PATH.fullmatch(path) and self.session.delete(base + path).ok for path in paths):
            raise PacsRefusalError("the PACS deletes nothing; set pacs_replaced to reject or keep", response.status_code)
        return bool(paths)

    def _address(self, instance: Instance) -> str:
        resource = f"studies/{instance.study}/series/{instance.series}/instances/{instance.uid}"
        return self._url(upstream.MONAI_LABEL_WADO_PREFIX, resource)

    def _url(self, prefix: str | None, resource: str) -> str:
        return "/".join(part for part in (self.url, prefix, resource) if part)


def _part(dataset: Dataset) -> RequestField:
    content = BytesIO()
    dcmwrite(content, dataset, write_like_original=False)
    return RequestField("", content.getvalue(), headers={"Content-Type": "application/dicom"})
