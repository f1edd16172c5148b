"""The champion's answers in the candidate's terms, so that the two can be compared."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.signature import Signature
from evergreen.errors import InvalidTable


def check_problem(name: str, own: Signature, new: Signature) -> None:
    """Refuse a champion that answers another question.

    Args:
        name: what errors call the champion.

    Raises:
        InvalidTable: its problem or, of a binary model, its labels are others.
    """
    questions = [
        f"{signature.problem} ({' or '.join(signature.classes)})"
        if signature.problem == "binary"
        else signature.problem
        for signature in (own, new)
    ]
    if questions[0] != questions[1]:
        raise InvalidTable(
            f"The {name} is {questions[0]} and the candidate {questions[1]}, so the two cannot be"
            " compared; give the changed model a name of its own."
        )


def by_class(
    answers: NDArray[np.float64], own: tuple[str, ...], new: tuple[str, ...]
) -> NDArray[np.float64]:
    """Probabilities of the classes ``own`` as those of ``new``: shape (n, k) to (n, len(new)).

    A class that the champion does not know has probability 0; those that the candidate does not
    know are left out.
    """
    place = {label: column for column, label in enumerate(own)}
    unknown = np.zeros(len(answers))
    columns = [answers[:, place[label]] if label in place else unknown for label in new]
    return np.column_stack(columns)
