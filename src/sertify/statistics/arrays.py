"""The arrays that statistics are computed of."""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""How often something occurs, or which of several it is, as whole numbers from 0."""

Floats = NDArray[np.float64]
