"""What a hub does, and what is to come of it: a row each."""

import gzip
from dataclasses import replace

from tests.chaos.hub_changes import (
    FILES,
    PLACES,
    WEIGHTS,
    Row,
    as_json,
    drip,
    drip_all,
    edited,
    endless,
    endless_headers,
    info,
    labelled,
    listed,
    moved,
    next_page,
    of_commit,
    other_part,
    packed,
    patience,
    sized,
    with_headers,
    without,
)
from tests.meta.local_hub import Response, broken, corrupted, html, rate_limited, truncated

_LONG, _LONGER = "has more than 16 MB", "longer than the"
_CHANGED = "checksum_mismatch"
_ODD_COMMIT = "which is no commit"
_ODD_SUM = "which is no checksum"
_ODD_NAME = "which is no name of a file"
_ODD_PAGE = "gave no usable answer"
_LATE = "timed_out"
_OFF = "unreachable"

TIME = {
    **{f"stall-{place}": Row(place, None, _LATE) for place in PLACES},
    **{
        f"drip-{place}": Row(place, drip, _LATE, "bytes/s, should come at")
        for place in PLACES
        if place != "head"
    },
    **{
        f"drip-headers-{place}": Row(place, drip_all, _LATE, "did not arrive within")
        for place in ("info", "listing", "head", "card", "index", "weights")
    },
    **{
        f"patience-{place}": Row(place, patience, _LATE, "did not arrive within")
        for place in ("info", "listing", "head", "card", "index", "weights")
    },
    "drip-error": Row("info", lambda _: drip(html("Log in, please" * 9, 503)), _LATE),
    "drip-redirect": Row("info", lambda _: drip(moved("/elsewhere", b"x" * 99)), _LATE),
    **{f"429-{place}": Row(place, rate_limited(1), _OFF) for place in PLACES},
    **{f"503-{place}": Row(place, broken(), _OFF) for place in PLACES},
    "wait-an-hour": Row("info", rate_limited(3600), _OFF, "asks to wait 3600 s"),
    "wait-an-hour-for-weights": Row("weights", rate_limited(3600), _OFF, "asks to wait 3600 s"),
}

SIZE = {
    "endless-info": Row("info", endless, _OFF, _LONG),
    "endless-listing": Row("listing", endless, _OFF, _LONG),
    "endless-card": Row("card", endless, _CHANGED, "the 36 bytes that the hub lists"),
    "endless-config": Row("config", endless, _CHANGED, _LONGER),
    "endless-index": Row("index", endless, _OFF, f"a part of {WEIGHTS} has more than"),
    "endless-weights": Row("weights", endless, _CHANGED, "longer than the 48"),
    "endless-error": Row("info", lambda _: endless(broken()), _OFF, _LONG),
    "endless-404": Row("card", lambda _: endless(Response(404)), _OFF, "has more than 1 MB"),
    "endless-redirect": Row("info", lambda _: endless(moved("/elsewhere")), _OFF, _LONG),
    **{
        f"bomb-{how}-{place}": Row(place, packed(how), code, says)
        for how, place, code, says in (
            ("gzip", "info", _OFF, _LONG),
            ("gzip", "listing", _OFF, _LONG),
            ("deflate", "listing", _OFF, _LONG),
            ("gzip", "card", _CHANGED, "longer than the 36 bytes"),
            ("gzip", "config", _CHANGED, _LONGER),
            ("gzip", "index", _OFF, "has more than"),
            ("gzip", "weights", _CHANGED, "longer than the 48"),
            ("br", "info", _OFF, "packed as 'br', which was not asked for"),
        )
    },
    "packed-well": Row(
        "config",
        lambda usual: replace(
            usual,
            body=gzip.compress(usual.body),
            headers={**usual.headers, "Content-Encoding": "gzip"},
        ),
        "",
    ),
    "large-card": Row("listing", sized("README.md", 300_000_000), "", "README.md has 300 MB"),
    "large-config": Row("listing", sized("config.json", 300_000_000), "bad_config", "300 MB"),
    "large-headers": Row("info", with_headers(X_Long="x" * 1_000_000), _OFF),
    "endless-headers": Row("info", endless_headers, _OFF),
    "many-pages": Row(
        "listing",
        lambda usual: replace(usual, headers={"Link": next_page("many-pages")}),
        _OFF,
        "goes on after 100 pages",
    ),
    "large-pages": Row(
        "listing",
        lambda usual: replace(
            usual,
            body=usual.body + b" " * 1_000_000,
            headers={"Link": next_page("large-pages")},
        ),
        _OFF,
        "has more than",
    ),
    "deep-info": Row("info", as_json(b"[" * 200_000), _OFF, _ODD_PAGE),
    "deep-listing": Row("listing", as_json(b"[" * 200_000), _OFF, _ODD_PAGE),
    "long-number": Row("listing", as_json(b"[" + b"9" * 100_000 + b"]"), _OFF, _ODD_PAGE),
}

_PLACES_ELSEWHERE = {
    "up": "../../../outside",
    "absolute": "/tmp/sertify-outside",
    "long": "a" * 5000,
}

