"""The same report from two crawls: found by the fingerprints of records, without comparing all with all."""

from __future__ import annotations

_BITS = 64
_NEAR = 3  # bits of 64 in which near-duplicates may differ
_BANDS = _NEAR + 1  # with one band more than differing bits, one band is always equal


class Duplicates:
    """Fingerprints seen so far, each with the id of its first report.

    Equal fingerprints are duplicates; fingerprints of 16 hexadecimal digits (similarity hashes of 64 bits) also where at most
    three bits differ.
    """

    def __init__(self) -> None:
        self._exact: dict[str, str] = {}
        self._bands: dict[tuple[int, int], list[tuple[int, str]]] = {}

    def first_like(self, report: str, fingerprint: str | None) -> str | None:
        """The id of the earlier report that this one repeats; None, and remembered as new, where there is none."""
        if not fingerprint:
            return None
        known = self._exact.get(fingerprint)
        bits = _bits(fingerprint)
        if known is None and bits is not None:
            near = (first for band in _bands(bits) for other, first in self._bands.get(band, ()) if (other ^ bits).bit_count() <= _NEAR)
            known = next(near, None)
        if known is None:
            self._exact[fingerprint] = report
            for band in _bands(bits) if bits is not None else ():
                self._bands.setdefault(band, []).append((bits or 0, report))
        return known


def _bits(fingerprint: str) -> int | None:
    if len(fingerprint) != _BITS // 4:
        return None
    try:
        return int(fingerprint, 16)
    except ValueError:
        return None


def _bands(bits: int) -> list[tuple[int, int]]:
    width = _BITS // _BANDS
    return [(band, (bits >> (band * width)) & ((1 << width) - 1)) for band in range(_BANDS)]
