"""The density of configurations, as a sum of kernels that each stand on one that was tried.

How wide a kernel is in a number is hyperopt's adaptive Parzen estimator: as far as the nearest
neighbours. But a kernel is the product over all settings of its configuration at once, so it knows
which values went together, where ``tpe.suggest`` adds kernels up setting by setting (multivariate
TPE: Falkner et al. 2018). In a choice it keeps the option, and takes another with a chance that
shrinks as kernels do (Aitchison & Aitken 1976). Densities are relative to the uniform one.
"""

import numpy as np
from hyperopt.tpe import adaptive_parzen_normal
from msgspec import Struct
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
_ROOT = np.sqrt(2 * np.pi)


class Kernels(Struct, frozen=True):
    """Kernels on ``points`` (n, d) of one family, as wide as ``widths`` (n, d).

    Of a choice, among as many as ``options`` says, the width is the chance of another option.
    """

    points: Floats
    widths: Floats
    options: tuple[int, ...]

    def density(self, at: Floats) -> Floats:
        """The sum of the kernels at points (m, d): an array of shape (m,)."""
        product: Floats = np.ones((len(at), len(self.points)))
        for column, count in enumerate(self.options):
            where, centre = at[:, [column]], self.points[:, column]
            width = self.widths[:, column]
            if count:
                other = width / (count - 1)
                product *= count * np.where(where == centre, 1 - width, other)
            else:
                inside = ndtr((1 - centre) / width) - ndtr(-centre / width)
                bell = np.exp(-0.5 * ((where - centre) / width) ** 2) / _ROOT
                product *= bell / width / inside
        total: Floats = product.sum(axis=1)
        return total

    def draw(self, kernel: int, random: np.random.Generator) -> Floats:
        """A point of one kernel."""
        found: Floats = self.points[kernel].copy()
        for column, count in enumerate(self.options):
            width = self.widths[kernel, column]
            if not count:
                low, high = ndtr(-found[column] / width), ndtr((1 - found[column]) / width)
                step = ndtri(random.uniform(low, high))
                found[column] = np.clip(found[column] + width * step, 0, 1)
            elif random.random() < width:
                found[column] = (found[column] + random.integers(1, count)) % count
        return found


def kernels(points: Floats, options: tuple[int, ...]) -> Kernels:
    """Kernels on points of shape (n, d)."""
    widths = np.ones_like(points)
    for column, count in enumerate(options):
        if count:
            widths[:, column] = (1 - 1 / count) / np.sqrt(1 + len(points))
        elif len(points):
            widths[:, column] = _widths(points[:, column])
    return Kernels(points, widths, options)


def _widths(values: Floats) -> Floats:
    """How wide hyperopt makes the kernels of a number, in the order of ``values`` (n,).

    It gives them sorted, with the prior among them, which the smaller weight tells.
    """
    weights, _, widths = adaptive_parzen_normal(values, 0.5, 0.5, 1.0, LF=0)
    ordered = np.empty_like(values)
    ordered[np.argsort(values)] = np.delete(widths, int(np.argmin(weights)))
    return ordered
