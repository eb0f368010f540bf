"""What the plugin takes from the Slicer desktop and slicer-core's wheels lack: Qt, ctk and four small Python modules.

MRML, the segmentation core, the file readers and writers and `slicer.util` are Slicer's own; only windows are missing.
Whatever would pop up as an error there is raised here, so that nothing fails in silence.
"""

from __future__ import annotations

import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import SimpleITK
import slicer.util
import vtk

import slicer


class PopUpError(RuntimeError):
    """The desktop would show an error or a warning to the annotator."""


class Silent:
    """Any object of Qt: takes every call, every attribute and every connection, and answers something empty."""

    def __init__(self, *_: Any) -> None: ...

    def __getattr__(self, name: str) -> Silent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent()

    def __call__(self, *_: Any, **__: Any) -> Silent:
        return Silent()

    def __bool__(self) -> bool:
        return False


class ComboBox(Silent):
    """The lists of models, strategies and options: the plugin reads its choices back from them."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.currentIndex = -1

    @property
    def count(self) -> int:
        return len(self.items)

    @property
    def currentText(self) -> str:  # noqa: N802 - Qt's name
        return self.itemText(self.currentIndex)

    @currentText.setter
    def currentText(self, text: str) -> None:  # noqa: N802
        self.setCurrentText(text)

    def setCurrentText(self, text: str) -> None:  # noqa: N802
        if text not in self.items:  # an editable one takes any text
            self.addItem(text)
        self.currentIndex = self.items.index(text)

    def setCurrentIndex(self, index: int) -> None:  # noqa: N802
        self.currentIndex = index

    def addItem(self, *icon_text_data: Any) -> None:  # noqa: N802
        self.items.append(next(item for item in icon_text_data if isinstance(item, str)))
        self.currentIndex = max(self.currentIndex, 0)

    def addItems(self, texts: list[str]) -> None:  # noqa: N802
        for text in texts:
            self.addItem(text)

    def itemText(self, index: int) -> str:  # noqa: N802
        return self.items[index] if 0 <= index < len(self.items) else ""

    def findText(self, text: str) -> int:  # noqa: N802
        return self.items.index(text) if text in self.items else -1

    def clear(self) -> None:
        self.items.clear()
        self.currentIndex = -1


class CheckBox(Silent):
    """A boolean option in the table of options."""

    checked = False

    def setChecked(self, checked: bool) -> None:  # noqa: N802
        self.checked = checked


class TableItem(Silent):
    """A cell with text."""

    def __init__(self, text: str = "") -> None:
        self._text = text

    def text(self) -> str:
        return self._text

    def flags(self) -> int:
        return 0


class Table(Silent):
    """The table of options: what it holds is sent to the server with every request."""

    def __init__(self) -> None:
        self.rowCount = 0
        self.cells: dict[tuple[int, int], Any] = {}

    def clear(self) -> None:
        self.cells.clear()

    def setRowCount(self, count: int) -> None:  # noqa: N802
        self.rowCount = count

    def setItem(self, row: int, column: int, item: TableItem) -> None:  # noqa: N802
        self.cells[row, column] = item

    setCellWidget = setItem  # noqa: N815

    def item(self, row: int, column: int) -> TableItem | None:
        cell = self.cells.get((row, column))
        return cell if isinstance(cell, TableItem) else None

    def cellWidget(self, row: int, column: int) -> Any:  # noqa: N802
        return self.cells.get((row, column))


class Settings:
    """The annotator's settings, shared by all QSettings objects as on the desktop."""

    values: dict[str, Any] = {}  # noqa: RUF012 - shared on purpose

    def contains(self, key: str) -> bool:
        return key in self.values

    def value(self, key: str) -> Any:
        return self.values.get(key)

    def setValue(self, key: str, value: Any) -> None:  # noqa: N802
        self.values[key] = value


