"""The "repetitive list" of Zheng et al. 2023: answers with a list that is said twice, and the same answers again.

A question of the study is about one list in an answer of the bench: its id is put together from the question's, the
model's, the turn and a hash of the answer, so that what judges say of an answer does not count for another one that
took its place. Its turns are those up to the list. Whoever answers it answers as the model did, but for the
list.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mtbench.benches import Bench, load_questions, select
from mtbench.errors import MtbenchError
from mtbench.indexes import AnswerFile, Questions, id_order
from mtbench.records import Question, QuestionId
from mtbench.studies.lists import FoundList, is_repetitive, longest_list, restated, with_list_twice
from mtbench.studies.study import study_bench, write_study

ORIGINAL = "original"
"""Answers as the model did."""
SAME = "the same"
"""Answers so too: a judge without a bias finds nothing between them."""
BY_RULE = "list twice, by rule"

FEWEST = 2
"""Items of the shortest list that the study holds."""

REWRITING = "rewriting"
"""The category of the requests to a model that rewrites."""

REWRITE = """\
Below is a list from a longer text. Say all of it again in other words.

- Give as many items as the list has, in its order and with its kind of marks (numbers, dashes, stars). Lists within an
  item stay lists.
- Every item says what the item of the list says: add no fact, example, reason or advice, and leave nothing out.
- Choose other words and another build of the sentences wherever that is possible. Names, figures, formulas and code
  stay as they are.
- Keep to the language of the list.
- Write the new list and nothing else: no introduction, no remark, no code fence.

The list:

"""
"""What the model that rewrites is asked, before the list."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An answer with a list: the bench's question, the model, and its turns up to the one that has the list."""

    question: Question
    model: str
    turns: tuple[str, ...]
    found: FoundList

    @property
    def id(self) -> str:
        text = "\x1f".join(self.turns).encode(errors="surrogatepass")
        return f"{self.question.question_id}/{self.model}/{len(self.turns)}/{hashlib.sha256(text).hexdigest()[:8]}"

    @property
    def list_text(self) -> str:
        return self.found.text(self.turns[-1])

    def twice(self, said: str) -> tuple[str, ...]:
        """The turns with the list said twice."""
        return (*self.turns[:-1], with_list_twice(self.turns[-1], self.found, said))


