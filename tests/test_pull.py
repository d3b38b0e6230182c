"""Fetching over real sockets and from real folders, with nothing written that is not right."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mtbench import pull as module
from mtbench.errors import MtbenchError
from mtbench.pull import HOME, OFFICIAL, Pin, pull
from tests.support.shared import SHARED, needs_shared

FILES = {
    "mt_bench/question.jsonl": b'{"question_id": 81}\n',
    "mt_bench/reference_answer/gpt-4.jsonl": b'{"question_id": 101}\n',
    "judge_prompts.jsonl": b'{"name": "p"}\n',
}
PINS = tuple(Pin(pin.source, pin.target, hashlib.sha256(FILES[pin.source]).hexdigest()) for pin in OFFICIAL)
TARGETS = [pin.target for pin in PINS]


def holding(root: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


RIGHT = {pin.target: FILES[pin.source] for pin in PINS}

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback: its base URL, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def give(handler: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def files_of(content: dict[str, bytes]) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        data = content.get(handler.path.removeprefix("/data/"))
        give(handler, 404 if data is None else 200, data or b"no such file")

    return answer


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_files_are_fetched_from_a_base_url_and_laid_out_as_a_bench(tmp_path: Path, slash: str) -> None:
    with serving(files_of(FILES)) as (url, asked):
        pulled = pull(tmp_path / "mt_bench", url + slash, pins=PINS)
    assert asked == [f"/data/{name}" for name in FILES]
    assert held(tmp_path / "mt_bench") == RIGHT
    assert pulled.written == tuple(tmp_path / "mt_bench" / target for target in TARGETS)
    assert pulled.kept == ()


def test_files_that_are_there_and_right_are_not_fetched_again(tmp_path: Path) -> None:
    folder = holding(tmp_path / "mt_bench", RIGHT)
    with serving(files_of(FILES)) as (url, asked):
        pulled = pull(folder, url, pins=PINS)
    assert asked == []
    assert (pulled.written, pulled.kept) == ((), tuple(folder / target for target in TARGETS))


def test_only_what_is_missing_is_fetched(tmp_path: Path) -> None:
    folder = holding(tmp_path / "mt_bench", {"question.jsonl": RIGHT["question.jsonl"]})
    with serving(files_of(FILES)) as (url, asked):
        pulled = pull(folder, url, pins=PINS)
    assert asked == [f"/data/{pin.source}" for pin in PINS[1:]]
    assert pulled.kept == (folder / "question.jsonl",)
    assert held(folder) == RIGHT


def test_a_file_that_is_there_and_differs_is_left_alone(tmp_path: Path) -> None:
    mine = {"question.jsonl": b"mine", "judge_prompts.jsonl": b"mine too"}
    folder = holding(tmp_path / "mt_bench", mine)
    with serving(files_of(FILES)) as (url, asked), pytest.raises(MtbenchError) as raised:
        pull(folder, url, pins=PINS)
    assert asked == []
    assert held(folder) == mine
    for pin in (PINS[0], PINS[2]):
        found = hashlib.sha256(mine[pin.target]).hexdigest()
        expected = f"{folder / pin.target} is not the official file: expected SHA-256 {pin.sha256}, found {found}"
        assert expected in str(raised.value)
    assert str(raised.value).endswith("nothing is changed; --force replaces what is there")


def test_a_file_that_differs_is_replaced_on_demand(tmp_path: Path) -> None:
    folder = holding(tmp_path / "mt_bench", RIGHT | {"question.jsonl": b"mine"})
    pulled = pull(folder, str(holding(tmp_path / "from", FILES)), replace=True, pins=PINS)
    assert pulled.written == (folder / "question.jsonl",)
    assert held(folder) == RIGHT


@pytest.mark.parametrize("wrong", FILES)
@pytest.mark.parametrize("replace", [False, True])
def test_one_wrong_sum_and_nothing_is_written(tmp_path: Path, wrong: str, replace: bool) -> None:
    there = {"question.jsonl": b"mine"} if replace else {}
    folder = holding(tmp_path / "mt_bench", there)
    with serving(files_of(FILES | {wrong: b"other"})) as (url, _), pytest.raises(MtbenchError) as raised:
        pull(folder, url, replace=replace, pins=PINS)
    pin = next(pin for pin in PINS if pin.source == wrong)
    found = hashlib.sha256(b"other").hexdigest()
    assert str(raised.value) == (
        f"{url}/{wrong} is not the official file: expected SHA-256 {pin.sha256}, found {found}\n"
        f"nothing is written to {folder}"
    )
    assert (held(folder) if folder.exists() else {}) == there


def test_every_wrong_sum_is_named(tmp_path: Path) -> None:
    source = holding(tmp_path / "from", dict.fromkeys(FILES, b"other"))
    with pytest.raises(MtbenchError) as raised:
        pull(tmp_path / "mt_bench", str(source), pins=PINS)
    assert all(f"{source / name} is not the official file" in str(raised.value) for name in FILES)


@pytest.mark.parametrize(
    "layout",
    [FILES, RIGHT, {Path(name).name: data for name, data in FILES.items()}],
    ids=["as at home", "as in a bench", "side by side"],
)
def test_a_folder_may_be_laid_out_in_three_ways(tmp_path: Path, layout: dict[str, bytes]) -> None:
    pull(tmp_path / "mt_bench", str(holding(tmp_path / "from", layout)), pins=PINS)
    assert held(tmp_path / "mt_bench") == RIGHT


def test_a_folder_without_the_files_says_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError) as raised:
        pull(tmp_path / "mt_bench", str(tmp_path / "none"), pins=PINS)
    expected = " or ".join(str(tmp_path / "none" / name) for name in ("mt_bench/question.jsonl", "question.jsonl"))
    assert str(raised.value) == f"--from {tmp_path / 'none'}: no question.jsonl there; looked for {expected}"


def test_a_source_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "from" / "mt_bench" / "question.jsonl").mkdir(parents=True)
    with pytest.raises(MtbenchError, match=r"cannot read .*question\.jsonl: Is a directory"):
        pull(tmp_path / "mt_bench", str(tmp_path / "from"), pins=PINS)


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/data", "file:///tmp"])
def test_other_protocols_are_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(MtbenchError, match=r"is not known here; give an http\(s\) address or a folder"):
        pull(tmp_path / "mt_bench", source, pins=PINS)


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    give(handler, 200, b"half", length=1000)


def not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"hello\r\n\r\n")


def never_answers(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


def not_a_length(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\nx")


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b"x" * 1_000_000)
    except OSError:
        return


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (files_of({}), "the server answered 404 Not Found"),
        (lambda handler: give(handler, 500, b""), "the server answered 500 Internal Server Error"),
        (cut_short, "the connection broke off after 4 of 1,000 bytes"),
        (not_http, "hello"),
        (never_answers, "timed out"),
        (endless, "the answer does not end (20,"),
        (lambda handler: handler.connection.close(), "Remote end closed connection without response"),
    ],
    ids=["404", "500", "cut short", "not http", "silent", "endless", "closed"],
)
def test_a_fetch_that_fails_says_why_and_what_to_do(tmp_path: Path, answer: Answer, why: str) -> None:
    with serving(answer) as (url, _), pytest.raises(MtbenchError) as raised:
        pull(tmp_path / "mt_bench", url, pins=PINS, quiet_seconds=0.5)
    assert str(raised.value).startswith(f"cannot fetch {url}/mt_bench/question.jsonl: {why}")
    assert str(raised.value).endswith("into one folder DIR and run `mtbench questions pull --from DIR`")
    assert HOME in str(raised.value)
    assert not (tmp_path / "mt_bench").exists()


def test_an_answer_without_a_length_or_with_a_senseless_one_is_judged_by_its_sum(tmp_path: Path) -> None:
    def bare(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + FILES[handler.path.removeprefix("/data/")])

    with serving(bare) as (url, _):
        pull(tmp_path / "bare", url, pins=PINS)
    assert held(tmp_path / "bare") == RIGHT
    with serving(not_a_length) as (url, _), pytest.raises(MtbenchError, match="is not the official file"):
        pull(tmp_path / "wrong", url, pins=PINS)


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/", "http://[bad", "http://", "http://a..b/", "http://a b"])
def test_an_address_that_is_none_is_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(MtbenchError, match=r"^cannot fetch .*\nTry again later, or download"):
        pull(tmp_path / "mt_bench", url, pins=PINS)


@pytest.mark.parametrize("url", ["http://me:hunter22@h.test", "https://h.test/data?token=hunter22"])
def test_an_address_with_a_password_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(MtbenchError, match=r"^--from: give the address without") as caught:
        pull(tmp_path / "mt_bench", url, pins=PINS)
    assert "hunter22" not in str(caught.value)


def test_a_proxy_that_is_malformed_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request._opener", None)  # which remembers the proxies that it met first
    monkeypatch.setenv("http_proxy", "http://me:hunter22")
    with pytest.raises(MtbenchError, match="or that of the proxy in the environment, is malformed") as caught:
        pull(tmp_path / "mt_bench", "http://h.test", pins=PINS)
    assert "hunter22" not in str(caught.value)


def test_a_refused_connection_says_what_to_do(tmp_path: Path) -> None:
    with serving(files_of(FILES)) as (url, _):
        pass
    with pytest.raises(MtbenchError, match=r"cannot fetch .*refused.*\n.* by hand into one folder DIR"):
        pull(tmp_path / "mt_bench", url, pins=PINS)


def test_a_server_whose_certificate_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    with serving(files_of(FILES)) as (url, _), pytest.raises(MtbenchError, match=r"cannot fetch https://.*SSL"):
        pull(tmp_path / "mt_bench", url.replace("http:", "https:"), pins=PINS, quiet_seconds=2)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    source = holding(tmp_path / "from", FILES)
    with pytest.raises(MtbenchError, match=r"cannot write .*question\.jsonl"):
        pull(tmp_path / "data" / "mt_bench", str(source), pins=PINS)


def test_the_home_is_fetched_over_tls_and_every_sum_is_whole() -> None:
    assert HOME.startswith("https://")
    assert HOME.endswith("/")
    assert all(len(bytes.fromhex(pin.sha256)) == 32 for pin in OFFICIAL)
    assert module.QUIET_SECONDS < 60


@needs_shared
def test_the_official_files_have_the_pinned_sums(tmp_path: Path) -> None:
    with serving(files_of({pin.source: (SHARED / pin.source).read_bytes() for pin in OFFICIAL})) as (url, _):
        pulled = pull(tmp_path / "mt_bench", url)
    assert len(pulled.written) == 3
    assert pull(tmp_path / "mt_bench", "http://127.0.0.1:9").kept == pulled.written
