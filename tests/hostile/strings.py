"""Hostile names and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def names(secret: Path) -> dict[str, str]:
    """Names that lead elsewhere, that no file system or database takes, or that mean something to somebody else."""
    return {
        "parent": "../secret.txt",
        "grandparent": "../../secret.txt",
        "many parents": "../" * 40 + "etc/passwd",
        "absolute": str(secret),
        "absolute without extension": str(secret.with_suffix("")),
        "encoded twice": "%2e%2e%2fsecret.txt",
        "encoded thrice": "%252e%252e%252fsecret.txt",
        "overlong": "..%c0%afsecret.txt",
        "dots": "..",
        "dot": ".",
        "dots in the middle": "a/../../secret",
        "backslashes": "..\\..\\secret.txt",
        "drive": "C:\\Windows\\win.ini",
        "share": "\\\\host\\share\\x",
        "url": "file:///etc/passwd",
        "remote url": "http://127.0.0.1:1/x.png",
        "separator": "a/b",
        "NUL": "a\0.png",
        "newline": "a\r\nSet-Cookie: x=1",
        "full-width dots": "．．／secret.txt",
        "division slash": "..∕secret.txt",
        "right to left": "a\u202egnp.exe",
        "look-alike": "аbc",
        "emoji": "\U0001f600",
        "long": "a" * 5000,
        "device": "CON",
        "device with extension": "nul.png",
        "stream": "a.png::$DATA",
        "hidden": ".hidden",
        "trailing dot": "a.",
        "blank": " ",
        "sql": "' OR 1=1; DROP TABLE images; --",
        "sql union": "x' UNION SELECT value FROM meta --",
        "html": "<script>alert(1)</script>",
        "template": "{{7*7}}${7*7}",
        "shell": "$(touch /tmp/pwned);`id`|cat",
        "wildcard": "*",
        "format": "%s%n%x",
    }


# texts that are as good as any other where people write what they like
TEXTS = ("' OR 1=1; --", "<script>alert(1)</script>", "${7*7}", "‮right to left", "\U0001f600", "", "a\nb", "=cmd|' /C calc'!A0")

NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"a": ',
    "text": b"hello",
    "latin 1": '{"client_id": "é"}'.encode("latin-1"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "a bare NUL": b'{"a": "\0"}',
    "two": b"{}{}",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "number without end": b'{"a": ' + b"9" * 100_000 + b"}",
    "no object": b"[1, 2]",
    "a text": b'"text"',
    "a number": b"5",
}

# JSON as Python reads it, of which no client can be told again
STRANGE_JSON: dict[str, str] = {
    "NaN": '{"x": NaN}',
    "Infinity": '{"x": -Infinity}',
    "too large": '{"x": 1e400}',
    "large integer": '{"x": 123456789012345678901234567890}',
    "half a character": '{"x": "\\ud800"}',
    "half a key": '{"\\udfff": 1}',
    "NUL": '{"x": "a\\u0000b"}',
    "50 deep": '{"x": ' + "[" * 50 + "]" * 50 + "}",
    "900 deep": '{"x": ' + "[" * 900 + "]" * 900 + "}",
    "long": '{"x": "' + "a" * 200_000 + '"}',
}
DOUBLE_JSON = '{"client_id": "ann", "client_id": "ben"}'


# what a client says of a label, of kinds that it never is
WRONG_PARAMS: list[tuple[str, Any]] = [
    *(("label_info", value) for value in ("BRAIN", 5, {"name": "BRAIN"}, [1], [{"idx": 1}], [{"name": 5}], [{"name": "Tumour"}])),
    *(("annotated", value) for value in (5, "BRAIN", [1], [["BRAIN"]], {"SKULL": 1}, ["BRAIN", None], ["<script>"])),
    *(("seconds", value) for value in (-1, "NaN", "Infinity", [], {}, "x", 10**400, "1e400")),
    *(("client_id", value) for value in (5, ["ann"], {"a": 1}, "x" * 5000)),
    *(("model_version", value) for value in (5, ["v1"], {"a": 1}, "x" * 5000)),
]

# of an image
WRONG_INFO: list[tuple[str, Any]] = [
    *(("spacing", value) for value in ("0.1", [0.1], [0.1, 0.2, 0.3], ["a", "b"], [0, 1], [-1, 1], [1e300, 1], {}, [True, 1], 5)),
    *(("patient", value) for value in (5, ["P1"], {"a": 1}, True)),
    *(("plane", value) for value in (5, ["P1"])),
    *(("file_size", value) for value in ("5", 1.5, [5], True)),
    *(("skipped", value) for value in (5, "ann", [5], {"ann": 1})),
    *(("flag", value) for value in (5, "ann", ["ann"], {"comment": 5})),
]

# of a prediction
WRONG_INFER: list[tuple[str, Any]] = [
    *(("result_extension", v) for v in (5, [], ["x"], ".exe", "/../../x.nrrd", "../x", ".nrrd\0", "x" * 5000, {"a": 1}, True)),
    *(("gestational_weeks", value) for value in ("NaN", "x", [1], {"a": 1}, -3, 1e300, 10**400, "Infinity")),
    *(("client_id", value) for value in (5, ["ann"], "x" * 5000)),
]
