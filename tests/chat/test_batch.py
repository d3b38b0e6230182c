"""Batched against a provider's batch API: gathering, splitting, each request's own outcome, and jobs left by others."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from mtbench.chat import Completion, Message, Params
from mtbench.chat.anthropic_batch import AnthropicBatches
from mtbench.chat.batch import Batched
from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.batch_provider import BatchProvider
from mtbench.chat.keys import Endpoint
from mtbench.chat.openai_batch import OpenAIBatches
from mtbench.chat.spec import ModelSpec
from mtbench.errors import (
    BadKey,
    ContentRefused,
    ContextTooLong,
    EndpointFailed,
    GivenUp,
    Interrupted,
    LeftUndone,
    NoSuchJob,
    NoSuchModel,
    ParameterRefused,
    RequestError,
    Retryable,
    Unreachable,
)
from tests.support.batch_servers import BatchServer
from tests.support.wire import self_signed

PROVIDERS = ("openai", "anthropic")


@dataclass
class Asker:
    """One command's view: a Batched in a folder, what it was told, and a stop."""

    model: Batched
    folder: BatchFolder
    notes: list[str]
    stop: asyncio.Event

    async def ask(self, *words: str, sample: int = 0) -> list[Completion | BaseException]:
        """What comes of these prompts, asked at once."""
        asked = (self.model.complete([Message("user", word)], Params(max_tokens=50, sample=sample)) for word in words)
        return await asyncio.gather(*asked, return_exceptions=True)


@asynccontextmanager
async def asker(
    server: BatchServer,
    provider: str,
    folder: Path,
    *,
    most_requests: int = 1000,
    most_bytes: int = 10**6,
    key: str | None = None,
    tries: int = 3,
    timeout: float = 5,
    recorded: Callable[[set[str]], set[str]] = lambda _: set(),
) -> AsyncIterator[Asker]:
    stop, notes = asyncio.Event(), list[str]()

    async def sleep(seconds: float) -> None:
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            return
        raise Interrupted("stopped")

    spec = ModelSpec("test", provider, "test-model", server.base_url)
    make = AnthropicBatches if provider == "anthropic" else OpenAIBatches
    batches: BatchProvider = make(
        spec,
        Endpoint(server.base_url, key),
        timeout=timeout,
        keep_thinking=False,
        most_requests=most_requests,
        most_bytes=most_bytes,
    )
    model = Batched(
        batches,
        BatchFolder(folder),
        sleep=sleep,
        note=notes.append,
        quiet=0.1,
        polling=(0.03, 0.2),
        grace=0.3,
        recorded=recorded,
        tries=tries,
    )
    try:
        yield Asker(model, BatchFolder(folder), notes, stop)
    finally:
        await model.aclose()


def texts(outcomes: list[Completion | BaseException]) -> list[str]:
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome.text for outcome in outcomes if isinstance(outcome, Completion)]


def states(folder: BatchFolder) -> list[str]:
    return [job.state for job in folder.jobs()]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_what_is_asked_at_once_is_one_job_and_each_gets_its_own_reply(provider: str, tmp_path: Path) -> None:
    async with BatchServer(key="sk-secret") as server, asker(server, provider, tmp_path, key="sk-secret") as command:
        replies = texts(await command.ask("one", "two", "three"))
        assert [reply.split(" to: ")[1] for reply in replies] == ["one", "two", "three"]
        assert len(server.jobs) == 1
        command.model.settle()
        assert states(command.folder) == ["settled"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".jsonl"] == []
    assert all("sk-secret" not in path.read_text() for path in tmp_path.iterdir())
    assert "sk-secret" not in "".join(command.notes)


async def test_jobs_are_split_at_the_providers_limits(provider: str, tmp_path: Path) -> None:
    words = [f"word {number} " + "x" * 100 for number in range(25)]
    async with BatchServer() as server:
        async with asker(server, provider, tmp_path / "a", most_requests=10) as command:
            assert len(texts(await command.ask(*words))) == 25
        assert sorted(len(job.lines) for job in server.jobs.values()) == [5, 10, 10]
        server.jobs.clear()
        async with asker(server, provider, tmp_path / "b", most_bytes=2000) as command:
            assert len(texts(await command.ask(*words))) == 25
        assert len(server.jobs) >= 3
        assert all(sum(len(orjson.dumps(line)) + 1 for line in job.lines) <= 2000 for job in server.jobs.values())