class ModuleWidget:
    """Slicer's base of a module's panel, without its panel."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = Silent()
        self.layout = Silent()

    def setup(self) -> None: ...

    def resourcePath(self, name: str) -> str:  # noqa: N802
        return str(Path(sys.modules[type(self).__module__].__file__ or "").parent / "Resources" / name)


class ModuleLogic:
    """Slicer's base of a module's logic: it keeps the module's choices in a node of the scene."""

    def getParameterNode(self) -> Any:  # noqa: N802
        node = slicer.mrmlScene.GetSingletonNode("MONAILabel", "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag("MONAILabel")
            node = slicer.mrmlScene.AddNode(node)
        return node


class SampleDataLogic:
    """Slicer's way to fetch an image (its module needs windows): into one folder for all, where a known name stays as it is."""

    cache = Path()

    def downloadFromURL(self, nodeNames: str, fileNames: str, uris: str, checksums: str | None) -> list[Any]:  # noqa: N802, N803
        path = self.cache / fileNames
        if not slicer.util.downloadFile(uris, str(path), checksum=checksums):
            raise RuntimeError(f"{uris} was not downloaded")
        node = slicer.util.loadVolume(str(path))
        node.SetName(nodeNames)
        return [node]


class FileIO:
    """The desktop's reader and writer of files (Qt classes), on the same readers and writers in C++."""

    def fileWriterFileType(self, node: Any) -> str:  # noqa: N802
        return str(node.GetClassName())

    def loadNodes(self, kind: str, properties: dict[str, Any], loaded: Any, messages: Any) -> bool:  # noqa: N802
        path = properties["fileName"]
        node = slicer.modules.volumes.logic().AddArchetypeVolume(path, Path(path).name.split(".")[0])
        if node is not None:
            loaded.AddItem(node)
        return node is not None

    def saveNodes(self, kind: str, properties: dict[str, Any], messages: Any) -> bool:  # noqa: N802
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        node.AddDefaultStorageNode()
        storage = node.GetStorageNode()
        storage.SetFileName(properties["fileName"])
        return bool(storage.WriteData(node))


def push_volume(image: SimpleITK.Image, target: None, className: str) -> Any:  # noqa: N803
    """sitkUtils.PushVolumeToSlicer: ITK's (W, H, 1) image as a volume of the scene; ITK's LPS becomes Slicer's RAS."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix
    return slicer.util.addVolumeFromArray(SimpleITK.GetArrayFromImage(image), ras, nodeClassName=className)


def load_ui(path: str) -> Silent:
    """A stand-in for each widget of the real .ui file: one that the plugin calls and the file lacks stays an error."""
    kinds = {"QComboBox": ComboBox, "ctkComboBox": ComboBox, "QCheckBox": CheckBox, "QTableWidget": Table}
    window = Silent()
    widgets = ElementTree.parse(path).iter("widget")
    window.children = SimpleNamespace(**{w.get("name", ""): kinds.get(w.get("class", ""), Silent)() for w in widgets})
    return window


def pop_up(text: str, detailedText: str = "", **_: Any) -> None:  # noqa: N803
    """An error or a warning on the annotator's screen."""
    raise PopUpError(f"{text}\n{detailedText}")


def watch_vtk(errors: list[str]) -> None:
    """Slicer's C++ code reports its errors here and goes on."""

    @vtk.calldata_type(vtk.VTK_STRING)
    def report(_: Any, __: str, message: str) -> None:
        errors.append(message)

    vtk.vtkOutputWindow.GetInstance().AddObserver("ErrorEvent", report)


def install(settings: dict[str, Any], folder: Path) -> None:
    """Makes `import MONAILabel` work: an empty scene, its logics, and the modules that the desktop would bring.

    Files of the annotator's machine go into `folder`.
    """
    Settings.values = dict(settings)
    SampleDataLogic.cache = folder / "cache"
    SampleDataLogic.cache.mkdir(exist_ok=True)
    slicer.mrmlScene = _scene()
    slicer.app = SimpleNamespace(coreIOManager=FileIO, processEvents=Silent(), connect=Silent())
    for name in ("errorDisplay", "warningDisplay"):
        setattr(slicer.util, name, pop_up)
    slicer.util.infoDisplay = Silent()
    slicer.util.confirmOkCancelDisplay = lambda *_, **__: True  # the annotator clicks OK
    slicer.util.createProgressDialog = Silent()
    slicer.util.tempDirectory = lambda prefix: tempfile.mkdtemp(prefix=prefix, dir=folder)
    slicer.util.loadUI = load_ui
    slicer.util.childWidgetVariables = lambda window: window.children

    _module(
        "qt",
        QApplication=Silent(),
        QCheckBox=CheckBox,
        QComboBox=ComboBox,
        QDialog=Silent,
        QIcon=Silent,
        QSettings=Settings,
        QTableWidgetItem=TableItem,
        QTimer=Silent,
        Qt=SimpleNamespace(ItemIsEditable=0, ToolTipRole=0, WaitCursor=0),
    )
    _module("ctk", ctkSettingsPanel=Silent)
    _module("SampleData", SampleDataLogic=SampleDataLogic)
    _module("sitkUtils", PushVolumeToSlicer=push_volume)
    _module("vtkSegmentationCore", vtkOrientedImageDataResample=slicer.vtkOrientedImageDataResample)
    _module("slicer.i18n", tr=str, translate=lambda context, text: text)
    _module(
        "slicer.ScriptedLoadableModule",
        ScriptedLoadableModule=object,
        ScriptedLoadableModuleLogic=ModuleLogic,
        ScriptedLoadableModuleTest=object,
        ScriptedLoadableModuleWidget=ModuleWidget,
    )


def _module(name: str, **content: Any) -> None:
    module = ModuleType(name)
    vars(module).update(content)
    sys.modules[name] = module


def _scene() -> Any:
    """An empty scene wired to the module logics, as the desktop does at start."""
    scene = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)
    logics = {
        "Colors": application.GetColorLogic(),
        "Volumes": slicer.vtkSlicerVolumesLogic(),
        "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic(),
        "Markups": slicer.vtkSlicerMarkupsLogic(),
    }
    for name, logic in logics.items():
        logic.SetMRMLScene(scene)
        logic.SetMRMLApplicationLogic(application)
        application.SetModuleLogic(name, logic)
    application.GetColorLogic().AddDefaultColorNodes()
    modules = {name.lower(): SimpleNamespace(logic=lambda it=logic: it) for name, logic in logics.items()}
    slicer.modules = SimpleNamespace(**modules)
    slicer.modules.application = application  # keeps it alive
    return scene
