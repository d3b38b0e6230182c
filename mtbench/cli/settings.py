"""Where an option's value comes from: the flag, else MTBENCH_OPTION, else mtbench.yaml, else the default."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mtbench.errors import MtbenchError

if TYPE_CHECKING:
    from mtbench.chat.spec import ModelSpec

SETTINGS_FILE = Path("mtbench.yaml")
MODELS_FILE = Path("models.yaml")
NOT_SETTINGS = {"config", "dry_run", "export_requests", "help", "import_responses"}


def catalog_files(config: Path | None) -> list[Path]:
    """The files in which aliases may stand: ./models.yaml, and the settings file."""
    return [MODELS_FILE, config or SETTINGS_FILE]


def use_settings(context: typer.Context, config: Path | None) -> Path | None:
    """Callback of --config: makes the file's values the defaults of the command's other options.

    A section under a command's name holds for that command alone, and goes before what stands outside of it.

    Raises MtbenchError for a file that cannot be read, and for a key that no command knows.
    """
    if config is not None and not config.is_file():
        raise MtbenchError(f"--config {config}: there is no such file")
    file = config or SETTINGS_FILE
    for key, value, where in _settings_of(context, file):
        names = _option_names(context.command)
        if key in names:
            checked = _checked(context, names[key], value, f"{file}: {where}")
            context.default_map = {**(context.default_map or {}), names[key]: checked}
    return config


def _settings_of(context: typer.Context, file: Path) -> Iterator[tuple[str, Any, str]]:
    """Option, value, and where it stands: what all commands share, then the section that the command has to itself."""
    commands = getattr(context.find_root().command, "commands", {})
    anyones = {name for command in _commands(context) for name in _option_names(command)}
    own: list[tuple[str, Any, str]] = []
    for key, value in read_settings(file).items():
        if isinstance(value, dict) and key in commands:
            options = _option_names(commands[key])
            for name, each in value.items():
                option = str(name).replace("_", "-")
                _check_known(option, options, f"{file}: {key}")
                own += [(option, each, f"{key}: {option}")] if key == context.command.name else []
        else:
            _check_known(key, anyones, f"{file}")
            yield key, value, key
    yield from own


def _check_known(key: str, known: Collection[str], where: str) -> None:
    if key not in known:
        near = get_close_matches(key, known, 1)
        raise MtbenchError(f"{where}: no option {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _checked(context: typer.Context, name: str, value: Any, where: str) -> Any:
    """The value if the option takes it; one and a list of one are the same. Raises MtbenchError that says where."""
    parameter = next(each for each in context.command.params if each.name == name)
    if parameter.multiple and not isinstance(value, list):
        value = [value]
    elif not parameter.multiple and isinstance(value, list) and len(value) == 1:
        value = value[0]
    try:
        parameter.process_value(context, value)
    except (typer.BadParameter, TypeError, ValueError) as error:
        raise MtbenchError(f"{where}: {error}") from error
    return value


def read_settings(path: Path) -> dict[str, Any]:
    """The options that stand in a settings file, by name as in `--name`; its `models` are read elsewhere."""
    from mtbench.yamls import read_yaml

    content = read_yaml(path) or {}
    if not isinstance(content, dict):
        raise MtbenchError(f"{path}: must be a mapping of options to values")
    return {str(key).replace("_", "-"): value for key, value in content.items() if key != "models"}


def save_settings(context: typer.Context, folder: Path, specs: Mapping[str, "ModelSpec"]) -> Path:
    """Writes every option's resolved value and the aliases in use to `folder`/settings; --config takes the file.

    One file for each command and set of values, so that the same run again adds none.
    """
    import hashlib

    import yaml

    from mtbench.chat.catalog import to_yaml

    names = {parameter: key for key, parameter in _option_names(context.command).items()}
    values = {
        names[parameter]: _plain(value)
        for parameter, value in context.params.items()
        if parameter in names and parameter not in NOT_SETTINGS and value is not None
    }
    aliases = {name: to_yaml(spec) for name, spec in specs.items() if spec.is_alias}
    text = yaml.safe_dump(values | ({"models": aliases} if aliases else {}), sort_keys=True, allow_unicode=True)
    name = f"{context.command.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.yaml"
    path = folder / "settings" / name
    _write_once(path, text.encode())
    return path


def _plain(value: Any) -> Any:
    """The value as YAML writes it."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path | StrEnum) else value


def _write_once(path: Path, data: bytes) -> None:
    """Writes what may stand there already: as it should, or cut off by a kill."""
    from mtbench.files import unwritable

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
    except OSError as error:
        raise unwritable(path, error) from error


def _commands(context: typer.Context) -> list[Any]:
    waiting, found = [context.find_root().command], []
    while waiting:
        command = waiting.pop()
        found.append(command)
        waiting += getattr(command, "commands", {}).values()
    return found


def _option_names(command: Any) -> dict[str, str]:
    """An option's name, as in `--name` (its first flag), → its parameter's."""
    return {
        flags[0].lstrip("-"): parameter.name
        for parameter in command.params
        if parameter.name not in NOT_SETTINGS
        for flags in [[opt for opt in parameter.opts if opt.startswith("--")]]
        if flags
    }
