"""Proxies from the environment: which one is taken, how it is asked, and that its password is never said."""

from pathlib import Path

import pytest

from mtbench.chat import Params
from mtbench.chat.proxies import Proxy as Found
from mtbench.chat.proxies import proxy_for
from mtbench.errors import EndpointFailed, RequestError, Retryable, Unreachable
from tests.chat.asking import HELLO, opened, spec_for
from tests.support.cli import mtbench
from tests.support.servers import ModelServer, running_server
from tests.support.wire import Proxy, TlsFront, self_signed, wired

PASSWORD = "pa ss/w@rd:\u20ac"
QUOTED = "pa%20ss%2Fw%40rd%3A%E2%82%AC"
KEY = "sk-for-the-endpoint-alone"


async def ask(url: str) -> str:
    async with opened(spec_for("openai", url), attempts=1) as model:
        return (await model.complete(HELLO, Params())).text


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"http_proxy": "http://p:1"}, "http://model.test/v1", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://model.test/v1", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://model.test/v1", "http://p:1"),
        ({"HTTPS_PROXY": "p:3128"}, "https://model.test/v1", "http://p:3128"),
        ({"HTTPS_PROXY": "http://[::2]:1/"}, "https://model.test/v1", "http://[::2]:1"),
        ({"HTTPS_PROXY": "https://p"}, "https://model.test/v1", "https://p"),
        ({"ALL_PROXY": "http://p:1"}, "https://model.test/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:2"}, "https://model.test/v1", "http://q:2"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://model.test/v1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "other.test,.test"}, "https://model.test/v1", None),
        ({"ALL_PROXY": "http://p:1", "no_proxy": "model.test:8000"}, "https://model.test:8000/v1", None),
        ({"ALL_PROXY": "http://p:1", "no_proxy": "model.test:8000"}, "https://model.test/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "http://127.0.0.1:8000/v1", None),
        ({"ALL_PROXY": "http://p:1"}, "http://[::1]:8000/v1", None),
        ({"ALL_PROXY": "socks5://p:1"}, "http://localhost:8000/v1", None),
        ({"HTTPS_PROXY": "", "NO_PROXY": ""}, "https://model.test/v1", None),
    ],
)
def test_the_proxy_of_a_url(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url, "m") == (proxy and Found(proxy))


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        (f"http://me:{PASSWORD}@p:1", r"m: HTTPS_PROXY must look like .*%2F %40"),
        ("http://me:hunter22@p:port", r"m: HTTPS_PROXY must look like"),
        ("http://me:hunter22@", r"m: HTTPS_PROXY must look like"),
        ("http://[me:hunter22@p", r"m: HTTPS_PROXY must look like"),
        ("socks5h://me:hunter22@p:1", r"m: HTTPS_PROXY names a socks5h proxy, which is not supported"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    proxy: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(EndpointFailed, match=says) as caught:
        proxy_for("https://model.test/v1", "m")
    assert not any(part in str(caught.value) for part in ("me:", "hunter22", "pa ss", "w@rd"))


def test_a_password_is_for_the_proxy_and_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://m%65:{QUOTED}@p:1")
    found = proxy_for("https://model.test/v1", "m")
    assert found
    assert found.headers == {"Proxy-Authorization": "Basic bWU6cGEgc3Mvd0ByZDrigqw="}
    assert repr(found) == "Proxy(url='http://p:1')"


async def test_a_request_is_forwarded_and_the_login_goes_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ModelServer() as server, Proxy({"model.test": server.port}, f"me:{PASSWORD}") as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:{QUOTED}@127.0.0.1:{proxy.port}")
        assert await ask("http://model.test/v1")
        await ask(server.base_url)
    (passage,) = proxy.passages
    assert (passage.method, passage.target) == ("POST", "http://model.test/v1/chat/completions")
    assert [request.headers["host"] for request in server.requests] == ["model.test", f"127.0.0.1:{server.port}"]
    assert not any("proxy-authorization" in request.headers for request in server.requests)


@pytest.mark.parametrize(
    ("login", "refuses", "raised", "says"),
    [
        ("me:other", None, EndpointFailed, "the proxy wants a user and password"),
        (None, 403, EndpointFailed, r"the proxy lets nothing through to there \(403\)"),
        (None, 503, Retryable, "503"),
    ],
)
async def test_a_proxy_that_refuses_is_said_without_the_password(
    login: str | None,
    refuses: int | None,
    raised: type[RequestError],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Proxy({}, login, refuses) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:hunter22@127.0.0.1:{proxy.port}")
        with pytest.raises(raised, match=says) as caught:
            await ask("https://model.test/v1")
    assert [passage.method for passage in proxy.passages] == ["CONNECT"]
    assert "hunter22" not in str(caught.value)


async def test_a_proxy_where_nothing_listens_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Proxy({}) as proxy:
        pass
    monkeypatch.setenv("https_proxy", f"http://me:hunter22@127.0.0.1:{proxy.port}")
    with pytest.raises(Unreachable, match=rf"no connection to the proxy at 127\.0\.0\.1:{proxy.port}: ") as caught:
        await ask("https://model.test/v1")
    assert "hunter22" not in str(caught.value)


async def test_a_proxy_whose_host_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:hunter22@proxy.invalid:3128")
    with pytest.raises(Unreachable, match=r"no such host: proxy\.invalid\.") as caught:
        await ask("https://model.test/v1")
    assert "hunter22" not in str(caught.value)


def test_tls_goes_through_a_tunnel_in_which_the_proxy_sees_no_key(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "DNS:model.test")
    with (
        running_server(key=KEY) as server,
        wired(TlsFront(server.port, certificate, key)) as front,
        wired(Proxy({"model.test:443": front.port}, "me:hunter22")) as proxy,
    ):
        done = mtbench(
            tmp_path, "models", "check", "openai/m", "--base-url", "https://model.test/v1", "--timeout", "10",
            env={"OPENAI_API_KEY": KEY, "HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(certificate)},
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert {(passage.method, passage.target) for passage in proxy.passages} == {("CONNECT", "model.test:443")}
    assert not any(KEY.encode() in passage.seen for passage in proxy.passages)
    assert server.requests
    assert not any("proxy-authorization" in request.headers for request in server.requests)
    assert "hunter22" not in done.stdout + done.stderr
