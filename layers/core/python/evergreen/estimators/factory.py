"""A team's own estimator, made by a function of a package that stands beside Evergreen.

``function(signature, **settings)`` returns an unfitted scikit-learn estimator (a Pipeline, as a
rule) that takes the float32 matrix of :func:`evergreen.contracts.signature.encode`: numbers with
NaN where one is missing, categories as codes in the order of ``signature.inputs[i].values``, -1 for
one that is unknown. ``settings`` are those of ``search.settings.factory``.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from sklearn.base import BaseEstimator

from evergreen.contracts.signature import Signature
from evergreen.errors import InvalidModelFile


def own_estimator(factory: str, signature: Signature, settings: Mapping[str, Any]) -> BaseEstimator:
    """Call ``package.module:function``.

    Raises:
        InvalidModelFile: it cannot be imported or called, or returns no estimator of the problem.
    """
    function = _imported(factory)
    try:
        made = function(signature, **settings)
    except Exception as error:
        raise InvalidModelFile(
            f"search.factory '{factory}' failed with {type(error).__name__}: {_line(error)}"
        ) from error
    if isinstance(made, type) or not isinstance(made, BaseEstimator):
        raise InvalidModelFile(
            f"search.factory '{factory}' returned {_named(made)}; it must return an unfitted"
            " scikit-learn estimator."
        )
    needed = "predict_proba" if signature.classes else "predict"
    if not hasattr(made, needed):
        raise InvalidModelFile(
            f"search.factory '{factory}' returned {_named(made)}, which has no {needed};"
            f" a {signature.problem} model needs it."
        )
    return made


def _imported(factory: str) -> Callable[..., Any]:
    module, _, name = factory.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidModelFile(
            f"search.factory '{factory}' cannot be imported: {_line(error)}"
        ) from error
    if not callable(function):
        raise InvalidModelFile(f"search.factory '{factory}' is {_named(function)}, no function.")
    found: Callable[..., Any] = function
    return found


def _named(value: object) -> str:
    kind = value.__name__ if isinstance(value, type) else type(value).__name__
    return f"the class {kind}" if isinstance(value, type) else f"something of type {kind}"


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0].rstrip(".") + "."
