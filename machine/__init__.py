"""What the machine, or the container around this process, lets it use: processors and memory.

Everything that chooses a number of threads, workers or bytes asks here. Imports none of our packages and nothing heavy.
"""

from machine.cgroups import memory_limit, processor_quota
from machine.memory import memory_bytes
from machine.processors import processors

__all__ = ["memory_bytes", "memory_limit", "processor_quota", "processors"]
