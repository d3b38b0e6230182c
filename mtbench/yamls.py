"""YAML files that people write: UTF-8, plain values only, and a key that stands twice is an error."""

from pathlib import Path
from typing import Any

import yaml

from mtbench.errors import BadRecord, MtbenchError


def read_yaml(path: Path) -> object:
    """What a YAML file holds; a missing file is an empty one, which is None. Raises MtbenchError with file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _UniqueKeys)  # a SafeLoader, with one more check
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MtbenchError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadRecord(path, line, f"cannot be read as YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # a ValueError is text that is not UTF-8, or a date like 2024-13-01
        raise BadRecord(path, None, f"cannot be read as YAML: {error}") from error


class _UniqueKeys(yaml.SafeLoader):
    """The first of two values under one key would be lost without a word."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Here and not when the mapping is made: by then, merged keys (<<) stand in it beside those that replace them.
        node = super().compose_mapping_node(anchor)
        seen = set[tuple[str, str]]()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark
                    )
                seen.add((key.tag, key.value))
        return node
