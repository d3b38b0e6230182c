"""Results of batch jobs and files of responses, of any content: a completion or an error of ours for each request."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat import Completion, Message, Params
from mtbench.chat.anthropic_batch import AnthropicBatches
from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.budget import Budget
from mtbench.chat.keys import Endpoint
from mtbench.chat.openai_batch import OpenAIBatches
from mtbench.chat.request_files import RequestFiles
from mtbench.chat.request_lines import custom_id
from mtbench.chat.spec import ModelSpec
from mtbench.chat.ways import Opening
from mtbench.errors import RequestError
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples
from tests.fuzz.test_replies import anthropic, errors, openai
from tests.fuzz.values import line_of, objects, spoilt_lines, texts, values

SPEC = ModelSpec("test", "openai", "test-model")
MESSAGES = (Message("user", "How far is the moon?"),)
PARAMS = Params(temperature=0.5)
NAME = custom_id(SPEC.full_name, MESSAGES, PARAMS)

as_text = st.one_of(openai, errors).map(json.dumps)
responses = objects(
    {
        "custom_id": st.sampled_from([NAME, NAME, "another"]),
        "response": st.one_of(
            st.none(),
            openai,
            as_text,
            objects(
                {"status_code": st.sampled_from([200, 400, 404, 429, 500, 700]), "body": st.one_of(openai, errors)}
            ),
        ),
        "body": st.one_of(st.none(), openai),
        "http_response": st.one_of(st.none(), openai, as_text),
        "error": st.one_of(st.none(), errors, texts),
        "generated_text": st.one_of(st.none(), texts),
        "num_input_tokens": values,
        "num_generated_tokens": values,
        "finish_reason": st.one_of(st.none(), st.sampled_from(["stop", "length"])),
        "choices": st.one_of(st.none(), values),
        "__inference_error__": st.one_of(st.none(), texts),
    }
)
results = objects(
    {
        "custom_id": st.just(NAME),
        "result": objects(
            {
                "type": st.sampled_from(["succeeded", "errored", "canceled", "expired"]),
                "message": anthropic,
                "error": errors,
            }
        ),
    }
)
jobs = objects(
    {
        "id": st.sampled_from(["job", "job", "../job"]),
        "model": texts,
        "name": texts,
        "provider": st.sampled_from(["openai", "anthropic", "local", "x"]),
        "endpoint": texts,
        "base_url": st.none() | texts,
        "key_env": st.none() | texts,
        "created": st.one_of(st.integers(), st.floats()),
        "state": st.sampled_from(["submitting", "submitted", "ended", "settled", "x"]),
        "provider_id": st.none() | texts,
        "tentative": st.booleans(),
        "cancelled": st.booleans(),
        "done": st.integers(),
        "ids": st.lists(texts, max_size=2),
        "taken": st.lists(values, max_size=2),
    }
)


def as_sent(value: Mapping[str, Any]) -> Any:
    """A line as a provider can send it: no half surrogate pair, no number beyond 64 bits."""
    return orjson.loads(json.dumps(sendable(value)).encode("utf-8"))


def sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int | float) and not -(2**63) <= value < 2**63:
        return 0
    if isinstance(value, dict):
        return {sendable(name): sendable(inner) for name, inner in value.items()}
    return [sendable(inner) for inner in value] if isinstance(value, list) else value


def opening() -> Opening:
    return Opening(5, False, Budget(None, None), lambda _: None, lambda _: None, asyncio.sleep)


@pytest.fixture(scope="module")
def providers() -> tuple[OpenAIBatches, AnthropicBatches]:
    endpoint = Endpoint("http://127.0.0.1:9/v1", "key-of-a-test")
    spec = ModelSpec("test", "anthropic", "test-model")
    return (
        OpenAIBatches(SPEC, endpoint, timeout=5, keep_thinking=False),
        AnthropicBatches(spec, endpoint, timeout=5, keep_thinking=False),
    )


@examples(50)
@given(line=st.one_of(responses, results, st.dictionaries(texts, values, max_size=3)))
def test_any_result_of_a_job_is_a_completion_or_an_error_of_ours(
    providers: tuple[OpenAIBatches, AnthropicBatches], line: Any
) -> None:
    sent = as_sent(line)
    for provider in providers:
        came = provider.came(sent)
        try:
            completion = provider.completion(sent, MESSAGES, PARAMS)
        except RequestError as error:
            said = str(error)
            assert said.startswith("test")
            continue
        assert came
        assert completion.text.strip() or completion.truncated


lines = st.one_of(
    responses.flatmap(line_of), responses.flatmap(line_of).map(lambda line: line + b"\f"), spoilt_lines, st.just(b"{}")
)


@examples(50)
@given(content=st.lists(lines, max_size=5), end=st.sampled_from([b"\n", b"\r\n", b""]), writing=st.booleans())
def test_any_file_of_responses_gives_a_completion_or_an_error_of_ours(
    folder: Path, content: list[bytes], end: bytes, writing: bool
) -> None:
    path, notes = folder / "responses.jsonl", list[str]()
    path.write_bytes(b"".join(line + b"\n" for line in content) + b"{}" + end)

    async def ask() -> Completion | RequestError:
        with RequestFiles([path], folder / "requests.jsonl" if writing else None, notes.append) as files:
            try:
                return await files.open(SPEC, opening()).complete(MESSAGES, PARAMS)
            except RequestError as error:
                return error

    found = asyncio.run(ask())
    assert str(found)
    assert all(note.startswith(str(path)) or note.startswith("responses: ") for note in notes)


@examples(50)
@given(content=st.one_of(jobs.flatmap(line_of), jobs.flatmap(line_of), spoilt_lines))
def test_any_job_file_is_a_job_or_an_error_that_names_it(folder: Path, content: bytes) -> None:
    place = BatchFolder(folder / "batches")
    place.path.mkdir(exist_ok=True)
    path = place.path / "job.json"
    path.write_bytes(content)
    found, _ = value_or_error(place.jobs, path)
    for job in found or ():
        assert job.id == "job"
        assert Job.from_json(orjson.loads(orjson.dumps(job.to_json()))) == job
