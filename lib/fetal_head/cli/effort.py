"""`fetal-head store effort`."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.table import Table

from fetal_head.cli.options import AsJson, Conf, Studies, console, figure, print_table
from fetal_head.cli.store import opened, store


@store.command(epilog="Example: fetal-head store effort --studies studies/hc18")
def effort(studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """Tell by model version how much of its predictions people changed: added path length, pixels, Dice, share accepted."""
    from fetal_head.store.labels.effort import efforts, measure_efforts

    study = opened(studies, conf)
    measure_efforts(study)
    found = efforts(study)
    if as_json:
        print(json.dumps([asdict(version) for version in found], indent=2))
        return
    if not found:
        console.print("nobody has submitted a label yet that began with a prediction")
        return
    table = Table("model", "structure", "labels", "accepted", "APL px", "changed px", "Dice")
    for version in found:
        pixels = f"{version.apl:.0f}", f"{version.changed:.0f}"
        table.add_row(version.model, "all", str(version.labels), f"{version.accepted:.0%}", *pixels, "")
        for name, of in version.structures.items():
            table.add_row("", name, str(of.labels), "", f"{of.apl:.0f}", f"{of.changed:.0f}", figure(of.dice))
    print_table(table)
