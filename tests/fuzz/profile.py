"""How long fuzz tests search: always the same few examples, or as many new ones as MTBENCH_FUZZ says."""

import os

from hypothesis import HealthCheck, settings

_SEARCH = "MTBENCH_FUZZ"


def examples(number: int) -> settings:
    """For a test: `number` examples, the same in every run. `MTBENCH_FUZZ=20000 pytest tests/fuzz` searches anew."""
    wanted = os.environ.get(_SEARCH)
    return settings(
        max_examples=int(wanted or number),
        derandomize=wanted is None,
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
