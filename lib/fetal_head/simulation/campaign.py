"""Campaigns of several strategies and seeds, a cell after the other; what is finished is never done again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path

from fetal_head import selection
from fetal_head.config import CHANGE_NO_RESULT, Settings
from fetal_head.evaluation.pairs import Pair
from fetal_head.files import clear_strays, write_text
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.scoring import Scorer
from fetal_head.model.segmenter import Segmenter
from fetal_head.model.weights import Description, load_weights, save_weights
from fetal_head.selection.strategies import STRATEGIES
from fetal_head.simulation.annotator import Choose, ScoredPool, choose_next
from fetal_head.simulation.cell import Cell, Judged, cell_path, read_cell, write_cell
from fetal_head.simulation.stock import stock_epistemic
from fetal_head.simulation.training import Start, Truth, judged, trained

KEY = "campaign.key"
# every strategy of the server, and MONAI Label's own for comparison
CHOICES: dict[str, Choose] = {**STRATEGIES, "stock_epistemic": stock_epistemic}


@dataclass(frozen=True)
class Plan:
    """What a campaign is to find out.

    Attributes:
        pool: the images that may be labelled.
        test: those that every model is judged on, of other patients.
        budgets: counts of labels after which a model is trained, growing.
        seeds: how often each strategy is tried, with other draws each time, the first by the settings' seed.
        start: the weights that each training begins with, and that choose the first images.
    """

    pool: tuple[Pair, ...]
    test: tuple[Pair, ...]
    strategies: tuple[str, ...]
    budgets: tuple[int, ...]
    seeds: int
    start: Start
    settings: Settings

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.strategies) * self.seeds * len(self.budgets)

    def check(self) -> None:
        """Raises ValueError, in a sentence, for a plan that cannot be carried out."""
        unknown = [name for name in self.strategies if name not in CHOICES]
        if unknown or not self.strategies:
            raise ValueError(f"no strategy is called '{', '.join(unknown)}'; there are {', '.join(CHOICES)}")
        if len(set(self.strategies)) < len(self.strategies):
            raise ValueError(f"--strategies names one twice ({', '.join(self.strategies)}): name each once; --seeds repeats it")
        if not self.budgets or list(self.budgets) != sorted(set(self.budgets)) or self.budgets[0] < 1:
            raise ValueError(f"--budgets must be growing counts of labels such as 5,10,20, not {self.budgets}")
        if self.budgets[-1] > len(self.pool):
            raise ValueError(f"a budget of {self.budgets[-1]} labels is more than the {len(self.pool)} images of the pool")
        both = sorted({pair.patient for pair in self.pool} & {pair.patient for pair in self.test})
        if both:
            raise ValueError(f"the patient {both[0]} is in the pool and in the test set: take the images out of one of them")

    def key(self) -> str:
        """The same for the same campaign, whatever its strategies and how many its seeds."""
        whole = (*self.pool, *self.test)
        pairs = [(pair.id, pair.patient, pair.annotated, _digest(pair.image), _digest(pair.mask)) for pair in whole]
        weights = _digest(self.start.path) if self.start.path else "scratch"
        # what a strategy of this name chose before its code was changed is no cell of this campaign
        code = [(path.name, _digest(path)) for path in sorted(Path(selection.__path__[0]).glob("*.py"))]
        included = {"model", "learning", "selection"}
        settings = self.settings.model_dump(include=included, exclude={"learning": CHANGE_NO_RESULT})
        told = [pairs, weights, code, self.budgets, settings]
        return sha256(json.dumps(told).encode()).hexdigest()


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def run_campaign(plan: Plan, to: Path) -> Iterator[Cell]:
    """The cells as they are finished, those first that `to` already holds of the same campaign.

    Raises:
        ValueError: the plan cannot be carried out, an image cannot be read, or `to` holds another campaign.
    """
    plan.check()
    key = to / KEY
    if key.exists() and key.read_text(encoding="utf-8") != plan.key():
        raise ValueError(f"{to} holds a campaign of other images, budgets, settings or starting weights: name a new folder")
    write_text(key, plan.key())
    # a campaign that was killed amid writing left weights there, each as large as a model
    for folder in (to, cell_path(to, "", 0, 0).parent):
        clear_strays(folder)
    pool, truth = ScoredPool(plan.pool), Truth(plan.pool, plan.start.find(plan.settings))
    first = plan.settings.learning.seed
    for seed, strategy in product(range(first, first + plan.seeds), plan.strategies):
        yield from _run(plan, to, strategy, seed, pool, truth)


def _run(plan: Plan, to: Path, strategy: str, seed: int, pool: ScoredPool, truth: Truth) -> Iterator[Cell]:
    """One strategy with one seed: each model chooses what the next one learns from as well."""
    labelled: tuple[str, ...] = ()
    weights: Path | None = None
    for budget in plan.budgets:
        path = cell_path(to, strategy, seed, budget)
        cell = read_cell(path)
        if cell is None:
            started = time.monotonic()
            scorer = partial(_scorer, plan, weights, seed)
            scores = pool.first_scores(seed, scorer) if weights is None else pool.scores(scorer())
            chosen = choose_next(CHOICES[strategy], plan.pool, scores, labelled, budget - len(labelled), seed)
            networks, architecture = plan.start.build(plan.settings, seed)
            networks = trained(networks, architecture, truth.samples(chosen, architecture), plan.settings, seed)
            results = _judge(plan, networks, architecture)
            # the weights first: a cell that is there can be gone on from
            save_weights(path.with_suffix(".safetensors"), networks, Description(architecture, parent=plan.start.name))
            cell = Cell(strategy, seed, budget, tuple(chosen), results, round(time.monotonic() - started, 1))
            write_cell(to, cell)
        # also those that a campaign had no time for which was killed just after it wrote the cell
        if weights is not None:
            weights.unlink(missing_ok=True)
        labelled, weights = cell.labelled, path.with_suffix(".safetensors")
        yield cell


def _judge(plan: Plan, networks: HeadNetworks, architecture: Architecture) -> tuple[Judged, ...]:
    segmenter = Segmenter(networks, architecture, plan.settings.model)
    return tuple(judged(lambda image: segmenter.predict(image).mask, plan.test))


def _scorer(plan: Plan, weights: Path | None, seed: int) -> Scorer:
    """The model that chooses: the one trained last, or the starting one."""
    if weights is None:
        networks, architecture = plan.start.build(plan.settings, seed)
    else:
        networks, description = load_weights(weights)
        architecture = description.architecture
    return Scorer(networks, architecture, plan.settings.model, plan.settings.selection)
