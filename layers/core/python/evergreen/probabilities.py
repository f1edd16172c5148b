"""How likely is at least as much by chance? Upper tails of the distributions that tests need.

Plain Python, for layers without scipy; equal to it (``scipy.special``) to ten digits.
"""

import math

_TINY = 1e-300
_CLOSE = 1e-16
_LARGE = 100.0


def chi_squared_above(statistic: float, free: float) -> float:
    """P(X >= ``statistic``) of chi-squared with ``free`` > 0 degrees of freedom.

    The regularised upper incomplete gamma function: its series below the bulk, Legendre's continued
    fraction above it (Abramowitz and Stegun 1964, 6.5.29 and 6.5.31).
    """
    shape, at = free / 2, statistic / 2
    if at <= 0:
        return 1.0
    scale = math.exp(shape * math.log(at) - at - math.lgamma(shape))
    if at < shape + 1:
        return max(0.0, 1.0 - scale * _series(shape, at))
    return scale * _fraction(shape, at)


def normal_above(z: float) -> float:
    """P(X >= z) of the standard normal distribution."""
    return math.erfc(z / math.sqrt(2)) / 2


def kolmogorov_above(statistic: float) -> float:
    """P(X >= ``statistic``) of Kolmogorov's (1933) limit of sqrt(n) D, by either of its series."""
    if statistic < 0.04:
        return 1.0
    if statistic < 1.18:
        step = math.pi**2 / (8 * statistic**2)
        below = math.fsum(math.exp(-((2 * k - 1) ** 2) * step) for k in range(1, 5))
        return max(0.0, 1.0 - math.sqrt(2 * math.pi) / statistic * below)
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * statistic) ** 2) for k in range(1, 6))
    return 2 * math.fsum(terms)


def shares_apart(before: float, rows: float, now: float, later: float) -> float:
    """P that ``before`` of ``rows`` and ``now`` of ``later`` have one share, two-sided.

    Twice the tail of the hypergeometric distribution, which is exact however rare they are (Fisher
    1935); where 100 are expected on each side, and on each other side, the normal one's. Rows that
    are worth less than one each are not whole, and are rounded on each side.
    """
    drawn, mine = round(later), round(now)
    found, total = round(before) + mine, round(rows) + drawn
    if not 0 < found < total:
        return 1.0
    expected = found * drawn / total
    if min(expected, found - expected, drawn - expected, rows - found + expected) >= _LARGE:
        share = found / total
        error = math.sqrt(share * (1 - share) * (1 / rows + 1 / later))
        return 2 * normal_above(abs(now / later - before / rows) / error)
    if mine < expected:
        return min(1.0, 2 * _hypergeometric(found - mine, total, found, total - drawn))
    return min(1.0, 2 * _hypergeometric(mine, total, found, drawn))


def _hypergeometric(least: int, total: int, found: int, drawn: int) -> float:
    """P that at least ``least`` >= its mean of the ``found`` ones are among the ``drawn``."""
    term = math.exp(
        _choose(found, least) + _choose(total - found, drawn - least) - _choose(total, drawn)
    )
    tail, most = 0.0, min(found, drawn)
    while least <= most and term > tail * _CLOSE:
        tail += term
        term *= (found - least) / (least + 1) * (drawn - least)
        least += 1
        term /= total - found - drawn + least or 1
    return tail


def _choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)


def _series(shape: float, at: float) -> float:
    term = total = 1 / shape
    while term > total * _CLOSE:
        shape += 1
        term *= at / shape
        total += term
    return total


def _fraction(shape: float, at: float) -> float:
    """Lentz's evaluation (1976) from the front."""
    b = at + 1 - shape
    c, d = 1 / _TINY, 1 / b
    value = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _CLOSE * 10:
            break
    return value
