"""What people judge a candidate by beside its metrics; none of it chooses anything."""

from evergreen.contracts.run_report import Diagnostics
from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import describe
from evergreen.train.learning_curve import learning_curve
from evergreen.train.material import Material
from evergreen.train.permutation import Answer, permute

_SECONDS_AT_LEAST = 2.0


def diagnose(
    material: Material, answer: Answer, configuration: Configuration, seconds: float
) -> Diagnostics:
    """Permutation importance of the candidate, and the learning curve of a configuration.

    Args:
        answer: what the candidate answers to rows.
        configuration: its own or, of an ensemble, that of its heaviest member.
        seconds: what making the candidate took, so what this may take (:func:`permute` as long,
            :func:`learning_curve` twice as long; in 2 s and 5 s at least).
    """
    permuted = permute(material, answer, max(seconds, _SECONDS_AT_LEAST))
    curve = learning_curve(material, configuration, seconds)
    slow = "Permutation importance was left out: the candidate answers too slowly for its columns."
    return Diagnostics(
        metric=material.file.metric,
        rows=permuted.rows,
        repeats=permuted.repeats,
        columns=permuted.columns,
        curve=curve.points,
        curve_rule=curve.rule,
        curve_of=describe(configuration),
        notes=(*curve.notes, *(() if permuted.repeats else (slow,))),
    )