PLACE = {
    **{
        f"etag-{how}": Row("head", labelled(f'"{place}"'), _OFF, _ODD_SUM)
        for how, place in _PLACES_ELSEWHERE.items()
    },
    "etag-weak-up": Row("head", labelled('W/"../../outside"'), _OFF, _ODD_SUM),
    "etag-empty": Row("head", labelled('""'), _OFF, _ODD_SUM),
    "etag-none": Row("head", without("ETag"), _OFF),
    **{
        f"commit-of-file-{how}": Row("head", of_commit(place), _OFF, _ODD_COMMIT)
        for how, place in _PLACES_ELSEWHERE.items()
    },
    "commit-of-file-other": Row("head", of_commit("1" * 40), _OFF, "was asked for"),
    "commit-of-file-none": Row("head", without("X-Repo-Commit"), _OFF),
    "commit-of-nothing-up": Row(
        "head",
        Response(404, headers={"X-Error-Code": "EntryNotFound", "X-Repo-Commit": "../../../x"}),
        _OFF,
        _ODD_COMMIT,
    ),
    **{
        f"commit-{how}": Row("info", info(sha=sha), _OFF, _ODD_COMMIT)
        for how, sha in (_PLACES_ELSEWHERE | {"short": "abc", "none": None, "number": 1}).items()
    },
    "commit-other": Row(
        "info",
        as_json({"id": "org/commit-other", "sha": "1" * 40}),
        _OFF,
        "was asked for",
        revision="2" * 40,
    ),
    **{
        f"name-{how}": Row("listing", listed(name), _OFF, _ODD_NAME)
        for how, name in {
            "up": "../outside",
            "inside-up": "a/../../../outside",
            "absolute": "/tmp/sertify-outside",
            "backslash": "..\\outside",
            "drive": "C:/outside",
            "nul": "a\0b",
            "line": "a\nb",
            "empty": "",
            "dot": ".",
            "twice": "a//b",
            "long-part": "a" * 300,
            "long": "a/" * 600 + "a",
            "surrogate": "a\ud800",
        }.items()
    },
    **{
        f"size-{how}": Row("listing", sized(WEIGHTS, size), _OFF, "is listed as")
        for how, size in {
            "negative": -1,
            "part": 1.5,
            "text": "12",
            "none": None,
            "float": 1e30,
            "true": True,
            "huge": 10**30,
        }.items()
    },
    "name-number": Row("listing", listed(3), _OFF, _ODD_PAGE),
    "name-none": Row("listing", listed(None), _OFF, _ODD_PAGE),
    "next-page-elsewhere": Row(
        "listing", with_headers(Link=next_page("x", "http://localhost:9")), _OFF, "another host"
    ),
    "moved-elsewhere": Row("info", moved("http://localhost:9/x"), _OFF),
    "moved-in-a-circle": Row("info", moved("/api/models/org/moved-in-a-circle"), _OFF, "redirects"),
    "moved-to-a-file": Row("info", moved("file:///etc/passwd"), _OFF),
    "head-in-a-circle": Row("head", moved("/org/head-in-a-circle/resolve/main/x"), _OFF),
}

CONTENT = {
    **{f"page-{place}": Row(place, html("Log in"), _OFF) for place in ("info", "listing", "head")},
    "page-index": Row("index", html("Log in"), _OFF, "only sends whole files"),
    "page-card": Row("card", html("Log in" * 9), _CHANGED),
    **{
        f"breaks-off-{place}": Row(place, truncated(0.5), _OFF)
        for place in ("info", "listing", "card", "index", "weights")
    },
    "flipped-config": Row("config", corrupted(), _CHANGED),
    "flipped-weights": Row("weights", corrupted(), _CHANGED),
    "other-part": Row("index", other_part, _OFF, "was asked for"),
    "whole-for-part": Row("index", Response(200, FILES[WEIGHTS]), _OFF, "only sends whole files"),
    "garbage": Row("info", Response(body=b"\x00\xff" * 99, raw=True), _OFF),
    "silence": Row("info", Response(raw=True), _OFF),
    "nothing": Row("info", Response(204), _OFF),
    "negative-length": Row("info", with_headers(Content_Length="-5"), _OFF),
    "no-text": Row("info", as_json(b'{"id": "\xff\xfe"}'), _OFF, _ODD_PAGE),
    "info-list": Row("info", as_json([]), _OFF, "no JSON object"),
    "info-without-id": Row("info", edited(lambda a: {"sha": a["sha"]}), _OFF, _ODD_PAGE),
    "listing-object": Row("listing", as_json({"error": 1}), _OFF, _ODD_PAGE),
    "listing-of-numbers": Row("listing", as_json([1, 2]), _OFF, _ODD_PAGE),
    "listing-odd-xet": Row("listing", edited(lambda a: [a[0] | {"xetHash": "../x"}, *a[1:]]), _OFF),
    "listed-smaller": Row("listing", sized("README.md", 3), _CHANGED, "the 3 bytes"),
    "listed-larger": Row("listing", sized("README.md", 99), _CHANGED),
    "gone": Row("info", Response(404, headers={"X-Error-Code": "RepoNotFound"}), "not_found"),
    "teapot": Row("info", Response(418), _OFF),
}

ROWS = TIME | SIZE | PLACE | CONTENT
