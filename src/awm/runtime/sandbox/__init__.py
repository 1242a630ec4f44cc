"""The jail that a worker puts on itself: seccomp, Landlock, resource limits, no rights.

isolation = probe()                                   # once, at start-up
walls = Walls(1 << 30, 64, python_paths(), isolation)
prepare(walls)                                        # in the process that forks
enter(walls, keep={control_socket.fileno()})          # in the forked worker
...                                                   # load the world
seal()
...                                                   # serve
"""

from awm.runtime.sandbox.isolation import Isolation, Level, probe
from awm.runtime.sandbox.paths import python_paths
from awm.runtime.sandbox.walls import Walls, enter, prepare, seal

__all__ = ["Isolation", "Level", "Walls", "enter", "prepare", "probe", "python_paths", "seal"]
