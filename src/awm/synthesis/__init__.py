"""How worlds come to be: the stages, and the author that needs no model but a seed.

`generate` makes a folder of proven worlds; `resample` gives one of them other rows, and tasks that
follow them. Both are asynchronous; on the command line it is `awm gen`.
"""

from awm.synthesis.generating import Generated, generate
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner, Selection, WorldPlan
from awm.synthesis.resampling import resample
from awm.synthesis.sites import Site

__all__ = [
    "Generated",
    "Order",
    "Planner",
    "Selection",
    "Site",
    "WorldPlan",
    "generate",
    "resample",
]