async def test_a_request_larger_than_a_job_is_given_up_and_the_others_are_asked(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server, asker(server, provider, tmp_path, most_bytes=1000) as command:
        large, small = await command.ask("x" * 2000, "small")
    assert isinstance(large, ContextTooLong)
    assert isinstance(small, Completion)


async def test_two_who_ask_the_same_share_one_request(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server, asker(server, provider, tmp_path) as command:
        same, again = texts(await command.ask("same", "same"))
        other = texts(await command.ask("same", sample=1))
    assert same == again == other[0]
    assert sorted(server.answered.values()) == [1, 1]
    assert sorted(name[32:] for name in server.answered) == ["", "-1"]


async def test_a_conversation_goes_through_two_jobs(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server, asker(server, provider, tmp_path) as command:

        async def converse(word: str) -> str:
            messages = [Message("user", word)]
            first = await command.model.complete(messages, Params())
            messages += [Message("assistant", first.text), Message("user", "and then?")]
            return (await command.model.complete(messages, Params())).text

        await asyncio.gather(*(converse(word) for word in ("a", "b", "c")))
    assert [len(job.lines) for job in server.jobs.values()] == [3, 3]


OPENAI_TOO_LONG = {"error": {"message": "maximum context length is 10", "code": "context_length_exceeded"}}
ANTHROPIC_TOO_LONG = {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long"}}


async def test_each_request_has_its_own_fault(provider: str, tmp_path: Path) -> None:
    too_long = ANTHROPIC_TOO_LONG if provider == "anthropic" else OPENAI_TOO_LONG
    refused = {"error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}}
    refused["error"]["message"] = "flagged: the request was flagged"
    outcomes = {"long": too_long, "bad": 400, "flagged": refused}

    server = BatchServer(outcome=lambda body, _: outcomes.get(body["messages"][-1]["content"]))
    async with server, asker(server, provider, tmp_path) as command:
        good, long, bad, flagged = await command.ask("good", "long", "bad", "flagged")
    assert isinstance(good, Completion)
    assert isinstance(long, ContextTooLong)
    assert type(bad) is GivenUp
    assert isinstance(flagged, ContentRefused)
    assert len(server.jobs) == 1


@pytest.mark.parametrize("fault", ["expired", 500, 529, "empty", "missing"])
async def test_what_may_pass_is_asked_again_in_a_further_job(provider: str, fault: str | int, tmp_path: Path) -> None:
    seen: list[str] = []

    def outcome(body: dict[str, object], _: int) -> str | int | None:
        word = str(body["messages"][-1]["content"])  # type: ignore[index]  # a test's own body
        seen.append(word)
        return fault if word == "weak" and seen.count("weak") < 3 else None

    async with BatchServer(outcome=outcome) as server, asker(server, provider, tmp_path) as command:
        assert len(texts(await command.ask("strong", "weak"))) == 2
        command.model.settle()
        assert set(states(command.folder)) == {"settled"}
    assert [len(job.lines) for job in server.jobs.values()] == [2, 1, 1]


async def test_what_never_passes_is_given_up_after_some_jobs(provider: str, tmp_path: Path) -> None:
    async with BatchServer(outcome=lambda *_: "expired") as server, asker(server, provider, tmp_path) as command:
        (error,) = await command.ask("hopeless")
    assert isinstance(error, Retryable)
    assert "(in 3 batch jobs)" in str(error)
    assert len(server.jobs) == 3


async def test_a_refused_parameter_comes_out_as_such(provider: str, tmp_path: Path) -> None:
    async with BatchServer(refuses=["temperature"]) as server, asker(server, provider, tmp_path) as command:
        with pytest.raises(ParameterRefused) as refused:
            await command.model.complete([Message("user", "x")], Params(temperature=0.5))
        assert refused.value.parameter == "temperature"
        await command.model.complete([Message("user", "x")], Params())


async def test_anthropic_has_no_seed_and_says_so_before_any_job(tmp_path: Path) -> None:
    async with BatchServer() as server, asker(server, "anthropic", tmp_path) as command:
        with pytest.raises(ParameterRefused):
            await command.model.complete([Message("user", "x")], Params(seed=1))
    assert server.jobs == {}


async def test_a_second_command_takes_the_replies_of_a_job_that_the_first_has_left(
    provider: str, tmp_path: Path
) -> None:
    async with BatchServer(seconds=None) as server:
        async with asker(server, provider, tmp_path) as first:
            asked = asyncio.create_task(first.ask("a", "b"))
            await until(lambda: states(first.folder) == ["submitted"])
            first.stop.set()
            assert all(isinstance(error, Interrupted) for error in await asked)
            assert any("goes on at" in note for note in first.notes)
        async with asker(server, provider, tmp_path) as second:
            later = asyncio.create_task(second.ask("a", "b", "c"))
            await until(lambda: len(server.jobs) == 2)
            server.release()
            assert len(texts(await later)) == 3
            second.model.settle()
            assert states(second.folder) == ["settled", "settled"]
    assert set(server.answered.values()) == {1}


async def test_replies_that_no_record_holds_are_there_for_the_next_command(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server:
        async with asker(server, provider, tmp_path) as first:
            texts(await first.ask("a", "b"))  # and it is killed before it wrote any of it
        server.jobs.clear()  # the provider is not asked again
        async with asker(server, provider, tmp_path) as second:
            texts(await second.ask("a"))
            second.model.settle()
            (job,) = second.folder.jobs()
            assert (job.state, len(job.taken)) == ("ended", 1)
        async with asker(server, provider, tmp_path) as third:
            texts(await third.ask("b"))
            third.model.settle()
            assert states(third.folder) == ["settled"]
    assert set(server.answered.values()) == {1}


async def test_a_job_of_which_records_hold_everything_that_was_paid_is_settled(provider: str, tmp_path: Path) -> None:
    def outcome(body: dict[str, Any], _: int) -> int | None:
        return 400 if body["messages"][-1]["content"] == "bad" else None

    asked_about: list[set[str]] = []

    def recorded(names: set[str]) -> set[str]:
        asked_about.append(names)
        return names if len(asked_about) > 1 else set()

    async with BatchServer(outcome=outcome) as server:
        async with asker(server, provider, tmp_path) as first:  # which is killed at its end
            await first.ask("good", "bad")
        for state in ("ended", "settled"):
            async with asker(server, provider, tmp_path, recorded=recorded) as later:
                later.model.settle()
                assert states(later.folder) == [state]
    assert asked_about == [set(server.answered)] * 2


async def test_a_reply_that_was_recorded_is_not_given_out_again(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server:
        async with asker(server, provider, tmp_path) as first:
            texts(await first.ask("a", "b"))
        async with asker(server, provider, tmp_path) as second:
            texts(await second.ask("a"))
            second.model.settle()
        async with asker(server, provider, tmp_path) as third:  # whose person removed the record to sample anew
            texts(await third.ask("a"))
    assert sorted(server.answered.values()) == [1, 2]


@pytest.mark.parametrize("fault", ["drop", 500, "lost"])
async def test_a_submission_whose_answer_is_lost_is_looked_for_before_it_is_repeated(
    provider: str, fault: str | int, tmp_path: Path
) -> None:
    async with BatchServer(submits=[fault]) as server, asker(server, provider, tmp_path) as command:
        assert len(texts(await command.ask("a", "b"))) == 2
    assert len(server.jobs) == 1
    assert set(server.answered.values()) == {1}


async def test_a_job_that_was_being_submitted_when_its_command_died_is_found(provider: str, tmp_path: Path) -> None:
    async with BatchServer(submits=["hang"]) as server:
        async with asker(server, provider, tmp_path) as first:
            asyncio.create_task(first.ask("a", "b"))  # noqa: RUF006
            await until(lambda: len(server.jobs) == 1)
        assert states(BatchFolder(tmp_path)) == ["submitting"]
        async with asker(server, provider, tmp_path) as second:
            assert len(texts(await second.ask("a", "b"))) == 2
            second.model.settle()
            assert states(second.folder) == ["settled"]
    assert set(server.answered.values()) == {1}
    said = any("a command was killed while it submitted 2 requests" in note for note in second.notes)
    assert said == (provider == "anthropic")


async def test_a_job_that_never_reached_the_provider_is_asked_for_anew(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server, asker(server, provider, tmp_path) as command:
        await begun(command, server, provider, "a")
        assert len(texts(await command.ask("a"))) == 1
        assert any("never begun" in note for note in command.notes)
    assert len(server.jobs) == 1


async def test_at_anthropic_a_wrong_guess_is_found_out_by_the_results(tmp_path: Path) -> None:
    async with BatchServer() as server:
        async with asker(server, "anthropic", tmp_path / "other") as other:
            texts(await other.ask("somebody else's"))
        async with asker(server, "anthropic", tmp_path / "ours") as command:
            await begun(command, server, "anthropic", "ours")
            (reply,) = texts(await command.ask("ours"))
            assert reply.endswith("to: ours")
            assert any("another's" in note for note in command.notes)
    assert set(server.answered.values()) == {1}


async def begun(command: Asker, server: BatchServer, provider: str, word: str) -> None:
    """Leaves a job in the folder as a command does that is killed before its submission goes out."""
    from mtbench.chat.request_lines import custom_id

    spec = ModelSpec("test", provider, "test-model", server.base_url)
    name = custom_id(spec.full_name, [Message("user", word)], Params(max_tokens=50))
    command.folder.add(Job.begin(spec, server.base_url, (name,)))


async def test_while_another_command_submits_its_job_is_left_alone(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server, asker(server, provider, tmp_path) as command:
        await begun(command, server, provider, "a")
        (job,) = command.folder.jobs()
        with BatchFolder(tmp_path).submitting(job.id):
            asked = asyncio.create_task(command.ask("a"))
            await asyncio.sleep(0.4)
            assert server.jobs == {}
        assert len(texts(await asked)) == 1


@pytest.mark.parametrize(("status", "kind"), [(401, BadKey), (404, NoSuchModel), (400, GivenUp), (413, ContextTooLong)])
async def test_a_refused_submission_leaves_no_job_behind(
    provider: str, status: int, kind: type[RequestError], tmp_path: Path
) -> None:
    async with BatchServer(submits=[status]) as server, asker(server, provider, tmp_path) as command:
        (error,) = await command.ask("a")
        assert isinstance(error, kind)
        if status == 404:
            assert "takes no batch jobs" in str(error)
        assert command.folder.jobs() == []


async def test_a_wrong_key_is_said_and_is_in_no_message(provider: str, tmp_path: Path) -> None:
    async with BatchServer(key="sk-right") as server, asker(server, provider, tmp_path, key="sk-wrong") as command:
        (error,) = await command.ask("a")
    assert isinstance(error, BadKey)
    assert "sk-wrong" not in str(error)


async def test_nobody_there_is_unreachable(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtbench.chat.batch_steps._ATTEMPTS", 2)
    server = BatchServer()
    async with asker(server, provider, tmp_path) as command:
        (error,) = await command.ask("a")
        assert isinstance(error, Unreachable)
        assert command.folder.jobs() == []


async def test_a_busy_provider_is_asked_again(provider: str, tmp_path: Path) -> None:
    server = BatchServer(submits=[429], looks=[500, 503], downloads=[500, "half"])
    async with server, asker(server, provider, tmp_path) as command:
        assert len(texts(await command.ask("a", "b"))) == 2
    assert set(server.answered.values()) == {1}


async def test_a_job_that_is_gone_ends_the_run_rather_than_be_paid_twice(provider: str, tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as server, asker(server, provider, tmp_path) as command:
        asked = asyncio.create_task(command.ask("a"))
        await until(lambda: states(command.folder) == ["submitted"])
        server.jobs.clear()
        (error,) = await asked
        assert isinstance(error, NoSuchJob)
        assert "mtbench batch cancel batch_" in str(error)
        assert states(command.folder) == ["submitted"]


async def test_only_our_headers_go_out(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "from-the-environment")
    async with BatchServer() as server, asker(server, provider, tmp_path) as command:
        texts(await command.ask("a"))
    assert server.headers
    assert "from-the-environment" not in str(server.headers)


async def test_a_job_cancelled_while_it_is_waited_for_leaves_its_rest_undone(provider: str, tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as server, asker(server, provider, tmp_path) as command:
        asked = asyncio.create_task(command.ask("a", "b"))
        await until(lambda: states(command.folder) == ["submitted"])
        (job,) = command.folder.jobs()
        await command.model._provider.cancel(str(job.provider_id))
        outcomes = await asked
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Completion", "LeftUndone"]
        command.model.settle()
        assert states(command.folder) == ["settled"]
    assert len(server.jobs) == 1


async def test_a_command_started_after_the_cancelling_takes_what_is_done_and_asks_the_rest(
    provider: str, tmp_path: Path
) -> None:
    async with BatchServer(seconds=None) as server:
        async with asker(server, provider, tmp_path) as first:
            asked = asyncio.create_task(first.ask("a", "b"))
            await until(lambda: states(first.folder) == ["submitted"])
            first.stop.set()
            await asked
            (job,) = first.folder.jobs()
            await first.model._provider.cancel(str(job.provider_id))
        server.seconds = 0
        async with asker(server, provider, tmp_path) as second:
            assert len(texts(await second.ask("a", "b"))) == 2
    assert [len(job.lines) for job in server.jobs.values()] == [2, 1]
    assert set(server.answered.values()) == {1}


async def test_a_job_that_fails_whole_fails_all_its_requests(tmp_path: Path) -> None:
    words = "The provided model 'test-model' does not exist"
    failures = [[{"code": "model_not_found", "message": words}]]
    async with BatchServer(failures=failures) as server, asker(server, "openai", tmp_path) as command:
        error, other = await command.ask("a", "b")
        assert isinstance(error, NoSuchModel)
        assert isinstance(other, NoSuchModel)
        assert states(command.folder) == ["settled"]


async def test_where_the_account_takes_few_requests_jobs_become_smaller_and_wait(tmp_path: Path) -> None:
    words = [f"word {number}" for number in range(6)]
    async with BatchServer(seconds=0.2, most_waiting=2) as server, asker(server, "openai", tmp_path) as command:
        assert len(texts(await command.ask(*words))) == 6
    assert set(server.answered.values()) == {1}
    assert any("going on with jobs of" in note for note in command.notes)


async def test_another_endpoints_job_is_not_looked_at_and_said(tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as one, BatchServer() as other:
        async with asker(one, "openai", tmp_path) as first:
            asked = asyncio.create_task(first.ask("a"))
            await until(lambda: states(first.folder) == ["submitted"])
            first.stop.set()
            await asked
        async with asker(other, "openai", tmp_path) as second:
            texts(await second.ask("a"))
            assert any(f"is at {one.base_url}: not looked at" in note for note in second.notes)


async def test_a_waiting_coroutine_that_is_dropped_has_not_taken_its_reply(provider: str, tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as server, asker(server, provider, tmp_path) as command:
        kept = asyncio.create_task(command.ask("kept"))
        dropped = asyncio.create_task(command.ask("dropped"))
        await until(lambda: states(command.folder) == ["submitted"])
        dropped.cancel()
        server.release()
        texts(await kept)
        command.model.settle()
        (job,) = command.folder.jobs()
        assert (job.state, len(job.taken)) == ("ended", 1)


async def test_a_full_disk_is_raised_by_all_who_wait(tmp_path: Path) -> None:
    from mtbench.errors import MtbenchError

    async with BatchServer(seconds=None) as server, asker(server, "openai", tmp_path) as command:
        asked = asyncio.create_task(command.ask("a", "b"))
        await until(lambda: states(command.folder) == ["submitted"])
        (job,) = command.folder.jobs()
        command.folder.results(job.id).with_name(f".{job.id}.results.jsonl.part").mkdir()
        server.release()
        errors = await asked
    assert all(type(error) is MtbenchError for error in errors)
    assert "cannot write" in str(errors[0])


async def test_results_removed_by_hand_are_fetched_again(provider: str, tmp_path: Path) -> None:
    async with BatchServer() as server:
        async with asker(server, provider, tmp_path) as first:
            texts(await first.ask("a"))
            (job,) = first.folder.jobs()
            first.folder.results(job.id).unlink()
        async with asker(server, provider, tmp_path) as second:
            texts(await second.ask("a"))
    assert set(server.answered.values()) == {1}


async def test_lines_of_results_that_say_nothing_are_said_and_their_requests_asked_again(tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as server:
        async with asker(server, "openai", tmp_path) as first:
            asked = asyncio.create_task(first.ask("a", "b"))
            await until(lambda: states(first.folder) == ["submitted"])
            first.stop.set()
            await asked
        server.release()
        server.seconds = 0
        (job,) = BatchFolder(tmp_path).jobs()
        BatchFolder(tmp_path).results(job.id).write_bytes(b'half a li\n\n[]\n{"custom_id": [1]}\n')
        BatchFolder(tmp_path).update(job.id, state="ended")
        async with asker(server, "openai", tmp_path) as second:
            texts(await second.ask("a", "b"))
            assert any("lines of its results that say nothing: 3" in note for note in second.notes)


async def test_a_job_that_was_cancelled_and_has_no_result_for_a_request_leaves_it_undone(tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as server, asker(server, "openai", tmp_path) as command:
        asked = asyncio.create_task(command.ask("a"))
        await until(lambda: states(command.folder) == ["submitted"])
        (stored,) = server.jobs.values()
        stored.cancelled, stored.status = True, "cancelled"
        (error,) = await asked
        assert isinstance(error, LeftUndone)


async def test_a_provider_that_stays_silent_ends_the_run_and_its_job_goes_on(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.chat.batch_steps._PATIENCE", 0.2)
    async with BatchServer(seconds=None) as server, asker(server, provider, tmp_path) as command:
        asked = asyncio.create_task(command.ask("a"))
        await until(lambda: states(command.folder) == ["submitted"])
        server.looks = [503] * 100
        (error,) = await asked
        assert isinstance(error, Retryable)
        assert states(command.folder) == ["submitted"]
        assert any("cannot ask for batch job" in note for note in command.notes)


async def test_results_that_never_come_end_the_run_and_stay_at_the_provider(provider: str, tmp_path: Path) -> None:
    async with BatchServer(downloads=[500] * 100) as server, asker(server, provider, tmp_path) as command:
        (error,) = await command.ask("a")
        assert isinstance(error, Retryable)
        assert states(command.folder) == ["submitted"]
        server.downloads = []
        texts(await command.ask("a"))
    assert set(server.answered.values()) == {1}


async def test_a_stop_while_a_submission_is_repeated_leaves_nothing_behind(provider: str, tmp_path: Path) -> None:
    async with BatchServer(submits=[429] * 100) as server, asker(server, provider, tmp_path) as command:
        asked = asyncio.create_task(command.ask("a"))
        await until(lambda: len(server.submits) < 99)
        command.stop.set()
        (error,) = await asked
        assert isinstance(error, Interrupted)
        assert command.folder.jobs() == []


async def test_a_submission_that_is_refused_too_often_is_given_up(provider: str, tmp_path: Path) -> None:
    async with BatchServer(submits=[429] * 100) as server, asker(server, provider, tmp_path) as command:
        (error,) = await command.ask("a")
        assert isinstance(error, Retryable)
        assert len(server.submits) == 94
        assert command.folder.jobs() == []


async def test_a_redirect_is_not_followed_with_the_key(provider: str, tmp_path: Path) -> None:
    async with BatchServer(submits=[307]) as server, asker(server, provider, tmp_path) as command:
        (error,) = await command.ask("a")
    assert isinstance(error, EndpointFailed)
    assert "is the base URL right?" in str(error)


async def test_a_certificate_that_nobody_signed_is_not_trusted(provider: str, tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*self_signed(tmp_path))
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context) as listening:
        server = BatchServer()
        server.base_url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        async with asker(server, provider, tmp_path / "jobs") as command:
            (error,) = await command.ask("a")
    assert isinstance(error, EndpointFailed)
    assert "no safe connection" in str(error)


async def test_jobs_go_through_the_proxy_but_for_this_machine(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy, BatchServer() as here:
        monkeypatch.setenv("http_proxy", f"http://me:pass@127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        async with asker(here, provider, tmp_path / "here") as command:
            texts(await command.ask("a"))
        assert heard == []
        there = BatchServer()
        there.base_url = "http://model.invalid/v1"
        async with asker(there, provider, tmp_path / "there") as command:
            (error,) = await command.ask("a")
    assert type(error) is GivenUp
    assert heard[0].startswith(b"POST http://model.invalid/v1/")
    assert b"\r\nProxy-Authorization: Basic bWU6cGFzcw==\r\n" in heard[0]


async def test_a_provider_that_never_answers_a_look_up_is_asked_again(provider: str, tmp_path: Path) -> None:
    async with BatchServer(looks=["hang"]) as server, asker(server, provider, tmp_path, timeout=0.5) as command:
        texts(await command.ask("a"))
        assert any("no reply in time" in note for note in command.notes)


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
