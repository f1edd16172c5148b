"""A model's ONNX graph, as batch scoring and serving both run it."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

_ERRORS_ONLY = 3


class Graph:
    """An open graph: one float32 matrix in, the probability of the positive class out.

    One thread: a function has one or two cores and answers small batches.
    """

    def __init__(self, body: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(
            body, options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability of the positive class.

        Args:
            matrix: float32 of shape (n, d), made by :func:`evergreen.contracts.signature.encode`.

        Returns:
            float64 of shape (n,).
        """
        (both,) = self._session.run(["probabilities"], {self._input: matrix})
        positive: NDArray[np.float64] = np.asarray(both)[:, 1].astype(np.float64)
        return positive
