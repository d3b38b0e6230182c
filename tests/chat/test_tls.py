"""TLS over real sockets: certificates are verified, one's own can be trusted, and no redirect leads out of TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mtbench.chat import Params
from mtbench.cli import app
from mtbench.errors import EndpointFailed, MtbenchError
from tests.chat.asking import HELLO, PROVIDERS, opened, spec_for
from tests.support.batch_servers import running_batch_server
from tests.support.benches import QUESTIONS, make_bench
from tests.support.cli import mtbench
from tests.support.servers import Fault, ModelServer, running_server
from tests.support.wire import TlsFront, self_signed, wired

KEY = "sk-for-this-endpoint-alone"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secured(certificate: tuple[Path, Path]) -> Iterator[tuple[ModelServer, TlsFront]]:
    with running_server() as server, wired(TlsFront(server.port, *certificate)) as front:
        yield server, front


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_certificate_that_nobody_signed_is_not_trusted(
    provider: str, secured: tuple[ModelServer, TlsFront]
) -> None:
    server, front = secured
    async with opened(spec_for(provider, f"{front.url}/v1")) as model:
        with pytest.raises(EndpointFailed, match=r"no safe connection.*self.signed.*SSL_CERT_FILE"):
            await model.complete(HELLO, Params())
    assert server.requests == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_ones_own_certificate_is_trusted_with_ssl_cert_file(
    provider: str, secured: tuple[ModelServer, TlsFront], certificate: tuple[Path, Path], folder: Path
) -> None:
    server, front = secured
    arguments = ("models", "check", f"{provider}/m", "--base-url", f"{front.url}/v1", "--timeout", "10")
    refused = mtbench(folder, *arguments, env={f"{provider.upper()}_API_KEY": KEY})
    assert (refused.returncode, server.requests) == (3, [])
    assert "SSL_CERT_FILE" in refused.stdout
    own = {f"{provider.upper()}_API_KEY": KEY, "SSL_CERT_FILE": str(certificate[0])}
    taken = mtbench(folder, *arguments, env=own)
    assert taken.returncode == 0, taken.stdout
    assert server.requests


@pytest.mark.parametrize("provider", PROVIDERS)
def test_batch_jobs_trust_ones_own_certificate_and_no_other(
    provider: str, certificate: tuple[Path, Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bench(folder, QUESTIONS[:1])
    with running_batch_server(key=KEY) as server, wired(TlsFront(server.port, *certificate)) as front:
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", KEY)
        words = [
            "gen-answers",
            "--model",
            f"{provider}/m",
            "--base-url",
            f"{front.url}/v1",
            "--bench",
            "tiny",
            "--batch",
        ]
        refused = CliRunner().invoke(app, words)  # in this process, since the SDKs are slow to import
        assert isinstance(refused.exception, MtbenchError)
        assert "no safe connection" in str(refused.exception)
        assert server.headers == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        taken = CliRunner().invoke(app, words)
        assert taken.exit_code == 0, taken.output
        assert len(server.jobs) == 2


async def test_a_server_without_tls_is_not_asked_over_tls() -> None:
    async with ModelServer() as server, opened(spec_for("openai", server.base_url.replace("http", "https"))) as model:
        with pytest.raises(EndpointFailed, match="no safe connection"):
            await model.complete(HELLO, Params())


def test_a_redirect_out_of_tls_is_not_followed(
    secured: tuple[ModelServer, TlsFront], certificate: tuple[Path, Path], folder: Path
) -> None:
    server, front = secured
    server.faults = lambda _: Fault(status=308, headers={"Location": f"{server.base_url}/chat/completions"})
    own = {"OPENAI_API_KEY": KEY, "SSL_CERT_FILE": str(certificate[0])}
    done = mtbench(folder, "models", "check", "openai/m", "--base-url", f"{front.url}/v1", env=own)
    assert done.returncode == 3
    assert f"it redirects to http://127.0.0.1:{server.port}, and keys are not sent on" in done.stdout
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("http://localhost:{port}/v1/chat/completions", r"http://localhost:\d+"),
        ("//localhost:{port}/v1/chat/completions", r"http://localhost:\d+"),
        ("http://sk-for-this-endpoint-alone:x@localhost:{port}/", r"http://localhost:\d+"),
        ("http://sk-for-this-endpoint-alone.test/", r"http://\[key\]\.test"),
        ("http://127.0.0.1/v1", r"http://127\.0\.0\.1,"),
        ("file:///etc/passwd", "file://,"),
        ("http://[::1/", "no address"),
        ("http://127.0.0.1:port/", "no address"),
    ],
)
async def test_a_redirect_elsewhere_is_told_without_the_key_and_not_followed(
    location: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with ModelServer() as server, opened(spec_for("openai", server.base_url)) as model:
        server.faults = [Fault(status=307, headers={"Location": location.format(port=server.port)})]
        with pytest.raises(EndpointFailed, match=f"it redirects to (what is )?{place}") as caught:
            await model.complete(HELLO, Params())
    assert len(server.requests) == 1
    assert KEY not in str(caught.value)
