"""Plays an annotator at 3D Slicer: the real MONAI Label plugin on Slicer's real core, without its windows.

Runs in Slicer's environment. Reads a sitting from stdin and writes what came of each step to stdout, both JSON:

    {"plugin": folder of MONAILabel.py, "settings": {...}, "out": folder, "steps": [{"do": "next"}, {"do": "predict"}, ...]}
    {"results": [{...}, {...}], "errors": ["what Slicer's core complained of"]}
"""

from __future__ import annotations

import importlib
import json
import logging
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import stubs
import vtk
from vtk.util.numpy_support import vtk_to_numpy

import slicer


class Annotator:
    """One annotator at one Slicer. Each public method is a step of a sitting."""

    def __init__(self, plugin: str, settings: dict[str, Any], out: str) -> None:
        self.out = Path(out)
        stubs.install(settings, self.out)
        sys.path.insert(0, plugin)
        self.widget = importlib.import_module("MONAILabel").MONAILabelWidget()
        self.widget.setup()
        self.widget.onClickFetchInfo()

    def next(self, strategy: str, remote: bool = False) -> dict[str, Any]:
        """Next Sample; `picture` is what the viewer shows.

        `remote`: this machine does not see the server's disk, so the image is downloaded.
        """
        logic = self.widget.logic
        self.widget.ui.strategyBox.currentText = strategy
        if remote:
            ask = type(logic).next_sample
            logic.next_sample = lambda *given: {k: v for k, v in ask(logic, *given).items() if k != "path"}
        self.widget.onNextSampleButton()
        sample = self.widget.current_sample
        picture = self.out / f"{sample['id']}.npy"
        np.save(picture, slicer.util.arrayFromVolume(self.widget._volumeNode)[0])
        return {"id": sample["id"], "checksum": sample.get("checksum"), "picture": str(picture), **self._state()}

    def predict(self) -> dict[str, Any]:
        """Run, in the section Auto Segmentation; `mask` is a copy of what the server answered."""
        logic, answers = self.widget.logic, []

        def infer(*args: Any, **kwargs: Any) -> Any:
            file, params = type(logic).infer(logic, *args, **kwargs)
            answers.append((shutil.copy(file, self.out), params))  # the plugin deletes its file
            return file, params

        logic.infer = infer
        self.widget.onClickSegmentation()
        ((mask, params),) = answers
        return {"mask": str(mask), "params": params, **self._state()}

    def load(self, mask: str) -> dict[str, Any]:
        """Import Label from a file, read as the server's label names say."""
        self.widget.ui.labelPathLineEdit.currentPath = mask
        self.widget.onImportLabel()
        return self._state()

    def paint(self, segment: str, block: list[int]) -> dict[str, Any]:
        """Paints the block [column, row, end column, end row), as the Segment Editor does: other segments give way."""
        return self._edit(segment, block, slicer.vtkSlicerSegmentEditorLogic.ModificationModeAdd)

    def erase(self, segment: str, block: list[int]) -> dict[str, Any]:
        """Erases the block [column, row, end column, end row) from one segment."""
        return self._edit(segment, block, slicer.vtkSlicerSegmentEditorLogic.ModificationModeRemove)

    def delete(self, segment: str) -> dict[str, Any]:
        """Removes a segment from the list of segments."""
        self._segmentation.RemoveSegment(self._id_of(segment))
        return self._state()

    def add(self, segment: str) -> dict[str, Any]:
        """Adds an empty segment at the end of the list of segments."""
        self._segmentation.AddEmptySegment("", segment)
        return self._state()

    def move(self, segment: str, to: int) -> dict[str, Any]:
        """Drags a segment to another place in the list of segments."""
        self._segmentation.SetSegmentIndex(self._id_of(segment), to)
        return self._state()

    def submit(self) -> dict[str, Any]:
        """Submit Label; `segments` is what was in the viewer at that moment."""
        state = self._state()
        self.widget.onSaveLabel()
        return state

    @property
    def _segmentation(self) -> Any:
        return self.widget._segmentNode.GetSegmentation()

    def _id_of(self, name: str) -> str:
        found = self._segmentation.GetSegmentIdBySegmentName(name)
        if not found:
            raise KeyError(f"there is no segment {name}")
        return str(found)

    def _edit(self, segment: str, block: list[int], mode: int) -> dict[str, Any]:
        editor = slicer.vtkSlicerSegmentEditorLogic()
        editor.SetMRMLScene(slicer.mrmlScene)
        editor.SetSegmentEditorNode(self.widget.logic.get_segment_editor_node())
        editor.SetSegmentationNode(self.widget._segmentNode)
        editor.SetSourceVolumeNode(self.widget._volumeNode)
        editor.UpdateReferenceGeometryImage()
        editor.ResetModifierLabelmapToDefault()
        brush = editor.GetModifierLabelmap()
        left, top, right, bottom = block
        voxels = vtk_to_numpy(brush.GetPointData().GetScalars())
        voxels.reshape(brush.GetDimensions()[::-1])[0, top:bottom, left:right] = 1
        whole = [0, -1, 0, -1, 0, -1]
        editor.ModifySegmentByLabelmap(self.widget._segmentNode, self._id_of(segment), brush, mode, whole, True, False)
        return self._state()

    def _state(self) -> dict[str, Any]:
        """What the viewer holds: its segments in order, their voxels in a file, and where image and masks lie in space."""
        image, node, segmentation = self.widget._volumeNode, self.widget._segmentNode, self._segmentation
        ids = [segmentation.GetNthSegmentID(i) for i in range(segmentation.GetNumberOfSegments())]
        voxels, frames = {}, {}
        for segment in ids:
            name = segmentation.GetSegment(segment).GetName()
            if name in voxels:
                raise ValueError(f"two segments are called {name}")
            planes, rows, columns = np.nonzero(slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, image))
            assert not planes.any(), "a voxel lies beyond the image's plane"
            voxels[name] = np.stack([columns, rows], axis=-1)
            if columns.size:
                frames[name] = _matrix(node.GetBinaryLabelmapInternalRepresentation(segment).GetImageToWorldMatrix)
        number = len(list(self.out.glob("viewer*.npz")))
        file = self.out / f"viewer{number}.npz"
        np.savez(file, **voxels)
        return {
            "segments": [segmentation.GetSegment(segment).GetName() for segment in ids],
            "voxels": str(file),
            "image": {"size": list(image.GetImageData().GetDimensions()), "frame": _matrix(image.GetIJKToRASMatrix)},
            "frames": frames,
        }


def _matrix(fill: Any) -> list[list[float]]:
    """A matrix that Slicer fills in."""
    matrix = vtk.vtkMatrix4x4()
    fill(matrix)
    return [[matrix.GetElement(i, j) for j in range(4)] for i in range(4)]


class _Errors(logging.Handler):
    """`slicer.util` only logs some failures, such as a file that was not written."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(record.getMessage())


def main() -> None:
    """Plays the sitting from stdin."""
    sitting = json.load(sys.stdin)
    errors: list[str] = []
    stubs.watch_vtk(errors)
    logging.getLogger().addHandler(_Errors(errors))
    results = []
    with redirect_stdout(sys.stderr):  # the plugin prints
        annotator = Annotator(sitting["plugin"], sitting["settings"], sitting["out"])
        for step in sitting["steps"]:
            arguments = {key: value for key, value in step.items() if key != "do"}
            results.append(getattr(annotator, step["do"])(**arguments))
    json.dump({"results": results, "errors": errors}, sys.stdout)


if __name__ == "__main__":
    main()
