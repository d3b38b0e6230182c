"""`mtbench bias`: what a judge goes by that is not the answer's quality. One file a command."""

from collections.abc import Callable

import typer

from mtbench.cli.bias.consistency import consistency
from mtbench.cli.bias.injection import injection
from mtbench.cli.bias.position import position
from mtbench.cli.bias.reasoning import reasoning
from mtbench.cli.bias.self_enhancement import self_enhancement
from mtbench.cli.bias.verbosity import verbosity
from mtbench.cli.printing import paragraphs

app = typer.Typer(help="Measure what a judge goes by that is not the answer's quality.", no_args_is_help=True)
COMMANDS: dict[str, Callable[..., None]] = {
    "position": position,
    "consistency": consistency,
    "self": self_enhancement,
    "verbosity": verbosity,
    "injection": injection,
    "reasoning": reasoning,
}
for _name, _command in COMMANDS.items():
    app.command(_name, help=paragraphs(_command.__doc__ or ""))(_command)
