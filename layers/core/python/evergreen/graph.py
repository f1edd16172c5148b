"""A model's ONNX graph, as batch scoring and serving both run it."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

_ERRORS_ONLY = 3


class Graph:
    """An open graph: one float32 matrix in, what the model answers out.

    One thread, because a function has one or two processors and answers small batches. No arena,
    because what each session's arena holds back between requests is most of a small graph's memory,
    and costs no time to do without (docs/decisions/0009).
    """

    def __init__(self, body: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(
            body, options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        names = [output.name for output in self._session.get_outputs()]
        self._output = "probabilities" if "probabilities" in names else names[0]

    def answers(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Everything the model answers.

        Args:
            matrix: float32 of shape (n, d), made by :func:`evergreen.contracts.signature.encode`.

        Returns:
            float64 of shape (n, k): the probabilities of the k classes in the signature's order,
            or, with k = 1, a number.
        """
        (found,) = self._session.run([self._output], {self._input: matrix})
        answers: NDArray[np.float64] = np.asarray(found, dtype=np.float64)
        return answers if answers.ndim == 2 else answers[:, None]

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """A binary model's probability of the positive class, float64 of shape (n,); see
        :meth:`answers`."""
        (both,) = self._session.run([self._output], {self._input: matrix})
        positive: NDArray[np.float64] = np.asarray(both)[:, 1].astype(np.float64)
        return positive
