"""How many connections this process may have open at once."""

import resource

_KEPT = 128
"""For files, pipes and the connections that are being closed."""

_ENOUGH = 16384


def connections(wanted: int) -> int:
    """How many connections may be open; the limit of open files is raised first, as far as it may and need be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = max(_ENOUGH, wanted + _KEPT)
    if hard != resource.RLIM_INFINITY:
        need = min(need, hard)
    if soft != resource.RLIM_INFINITY and soft < need:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
        except (OSError, ValueError):  # macOS allows less than it says
            need = soft
    return max(1, need - _KEPT)
