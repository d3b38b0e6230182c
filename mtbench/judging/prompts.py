"""Judge prompts: finding a set, whichever kind of file it is in; and the names that the rest of the program uses."""

from pathlib import Path

from mtbench.benches import shipped
from mtbench.errors import MtbenchError
from mtbench.judging.fastchat_prompts import load_jsonl
from mtbench.judging.own_prompts import load_yaml
from mtbench.judging.prompt_set import JudgePrompt, Mode, OutputFormat, PromptSet
from mtbench.judging.render import Material, read_back

__all__ = ["JudgePrompt", "Material", "Mode", "OutputFormat", "PromptSet", "load_prompts", "read_back", "set_names"]


def load_prompts(source: str) -> PromptSet:
    """A set that ships (default, cot, few-shot, score, rename, short), or a YAML of ours or FastChat's JSONL at a path.

    Raises MtbenchError, before any request, for whatever could not be rendered or read.
    """
    if source in set_names():
        return load_yaml(shipped("judge_prompts") / f"{source}.yaml")
    path = Path(source)
    if not path.is_file():
        ours = ", ".join(set_names())
        raise MtbenchError(f"no judge prompts {source!r}: neither a file nor one of our sets ({ours})")
    return load_yaml(path) if path.suffix in (".yaml", ".yml") else load_jsonl(path)


def set_names() -> list[str]:
    """The sets that ship, sorted."""
    return sorted(path.stem for path in shipped("judge_prompts").glob("*.yaml"))
