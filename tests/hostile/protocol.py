"""Hostile HTTP: methods, headers, forms, paths and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hostile.archives import archives
from hostile.attack import BOUNDARY, EITHER, REFUSED, Attack, multipart, upload, url
from hostile.models import model_files
from hostile.rasters import GREY, picture

UP = ("..%2f", "%2e%2e/", "../", "..%5c", "%2e%2e%2f", "....//", "..;/", "%252e%252e%252f")


def protocol_attacks(image: str, secret: Path) -> Iterator[Attack]:
    """Requests that no friendly client makes."""
    for method in ("TRACE", "CONNECT", "PATCH", "PROPFIND", "BREW", "get"):
        yield Attack(f"method {method}", method, "/info/", expected=EITHER)
    yield Attack("a huge header", "GET", "/info/", headers={"X-Header": "a" * 100_000}, expected=EITHER)
    yield Attack("a hundred headers", "GET", "/info/", headers={f"X-{n}": "a" * 100 for n in range(99)}, expected=EITHER)
    yield Attack("a huge query", "GET", f"/info/?a={'a' * 50_000}", expected=EITHER)
    many = "&".join(f"p{n}=1" for n in range(5_000))
    yield Attack("5,000 parameters", "GET", f"/datastore/?{many}", expected=EITHER)
    yield Attack("a parameter twice", "GET", f"/datastore/image/info?image={image}&image=../secret", expected=EITHER)
    yield Attack("a parameter that is no UTF-8", "GET", "/datastore/image?image=%ff%fe%c3%28")
    yield Attack(
        "a strange host", "GET", "/info/", headers={"X-Forwarded-Host": "evil.example", "Origin": "null"}, expected=EITHER
    )
    for origin in ("http://[", "http://[::1", "//]", "[]", "http://a@b@c:d:e", "http://½:1"):
        yield Attack(f"origin {origin}", "POST", "/batch/infer/fetal_head", headers={"Origin": origin})
    for output in ("x", "", "../", "all\0"):
        yield Attack(f"output {output!r}", "GET", url("/datastore/", output=output), expected=EITHER)
    for limit in ("-1", "1e9", "99999999999999999999999", "x"):
        yield Attack(f"limit {limit}", "GET", url("/datastore/dataset", limit_cases=limit), expected=EITHER)
    for lines in ("-1", "99999999999999999999999", "x"):
        yield Attack(f"lines {lines}", "GET", url("/logs/", lines=lines), expected=EITHER)
    yield from _paths(secret)
    yield from _forms(image)
    yield from _sessions(secret)
    for name, content in model_files():
        yield upload(f"model of {name}", "/model/fetal_head", [("file", "m.safetensors", content)], REFUSED)


def _paths(secret: Path) -> Iterator[Attack]:
    for up in UP:
        for base in ("/static/", "/ohif/", "/proxy/dicom/", "/datastore/", "/"):
            yield Attack(f"path {base}{up}", "GET", f"{base}{up * 12}{str(secret).lstrip('/')}", expected=EITHER)
    for path in ("//etc/passwd", "/%00", "/info/%00", "/openapi.json/../../x", "/%ff%fe", "/" + "a/" * 2000, "/reload/../info/"):
        yield Attack(f"path {path[:30]}", "GET", path, expected=EITHER)


def _forms(image: str) -> Iterator[Attack]:
    png = picture(GREY)
    target = url("/datastore/image", image="form")
    body, headers = multipart([("file", "a.png", png)])
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/mixed; boundary={BOUNDARY}",
        "text/plain",
        "",
    ):
        yield Attack(f"form as {kind!r}", "PUT", target, body, {"Content-Type": kind})
    yield Attack("form of another boundary", "PUT", target, body, {"Content-Type": "multipart/form-data; boundary=other"})
    yield Attack("form without its end", "PUT", target, body[:-30], headers)
    yield Attack("form cut in a header", "PUT", target, body[:40], headers)
    yield Attack("form of nothing", "PUT", target, b"", headers)
    yield upload("form of 10,000 parts", target, [(f"p{n}", None, b"x") for n in range(10_000)], REFUSED)
    yield upload("form of 2,000 files", target, [(f"f{n}", "a.png", b"x") for n in range(2_000)], REFUSED)
    yield upload("form with a huge field", target, [("params", None, b"a" * 3_000_000), ("file", "a.png", png)], REFUSED)
    yield upload("file that is a field", target, [("file", None, png)], REFUSED)
    yield upload("file without a name", target, [("file", "", png)], EITHER)
    yield upload("file of another field", target, [("upload", "a.png", png)], REFUSED)
    yield upload("label that is a field", url("/datastore/label", image=image), [("label", None, b"x")], REFUSED)
    yield Attack("no file", "PUT", target, b"{}", {"Content-Type": "application/json"})
    named = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''..%2f..%2fevil.png\r\n\r\n".encode()
    yield Attack("an encoded file name", "PUT", target, named + b"x\r\n" + f"--{BOUNDARY}--\r\n".encode(), headers)


def _sessions(secret: Path) -> Iterator[Attack]:
    for number, (filename, content) in enumerate(archives(secret)):
        for uncompress in ("true", "false"):
            target = url("/session/", uncompress=uncompress)
            yield upload(f"session of archive {number}, {uncompress}", target, [("files", filename, content)], EITHER)
    for name in ("../../evil.png", str(secret), "a\\..\\..\\evil.png", "x" * 5000 + ".png", ".."):
        yield upload(f"session of a file {name[:20]}", "/session/", [("files", name, b"x")], EITHER)
    for expiry in ("-1", "99999999999999999999", "x"):
        target = url("/session/", expiry=expiry)
        yield upload(f"session until {expiry}", target, [("files", "a.png", picture(GREY))], EITHER)
