"""Records of every kind, each field right, wrong or missing."""

from hypothesis import strategies as st

from tests.fuzz.values import numbers, objects, texts, values

ids = st.one_of(st.integers(0, 3), st.sampled_from(["1", "a", "1-2", "\x00"]), texts)
lists = st.lists(texts, max_size=3)
usage = objects({"input": st.integers(0, 9), "output": st.integers(0, 9), "cached": st.integers(0, 9)})
made_by = objects(
    {
        "provider": texts,
        "model": texts,
        "endpoint": st.none() | texts,
        "params": st.dictionaries(texts, values, max_size=2),
        "adapted": lists,
        "version": texts,
    }
)
questions = objects(
    {
        "question_id": ids,
        "category": st.sampled_from(["math", "writing"]),
        "turns": st.lists(st.sampled_from(["Why?", "How?"]), min_size=1, max_size=3),
        "reference": st.one_of(texts, lists),
        "required_temperature": st.none() | st.floats(0, 2),
    }
)
choices = objects(
    {
        "index": st.integers(0, 2),
        "turns": st.lists(texts, min_size=1, max_size=3),
        "finish_reasons": st.lists(st.none() | texts, max_size=3),
        "usage": st.lists(usage, max_size=2),
        "thinking": lists,
        "request_hashes": lists,
    }
)
answers = objects(
    {
        "question_id": ids,
        "answer_id": texts,
        "model_id": texts,
        "choices": st.lists(choices, min_size=1, max_size=2),
        "tstamp": numbers,
        "made_by": made_by,
        "question_hash": texts,
    }
)
judges = st.lists(texts, min_size=2, max_size=2)
winners = st.sampled_from(["model_1", "model_2", "tie", "error"])
_judged = {
    "question_id": ids,
    "judge": judges,
    "turn": st.integers(1, 3),
    "tstamp": numbers,
    "made_by": made_by,
    "prompt_hash": texts,
    "usage": usage,
    "reference": texts,
    "repeat": st.integers(0, 2),
    "reasked": st.integers(0, 2),
    "verdict_rule": st.sampled_from(["last", "first"]),
}
grades = objects(
    _judged
    | {
        "model": st.sampled_from("ab"),
        "user_prompt": texts,
        "judgment": texts,
        "score": st.one_of(st.integers(-1, 10), numbers),
        "request_hash": texts,
        "finish_reason": texts,
        "thinking": texts,
        "truncated_answer": st.booleans(),
    }
)
pairs = objects(
    _judged
    | {"model_1": st.sampled_from("abc"), "model_2": st.sampled_from("abc"), "g1_winner": winners, "g2_winner": winners}
    | {
        f"{game}_{name}": texts
        for game in ("g1", "g2")
        for name in ("user_prompt", "judgment", "request_hash", "finish_reason", "thinking")
    }
    | {"one_order": st.sampled_from(["g1", "g2"]), "truncated_answers": lists}
)
replies = objects({"text": texts, "finish_reason": texts, "usage": usage, "thinking": texts, "adapted": lists})
failures = objects(
    {
        "key": objects({"question_id": ids, "prompt": texts, "models": lists}),
        "reason": texts,
        "message": texts,
        "tstamp": numbers,
        "finished": st.dictionaries(texts, replies, max_size=2),
    }
)
