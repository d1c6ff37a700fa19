"""Memory that a step or an evaluation gives back stays with the process, for the next one.

glibc returns large blocks to the system as they are freed, and what takes them again pays a page fault for each 4 KiB.
Nothing is computed otherwise. Between two trials the process gives back what it has kept.
"""

from __future__ import annotations

import ctypes
import platform

# From glibc's malloc.h. mallopt(3).
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
#: Bytes. Before 2.35 or so glibc takes no MMAP_THRESHOLD above 32 MiB.
UNLIMITED, MOST_BEFORE = 2**30, 2**25


def keep_memory() -> bool:
    """Before a trial. Says whether the allocator has listened: glibc does, others have no such setting."""
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    libc.malloc_trim(ctypes.c_size_t(0))
    mallopt = libc.mallopt
    large = any(mallopt(MMAP_THRESHOLD, size) for size in (UNLIMITED, MOST_BEFORE))
    return large and bool(mallopt(TRIM_THRESHOLD, UNLIMITED))
