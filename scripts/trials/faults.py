"""Faults of disks, clocks and databases: the tests of them, with what a person is told."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from trials.process import ROOT
from trials.report import Report

TESTS = "tests/store/test_faults.py"


def run(folder: Path) -> Report:
    """Runs the tests of faults, and collects for each what was said (the property `said` of its test)."""
    found = folder / "faults.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
    subprocess.run([*command, f"--junitxml={found}", TESTS], cwd=ROOT, check=False)
    report = Report("faults")
    for case in ElementTree.parse(found).iter("testcase"):
        name = case.attrib["name"].removeprefix("test_").replace("_", " ")
        said = [prop.attrib["value"] for prop in case.iter("property") if prop.attrib["name"] == "said"]
        skipped = case.find("skipped")
        report.figures[name] = f"skipped: {skipped.attrib['message']}" if skipped is not None else " / ".join(said) or "passed"
        if case.find("failure") is not None or case.find("error") is not None:
            report.wrong.append(f"{name} failed")
    return report
