"""A page as HTML: one file with its own style and scripts, and a policy that lets nothing else in."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib import resources
from pathlib import PurePath

from mtbench.reports.page import data, links, tables
from mtbench.reports.page.contents import Page
from mtbench.reports.page.escaping import visible
from mtbench.reports.render import printable
from mtbench.reports.tables import Mode

MOST_BYTES = 30_000_000


def to_html(page: Page, *, most_bytes: int = MOST_BYTES) -> str:
    """The page, the same for the same contents, to be written as UTF-8.

    Where it would be larger than `most_bytes`, judgments are left out, evenly over models, and the page says so;
    tables, plots and settings are never cut.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_ours("page.html.jinja"))
    behind = links.Behind(page.judgments)
    style, scripts = _ours("page.css"), [_ours("tables.js"), _ours("judgments.js")]
    shown: dict[str, object] = {
        "policy": _policy([style], scripts),
        "style": Markup(style),
        "scripts": [Markup(script) for script in scripts],
        **_head(page),
        "tables": [
            tables.shown(each, page.results.bench, behind) for each in page.results.tables if not each.for_programs
        ],
        "notes": [printable(note) for note in page.results.notes],
        "plots": [(printable(title), _image(svg)) for title, svg in page.plots.items()],
        "settings": [(printable(name), visible(value)) for name, value in _settings(page.settings)],
        "sources": [printable(source) for source in page.results.sources],
        "judgments": len(page.judgments),
    }
    # What says how many are left out is longest when all are: with it, what is left is surely room.
    bare = template.render(shown, kept=len(page.judgments), left_out=len(page.judgments), data="")
    packed = data.pack(page.judgments, most_bytes - len(bare.encode()))
    left_out = len(page.judgments) - packed.kept
    return template.render(shown, kept=packed.kept, left_out=left_out, data=Markup(packed.json))


def _ours(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Only our own style and scripts, by their content, and pictures that stand in the page."""
    rules = {
        "default-src": ["'none'"],
        "style-src": [_source(style) for style in styles],
        "script-src": [_source(script) for script in scripts],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
    }
    return "; ".join(" ".join((name, *sources)) for name, sources in rules.items())


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _head(page: Page) -> dict[str, object]:
    results = page.results
    judges = list(dict.fromkeys(judge for table in results.tables for judge in table.judges))
    prompts = list(dict.fromkeys(table.prompt_set for table in results.tables))
    questions = {each.question_id for each in page.judgments}
    models = {model for each in page.judgments for model in each.models}
    facts = [
        ("Judges" if judges[1:] else "Judge", ", ".join(judges)),
        ("Prompts", ", ".join(prompts)),
        ("Models", f"{len(models):,}" if models else ""),
        ("Questions", f"{len(questions):,}" if questions else ""),
        ("Judgments", f"{len(page.judgments):,}" if page.judgments else ""),
        ("Date", str(page.settings.get("date") or "")),
    ]
    return {
        "heading": printable(results.bench or ", ".join(PurePath(source).name for source in results.sources)),
        "mode": _MODES[results.mode],
        "facts": [(name, printable(value)) for name, value in facts if value],
    }


_MODES = {
    Mode.SINGLE: "Answers graded one by one",
    Mode.PAIRWISE_BASELINE: "Answers compared with a baseline’s",
    Mode.PAIRWISE_ALL: "Answers compared in pairs",
}


def _image(svg: str) -> str:
    """An address that holds the picture. As an image, whatever is in it can run nothing and fetch nothing."""
    return "data:image/svg+xml;base64," + base64.b64encode(visible(svg).encode()).decode()


def _settings(settings: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings by name, those within others as outer.inner."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _setting(value)


def _setting(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return tables.NONE
    if isinstance(value, list | tuple) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(map(_setting, value))
    return json.dumps(value, ensure_ascii=False, default=str)
