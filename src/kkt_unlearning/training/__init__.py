"""Full-batch gradient descent in span coordinates, for many networks at once.

The only state that a step reads and writes are the pre-activations ``P = W Xᵀ``; it costs ``O(n m²)`` and
does not know d. Where there are more than 2 d samples, the weights are that state, and a step costs
``O(n m d)``. ``docs/theory.md``, sections 2 and 3.
"""

from kkt_unlearning.training.descent import STEPS, Descent, step_reach
from kkt_unlearning.training.loop import Training, train
from kkt_unlearning.training.progress import Progress

__all__ = ["STEPS", "Descent", "Progress", "Training", "step_reach", "train"]
