"""What a compiled library links to, read from the file: it may be for another processor."""

import struct
from pathlib import Path

_DYNAMIC, _NEEDED = 6, 1


def needed(library: Path) -> list[str]:
    """Names in the DT_NEEDED entries of a 64-bit little-endian ELF file (System V ABI, ch. 5)."""
    body = library.read_bytes()
    assert body[:6] == b"\x7fELF\x02\x01", f"{library} is no 64-bit little-endian ELF file"
    sections = _sections(body)
    for kind, _address, offset, size, link in sections:
        if kind == _DYNAMIC:
            strings = sections[link][2]
            entries = struct.iter_unpack("<qQ", body[offset : offset + size // 16 * 16])
            return [_text(body, strings + value) for tag, value in entries if tag == _NEEDED]
    return []


def machine(library: Path) -> int:
    """The processor's number in the header: 183 is arm64, 62 x86_64."""
    return struct.unpack_from("<H", library.read_bytes()[:20], 18)[0]


def _sections(body: bytes) -> list[tuple[int, int, int, int, int]]:
    """Type, address, offset, size and link of each section."""
    (table,) = struct.unpack_from("<Q", body, 40)
    entry, count = struct.unpack_from("<HH", body, 58)
    headers = (struct.unpack_from("<IIQQQQI", body, table + n * entry) for n in range(count))
    return [(header[1], header[3], header[4], header[5], header[6]) for header in headers]


def _text(body: bytes, start: int) -> str:
    return body[start : body.index(b"\0", start)].decode()
