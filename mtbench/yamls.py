"""YAML files that people write: UTF-8, plain values only, and a key that stands twice is an error."""

from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from mtbench.errors import BadRecord, MtbenchError

_MOST_VALUES = 1_000_000
"""Aliases of aliases can make a page stand for more values than any machine holds."""


def read_yaml(path: Path) -> object:
    """What a YAML file holds; a missing file is an empty one, which is None. Raises MtbenchError with file and line."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MtbenchError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return yaml.load(data.decode(), _Strict)  # a SafeLoader, with more checks
    except UnicodeDecodeError as error:
        raise BadRecord(path, data.count(b"\n", 0, error.start) + 1, "is not UTF-8 text") from error
    except yaml.reader.ReaderError as error:
        line = data.decode().count("\n", 0, error.position) + 1
        raise BadRecord(path, line, f"cannot be read as YAML: {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        marked = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadRecord(path, marked, f"cannot be read as YAML: {error.problem}") from error
    except RecursionError as error:
        raise BadRecord(path, None, "cannot be read as YAML: nested too deeply") from error


class _Strict(yaml.SafeLoader):
    """Says with its line what the loader would lose without a word, or not survive."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        is_alias = self.check_event(yaml.AliasEvent)
        node = super().compose_node(parent, index)
        assert node
        if is_alias and id(node) not in self._sizes:
            raise yaml.MarkedYAMLError(
                problem="an alias stands within what it stands for", problem_mark=node.start_mark
            )
        if id(node) not in self._sizes:
            inner = chain(*node.value) if isinstance(node, yaml.MappingNode) else node.value
            size = 1 + sum(self._sizes[id(each)] for each in inner if isinstance(each, yaml.Node))
            if size > _MOST_VALUES:
                raise yaml.MarkedYAMLError(problem="aliases make too many values of it", problem_mark=node.start_mark)
            self._sizes[id(node)] = size
        return node

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

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int | str):
                str(value).encode()  # which fails for thousands of digits, and for half a surrogate pair
        except (ValueError, LookupError, AttributeError, OverflowError) as error:  # what float("x") and the like raise
            why = f" ({error})" if isinstance(error, ValueError) else ""
            problem = f"{str(node.value)[:60]!r} is no {node.tag.rpartition(':')[2]}{why}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error
        return value
