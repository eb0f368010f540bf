"""Looking for studies, series and instances: QIDO-RS."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from pydicom.dataset import Dataset

from fetal_head.dicomweb.answers import instance_answer, series_answer, study_answer, unavailable_answer
from fetal_head.dicomweb.query import Query, read_query
from fetal_head.server.dicomweb.answers import as_json, new_router, root_of
from fetal_head.store.dicom.images import UnreadableError, described
from fetal_head.store.dicom.instances import Instances, Known

BY_PATH = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}


def search_routes(instances: Instances) -> APIRouter:
    """The routes that look among the images of a study folder. Every one answers 400 for what is no search of DICOM."""
    router = new_router()

    @router.get("/studies")
    def search_studies(request: Request) -> Response:
        """The studies that match, one for each patient."""
        query, root = _query(request), root_of(request)
        found, left = instances.studies(query)
        return _answer(request, [study_answer(study.uid, study.patient, study.count, root) for study in found], query, left)

    @router.get("/series")
    @router.get("/studies/{study}/series")
    def search_series(request: Request) -> Response:
        """The series that match, one for each image."""
        query, root = _query(request), root_of(request)
        found, left = instances.images(query)
        return _answer(request, [series_answer(one.uids, one.patient, one.name, root) for one in found], query, left)

    @router.get("/instances")
    @router.get("/studies/{study}/instances")
    @router.get("/studies/{study}/series/{series}/instances")
    def search_instances(request: Request) -> Response:
        """The images that match. One that cannot be read has no size."""
        query, root = _query(request), root_of(request)
        found, left = instances.images(query)
        return _answer(request, [_instance(one, query, root) for one in found], query, left)

    return router


def _query(request: Request) -> Query:
    try:
        query = read_query(request.query_params.multi_items())
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    for name, keyword in BY_PATH.items():
        uid = request.path_params.get(name)
        if uid is not None:
            query.is_void |= uid not in query.wanted.get(keyword, (uid,))
            query.wanted[keyword] = (uid,)
    return query


def _instance(image: Known, query: Query, root: str) -> Dataset:
    try:
        return instance_answer(described(image), query.fields, root)
    except UnreadableError:
        return unavailable_answer(image.uids, image.patient, image.name, root)


def _answer(request: Request, found: Sequence[Dataset], query: Query, left: int) -> Response:
    # PS3.18, 8.3.4
    more = [f"There are {left} additional results that can be requested"] if left else []
    warnings = [f"299 {root_of(request)}: {text}" for text in (*query.warnings, *more)]
    return as_json(request, found, {"Warning": ", ".join(warnings)} if warnings else None)
