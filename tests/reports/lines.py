"""Lines of judgment files for tests."""

from mtbench.records import Json


def grade(question_id: int, model: str, score: float, turn: int = 1, **more: object) -> Json:
    """A grade as FastChat writes it, with what `more` adds or replaces."""
    line: Json = {
        "question_id": question_id,
        "model": model,
        "judge": ["gpt-4", "single-v1"],
        "user_prompt": "rate this",
        "judgment": f"[[{score}]]",
        "score": score,
        "turn": turn,
        "tstamp": 1.0,
    }
    return line | more


def pair(question_id: int, models: str, winners: str, turn: int = 1, **more: object) -> Json:
    """A pair judgment: `models` like "a b", `winners` of the two games like "12" (0 tie, 1, 2, e error)."""
    model_1, model_2 = models.split()
    names = {"0": "tie", "1": "model_1", "2": "model_2", "e": "error"}
    line: Json = {
        "question_id": question_id,
        "model_1": model_1,
        "model_2": model_2,
        "g1_winner": names[winners[0]],
        "g2_winner": names[winners[1]],
        "judge": ["gpt-4", "pair-v2"],
        "g1_user_prompt": "compare these",
        "g1_judgment": "so",
        "g2_user_prompt": "compare these",
        "g2_judgment": "so",
        "turn": turn,
        "tstamp": 1.0,
    }
    return line | more


def ours(line: Json, judge: str = "gpt-4", prompt: str = "default/single", **more: object) -> Json:
    """The line as this program writes it, with a request hash."""
    hashes = {"g1_request_hash": "aa", "g2_request_hash": "bb"} if "model_1" in line else {"request_hash": "aa"}
    return line | {"judge": [judge, prompt], **hashes, **more}
