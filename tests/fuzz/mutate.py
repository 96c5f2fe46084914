"""Random changes of bytes: the usual ones of fuzzers, and tokens that formats care about."""

from __future__ import annotations

import random

TOKENS = (
    *(
        b"\x00",
        b"\xff",
        b"\x80\x02",
        b".",
        b"(",
        b")",
        b"\x85",
        b"}",
        b"]",
        b"N",
        b"R",
        b"b",
        b"q\x01",
    ),
    *(b"t", b"u", b"s", b"a", b"h\x00", b"r\xff\xff\xff\x7f", b"cos\nsystem\n", b"cnumpy\ndtype\n"),
    *(
        b"ccollections\nOrderedDict\n",
        b"\x81",
        b"\x95",
        b"\x8e",
        b"G\x7f\xf8\x00\x00\x00\x00\x00\x00",
    ),
    *(b"NaN", b"Infinity", b"-1", b"1e999", b"1_0", b"null", b"[", b"{", b"}", b'"', b"\\ud800"),
    *(
        b"\xed\xa0\x80",
        b"\n",
        b",",
        b"~0|",
        b"none",
        b"input",
        b"\x50\x4b\x03\x04",
        b"BZh9",
        b"PAR1",
    ),
    *((2**n - 1).to_bytes(8, "little") for n in (7, 8, 15, 16, 31, 32, 63, 64)),
)


def changed(data: bytes, rng: random.Random) -> bytes:
    """Return the data with one to six changes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(out) + 1) if out else 0
        size = rng.choice((1, 1, 2, 4, 8, 16, rng.randrange(1, 65)))
        kind = rng.randrange(9)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(out):
            out[at] = rng.randrange(256)
        elif kind == 2:
            out[at : at + size] = rng.randbytes(size)
        elif kind == 3:
            del out[at : at + size]
        elif kind == 4:
            out[at:at] = rng.choice(TOKENS)
        elif kind == 5:
            token = rng.choice(TOKENS)
            out[at : at + len(token)] = token
        elif kind == 6:
            begin = rng.randrange(len(out) + 1)
            out[at:at] = out[begin : begin + size]
        elif kind == 7 and rng.randrange(4) == 0:
            del out[at:]
        elif kind == 8 and rng.randrange(8) == 0:
            out[at:at] = rng.choice(TOKENS) * rng.choice((100, 10_000))
    return bytes(out)
