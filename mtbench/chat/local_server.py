"""The process that LocalServer runs: one llama.cpp server on a free loopback port, which dies with its parent.

Run by path, so that it imports nothing of ours and no file of ours or of the working folder hides a library. Its first
line on stdout is the server's address; the end of its stdin is its end.
"""

import ctypes
import os
import signal
import sys

import xllamacpp

_ERRORS_ONLY = 1
_MOST_THREADS = 8
_PR_SET_PDEATHSIG = 1


def main(model: str, slots: str, context: str, parent: str) -> None:
    """Serves `model` with `slots` conversations at once, each `context` tokens long, until stdin ends.

    Arguments are texts because they come from a command line. `parent`: id of the process that started this one.
    """
    _die_with(int(parent))
    address = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what llama.cpp prints is no address

    try:
        server = xllamacpp.Server(_params(model, int(slots), int(context)))
    except RuntimeError:
        sys.exit(1)  # llama.cpp has said why on stderr, and the error itself says nothing
    print(server.listening_address, file=address, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # taking the server down in order sometimes waits for ever in its listener; there is nothing to save


def _params(model: str, slots: int, context: int) -> xllamacpp.CommonParams:
    cores = _cores()
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_parallel = slots
    params.n_ctx = slots * context
    params.cpuparams_batch.n_threads = cores
    params.cpuparams.n_threads = max(1, cores - 1)
    params.use_jinja = True
    params.warmup = False
    params.cache_ram_mib = 0  # by default it keeps up to 8 GiB of old conversations
    params.ui = params.endpoint_slots = False
    params.cors_origins = ""  # no web page may ask
    params.verbosity = _ERRORS_ONLY
    return params


def _cores() -> int:
    """Cores we may use. Writing one reply leaves one of them free: it is many small steps, each as slow as its slowest
    thread. Prompts, and several replies at once, gain by every core.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_MOST_THREADS, cores)


def _die_with(parent: int) -> None:
    """Ends this process when its parent is killed, even while the model loads; elsewhere than on Linux stdin says it.

    Linux counts the end of the thread that started us as the parent's: that is the event loop's thread.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone")


if __name__ == "__main__":
    main(*sys.argv[1:])