@dataclass(frozen=True, slots=True)
class Study:
    """The study of one bench: where it lies, its questions on disk, and by id the answers that they are about.

    `by_rule`: which of the lists the rules have said again.
    """

    bench: Bench
    questions: Questions
    listed: Mapping[QuestionId, Listed]
    by_rule: Collection[QuestionId]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Questions of the study whose lists a model has rewritten, and those for which it gave something else."""

    done: frozenset[QuestionId]
    useless: frozenset[QuestionId]


def verbosity_bench(bench: Bench) -> Bench:
    """Where the study of a bench lies."""
    return study_bench(bench, "verbosity")


def write_verbosity(bench: Bench, models: Iterable[str]) -> Study:
    """Puts the study of all the models' answers on disk.

    Raises MtbenchError where none of the answers has a list.
    """
    questions = load_questions(bench.source / "question.jsonl")
    listed: dict[QuestionId, Listed] = {each.id: each for model in models for each in _listed(bench, questions, model)}
    if not listed:
        raise MtbenchError(f"no answer in {bench.folder / 'model_answer'} has a list, so there is none to say twice")
    as_it_was = {id: each.turns for id, each in listed.items()}
    by_rule = {id: each.twice(said) for id, each in listed.items() if (said := restated(each.turns[-1], each.found))}
    study = verbosity_bench(bench)
    questions_of_study = (asked for each in listed.values() for asked in (_question(each), _request(each)))
    written = write_study(
        study,
        sorted(questions_of_study, key=lambda each: id_order(each.question_id)),
        {ORIGINAL: as_it_was, SAME: as_it_was, BY_RULE: by_rule},
    )
    return Study(study, written, listed, by_rule.keys())


def by_model(rewriter: str) -> str:
    """Who answers with a list that this model rewrote."""
    return f"list twice, by {rewriter}"


def answers_to_ask_about(
    study: Study,
    can_say: Collection[QuestionId],
    models: Collection[str],
    among: Collection[QuestionId],
    items: int,
    limit: int,
) -> Questions:
    """The study's questions to ask about: of these models and questions of the bench, lists of at least so many items.

    `can_say`: the lists that there is somebody to say again, which is `by_rule` of the study, or all of it. One list of
    an answer, and `limit` answers at most, from each category in turn. Within a category lists in the first turn come
    first, as others take twice the requests; then questions before further answers to one. Raises MtbenchError where
    there is none.
    """
    found: dict[tuple[QuestionId, str], Listed] = {}
    for each in study.listed.values():
        if (
            each.id in can_say
            and each.model in models
            and each.question.question_id in among
            and each.found.items >= items
        ):
            found.setdefault((each.question.question_id, each.model), each)
    if not found:
        how = " that rules of ours can say in other words: --rewriter MODEL has a model do it"
        limits = how if len(can_say) < len(study.listed) else ""
        raise MtbenchError(f"none of these answers has a list of {items} items or more{limits}")
    rows = study.questions.file.rows
    in_order = Questions(study.questions.file, [rows[each.id] for each in _spread(found.values())])
    return select(in_order, limit=limit)


def requests_to_rewrite(questions: Questions) -> Questions:
    """What a model that rewrites is asked for these questions of the study."""
    file = questions.file
    return Questions(file, sorted(file.rows[_request_id(str(file.ids[row]))] for row in questions.rows))


def write_rewritten(study: Study, rewriter: str) -> Rewritten:
    """Puts the answers with lists on disk that a model has rewritten so far.

    A reply is of use if it holds a list of as many items, in other words.
    """
    replies = AnswerFile(study.bench.answers(rewriter), study.questions)
    twice: dict[QuestionId, tuple[str, ...]] = {}
    useless: set[QuestionId] = set()
    for each in study.listed.values():
        row = study.questions.file.rows[_request_id(each.id)]
        if replies.usable_turns(row):
            reply = replies.judged_turns(row)
            said = None if any(reply.cut) else _list_in(reply.texts[0], each)
            if said:
                twice[each.id] = each.twice(said)
            else:
                useless.add(each.id)
    if twice:
        write_study(study.bench, list(study.questions), {by_model(rewriter): twice})
    return Rewritten(frozenset(twice), frozenset(useless))


def _listed(bench: Bench, questions: Questions, model: str) -> Iterator[Listed]:
    """The model's answers up to each turn with a list."""
    answers = AnswerFile(bench.answers(model), questions)
    for row in questions.rows:
        if not answers.usable_turns(row):
            continue
        question, said = questions.file.read(row), answers.judged_turns(row)
        for turn in range(1, min(len(said.texts), len(question.turns)) + 1):
            text, cut = said.texts[turn - 1], any(said.cut[turn - 1 : turn])
            found = None if cut else longest_list(text)
            if found and found.items >= FEWEST and not is_repetitive(text, found):
                yield Listed(question, model, said.texts[:turn], found)


def _question(listed: Listed) -> Question:
    asked = listed.question
    about = {"source_question_id": asked.question_id, "source_model": listed.model, "list_items": listed.found.items}
    return Question(listed.id, asked.category, asked.turns[: len(listed.turns)], extra=about)


def _request(listed: Listed) -> Question:
    return Question(_request_id(listed.id), REWRITING, (REWRITE + listed.list_text,), required_temperature=0.0)


def _request_id(listed: str) -> str:
    return f"{REWRITING}/{listed}"


def _list_in(reply: str, listed: Listed) -> str | None:
    found = longest_list(reply)
    if found is None or found.items != listed.found.items:
        return None
    said = found.text(reply)
    return said if said.split() != listed.list_text.split() else None


def _spread(found: Iterable[Listed]) -> list[Listed]:
    """First the first turns; of each question one answer, then a second one, by another model of the next question."""
    of_question: defaultdict[tuple[int, QuestionId], list[Listed]] = defaultdict(list)
    for each in found:
        of_question[len(each.turns), each.question.question_id].append(each)
    ranked: list[Listed] = []
    for turns in sorted({turn for turn, _ in of_question}):
        answers = [each for (turn, _), each in of_question.items() if turn == turns]
        turned = [_turned(each, number) for number, each in enumerate(answers)]
        ranked += [each for round in zip_longest(*turned) for each in round if each is not None]
    return ranked


def _turned(answers: Sequence[Listed], by: int) -> list[Listed]:
    start = by % len(answers)
    return [*answers[start:], *answers[:start]]
