"""Finding a bench: its questions, and the folder its answers and judgments go to."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from mtbench import files
from mtbench.errors import BadRecord, MtbenchError
from mtbench.indexes import QuestionFile, Questions
from mtbench.records import Answer, Json, Question, QuestionId, Where


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench. `folder` holds what runs write; `source` holds question.jsonl and may be the set that we ship."""

    name: str
    folder: Path
    source: Path

    def answers(self, model_id: str) -> Path:
        return _file_of(self.folder / "model_answer", model_id, "")

    def judgments(self, judge_id: str, kind: str) -> Path:
        """`kind` is single or pair."""
        return _file_of(self.folder / "model_judgment", judge_id, f"_{kind}")

    @property
    def batches(self) -> Path:
        """The folder of its batch jobs."""
        return self.folder / "batches"


def _file_of(folder: Path, model_id: str, suffix: str) -> Path:
    """The file that goes by this id, which FastChat may have named with other characters, else the one to make."""
    return files.model_files(folder, suffix).get(model_id) or folder / f"{files.safe_name(model_id)}{suffix}.jsonl"


def shipped(folder: str) -> Path:
    """A folder that ships with us (questions, judge_prompts): inside the package in a wheel, above it in a checkout."""
    package = Path(__file__).parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def find_bench(name: str, data_dir: Path) -> Bench:
    """`data_dir`/name/question.jsonl if it is there, else the set of that name that we ship.

    Raises MtbenchError when there is neither, naming what there is, and for a name that leads elsewhere.
    """
    if name != Path(name).name or name in ("", ".."):
        raise MtbenchError(f"bench {name!r} must be the name of a folder in {data_dir}; --data-dir says where that is")
    folder = data_dir / name
    for source in (folder, shipped("questions") / name):
        if _is_file(source / "question.jsonl"):
            return Bench(name, folder, source)
    there = ", ".join(bench_names(data_dir)) or "none"
    hint = " (`mtbench questions pull` fetches it)" if name == "mt_bench" else ""
    raise MtbenchError(f"no bench {name!r}: {folder / 'question.jsonl'} does not exist{hint}. Benches here: {there}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise MtbenchError(f"cannot read {path}: {error.strerror}") from error


def bench_names(data_dir: Path) -> list[str]:
    """The benches under `data_dir` and those we ship, sorted."""
    found = [*shipped("questions").glob("*/question.jsonl"), *data_dir.glob("*/question.jsonl")]
    return sorted({path.parent.name for path in found})


def load_questions(path: Path) -> Questions:
    """Every question of a file, sorted by id. Raises BadRecord for what cannot be used or comes twice."""
    file = QuestionFile(path)
    seen: dict[str, int] = {}
    for place, line, obj in file.lines.each():
        if isinstance(obj, BadRecord):
            raise obj
        question = Question.from_json(obj, Where(path, line))
        name = str(question.question_id)  # 1 and "1" are one id: --questions could not tell them apart
        if name in seen:
            raise BadRecord(path, line, f"{name} stands already in line {seen[name]}", "question_id")
        seen[name] = line
        file.add(question, place)
    if not seen:
        raise MtbenchError(f"{path} has no questions")
    file.sort()
    return Questions(file, range(len(seen)))


def select(
    questions: Questions, ids: str | None = None, categories: Sequence[str] = (), limit: int | None = None
) -> Questions:
    """The questions asked for: `ids` like "81-90,101", some categories, at most `limit`, from each category in turn.

    Raises MtbenchError for a range that cannot be read, an unknown category, and when nothing is left.
    """
    if ids is None and not categories and limit is None:
        return questions
    file = questions.file
    category_of = dict(zip(questions.rows, file.categories(questions.rows), strict=True))
    known = list(dict.fromkeys(category_of.values()))
    unknown = [category for category in categories if category not in known]
    if unknown:
        raise MtbenchError(f"no category {', '.join(unknown)} here; there are {', '.join(known)}")
    wanted = _wanted(ids, [file.ids[row] for row in questions.rows])
    chosen = [
        row
        for row, category in category_of.items()
        if file.ids[row] in wanted and (not categories or category in categories)
    ]
    if limit is not None:
        chosen = sorted(_by_turns(chosen, category_of)[:limit])
    if not chosen:
        raise MtbenchError("these options leave no question; `mtbench questions show` lists them")
    return Questions(file, array("L", chosen))


def _wanted(ids: str | None, there: Iterable[QuestionId]) -> set[QuestionId]:
    known = {str(question_id): question_id for question_id in there}
    if ids is None:
        return set(known.values())
    wanted: set[QuestionId] = set()
    for part in filter(None, (part.strip() for part in ids.split(","))):
        first, dash, last = part.partition("-")
        if part in known:
            wanted.add(known[part])
        elif dash and _is_number(first) and _is_number(last):
            numbers = range(int(first), int(last) + 1)
            wanted.update(each for each in known.values() if isinstance(each, int) and each in numbers)
        else:
            raise MtbenchError(f"questions {ids!r}: {part!r} is neither an id here nor a range like 81-90")
    return wanted


def _is_number(text: str) -> bool:
    return text.strip().isdecimal() and len(text) < 100  # Python refuses to read numbers of thousands of digits


def _by_turns(rows: Iterable[int], category_of: Mapping[int, str]) -> list[int]:
    """One of each category, then a second of each, and so on."""
    categories: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        categories[category_of[row]].append(row)
    return [row for round in zip_longest(*categories.values()) for row in round if row is not None]


def recorded(bench: Bench, model_id: str, requests: set[str]) -> set[str]:
    """Which requests to a model the records of its answers and judgments hold.

    A request is named by its hash, and by `-N` after it where it is a further sample of the same; of samples, all or
    none count, as records do not tell them apart.
    """
    wanted = Counter(name.partition("-")[0] for name in requests)
    found: Counter[str] = Counter()
    for path in (bench.answers(model_id), *(bench.judgments(model_id, kind) for kind in ("single", "pair"))):
        for _, obj in files.read(path):
            found.update(name for name in _request_hashes(obj) if name in wanted)
    return {name for name in requests if found[name.partition("-")[0]] >= wanted[name.partition("-")[0]]}


def _request_hashes(obj: Json) -> Iterator[str]:
    for name in ("request_hash", "g1_request_hash", "g2_request_hash"):
        if isinstance(obj.get(name), str):
            yield obj[name]
    for choice in obj.get("choices") or ():
        yield from choice.get("request_hashes") or ()


def load_answers(path: Path, warn: Callable[[str], None] | None = None) -> dict[QuestionId, Answer]:
    """The answers of a file by question; the last line for a question counts."""
    return {
        answer.question_id: answer
        for line, obj in files.read(path, warn)
        for answer in [Answer.from_json(obj, Where(path, line))]
    }
