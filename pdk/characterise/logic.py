"""Two-level minimisation for the few variables of a cell (Quine-McCluskey, then a greedy cover)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Cube = tuple[int, ...]  # 0, 1 or -1 (does not matter) per variable


def _covers(cube: Cube, bits: Cube) -> bool:
    return all(c in (-1, b) for c, b in zip(cube, bits, strict=True))


def _primes(ones: set[Cube]) -> set[Cube]:
    """Cubes that cannot grow."""
    primes, level = set(), set(ones)
    while level:
        larger, merged = set(), set()
        for cube in level:
            for position, bit in enumerate(cube):
                if bit == 0 and (partner := (*cube[:position], 1, *cube[position + 1 :])) in level:
                    larger.add((*cube[:position], -1, *cube[position + 1 :]))
                    merged |= {cube, partner}
        primes |= level - merged
        level = larger
    return primes


def cover(ones: Iterable[Cube]) -> list[Cube]:
    """Few prime cubes that together cover exactly the given points; the same for the same points."""
    left = set(ones)
    primes = sorted(_primes(left), key=lambda cube: (-cube.count(-1), cube))
    chosen = []
    essential = {point: [p for p in primes if _covers(p, point)] for point in left}
    for point in sorted(left):
        if len(essential[point]) == 1 and essential[point][0] not in chosen:
            chosen.append(essential[point][0])
    left = {point for point in left if not any(_covers(cube, point) for cube in chosen)}
    while left:
        best = max(
            primes, key=lambda cube: (sum(_covers(cube, point) for point in left), -primes.index(cube))
        )
        chosen.append(best)
        left = {point for point in left if not _covers(best, point)}
    return chosen


def sum_of_products(names: Sequence[str], ones: Sequence[Cube]) -> str:
    """Liberty expression that is true at the given points: "(A&!B) | (!A&B)"."""
    if not ones:
        return "0"
    if len(ones) == 2 ** len(names):
        return "1"
    terms = []
    for cube in cover(ones):
        literals = [("" if bit else "!") + name for name, bit in zip(names, cube, strict=True) if bit >= 0]
        terms.append(literals)
    if len(terms) == 1:
        return "&".join(terms[0])
    return " | ".join(f"({'&'.join(literals)})" if len(literals) > 1 else literals[0] for literals in terms)
