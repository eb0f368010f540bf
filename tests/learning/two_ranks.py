"""A small training in as many ranks as torchrun starts; the first one writes what came of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from fetal_head.learning import ranks
from fetal_head.learning.samples import sample_of
from fetal_head.learning.trainer import train
from fetal_head.model.network import Architecture
from small_labels import small_settings, small_study

folder = Path(sys.argv[1])
with ranks.ranks():
    settings = small_settings(augmentation="spatial")
    architecture = Architecture.of(settings.model)
    own = folder / str(ranks.rank())
    own.mkdir(parents=True)
    samples = [sample_of(label, architecture) for label in small_study(own, 6)]
    torch.manual_seed(0)
    last = train(architecture.build(), architecture, samples[2:], samples[:2], settings.learning).epochs[-1]
    if ranks.rank() == 0:
        result = {"ranks": ranks.count(), "loss": last.loss, "dice": last.dice}
        (folder / "result.json").write_text(json.dumps(result))
