"""What a MONAI Label app looks like when nothing is done about speed: the network and transforms of its own examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from monai.inferers import SimpleInferer
from monai.networks.nets import BasicUNet
from monai.transforms import (
    Activationsd,
    AsDiscreted,
    EnsureChannelFirstd,
    EnsureTyped,
    Lambdad,
    LoadImaged,
    MapTransform,
    Resize,
    Resized,
    ScaleIntensityd,
    SqueezeDimd,
    ToNumpyd,
)
from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.tasks.infer_v2 import InferType
from monailabel.tasks.activelearning.random import Random
from monailabel.tasks.infer.basic_infer import BasicInferTask

LABELS = {"BRAIN": 1, "CSP": 2, "LV": 3}


class Restored(MapTransform):
    """What `monailabel.transform.post.Restored` does; its module needs torchvision, which a CPU build of torch lacks."""

    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        shape = tuple(int(side) for side in data["image"].meta["spatial_shape"])
        return {**data, **{key: Resize(spatial_size=shape, mode="nearest")(data[key]) for key in self.keys}}


class Segmentation(BasicInferTask):
    """BasicUNet, 2.0 M parameters, at 384 x 256 (columns, rows)."""

    def __init__(self, path: str, network: torch.nn.Module) -> None:
        super().__init__(path, network, InferType.SEGMENTATION, LABELS, 2, "stock")

    def pre_transforms(self, data: dict[str, Any] | None = None) -> list[Any]:
        return [
            LoadImaged("image"),
            EnsureChannelFirstd("image"),
            Lambdad("image", lambda image: image.mean(0, keepdim=True)),
            ScaleIntensityd("image"),
            Resized("image", (384, 256)),
            EnsureTyped("image"),
        ]

    def inferer(self, data: dict[str, Any] | None = None) -> Any:
        return SimpleInferer()

    def post_transforms(self, data: dict[str, Any] | None = None) -> list[Any]:
        return [
            EnsureTyped("pred"),
            Activationsd("pred", softmax=True),
            AsDiscreted("pred", argmax=True),
            Restored("pred"),
            SqueezeDimd("pred", 0),
            ToNumpyd("pred"),
        ]


class StockApp(MONAILabelApp):
    """One model with random weights: only its speed is looked at."""

    def __init__(self, app_dir: str, studies: str, conf: dict[str, str]) -> None:
        super().__init__(app_dir, studies, conf, name="stock", labels=list(LABELS))

    def init_infers(self) -> dict[str, Any]:
        path = Path(self.app_dir) / "model.pt"
        network = BasicUNet(spatial_dims=2, in_channels=1, out_channels=len(LABELS) + 1)
        torch.save(network.state_dict(), path)
        return {"stock": Segmentation(str(path), network)}

    def init_strategies(self) -> dict[str, Any]:
        return {"random": Random()}
