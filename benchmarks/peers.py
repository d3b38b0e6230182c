"""What people would write instead: the same prompts sent, each reply's grade read and a line of JSON written.

    python benchmarks/peers.py NAME BASE_URL REQUESTS COUNT PARALLEL OUTPUT

REQUESTS holds the bodies that `mtbench judge` sent, a line each; the first COUNT are sent, PARALLEL at a time.
"""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

Body = dict[str, Any]
Ask = Callable[[Body], Awaitable[str]]


def sdk_threads(base_url: str, bodies: Iterator[Body], parallel: int, output: TextIO) -> None:
    """openai's SDK in a pool of threads, as FastChat asks its judges."""
    from openai import OpenAI

    client = OpenAI(base_url=base_url)

    def judge(body: Body) -> None:
        write(output, body, client.chat.completions.create(**body).choices[0].message.content or "")

    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(judge, bodies))


def sdk_async(base_url: str, bodies: Iterator[Body], parallel: int, output: TextIO) -> None:
    """AsyncOpenAI as it comes."""
    from openai import AsyncOpenAI

    asyncio.run(_with_client(AsyncOpenAI(base_url=base_url), bodies, parallel, output))


def sdk_aiohttp(base_url: str, bodies: Iterator[Body], parallel: int, output: TextIO) -> None:
    """AsyncOpenAI over aiohttp: the SDK's extra of that name."""
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async def run() -> None:
        async with DefaultAioHttpClient() as http:
            await _with_client(AsyncOpenAI(base_url=base_url, http_client=http), bodies, parallel, output)

    asyncio.run(run())


def bare_aiohttp(base_url: str, bodies: Iterator[Body], parallel: int, output: TextIO) -> None:
    """aiohttp and orjson with nothing around them: what the transport itself costs."""
    import aiohttp
    import orjson

    async def run() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            headers = {"content-type": "application/json", "authorization": "Bearer none"}

            async def ask(body: Body) -> str:
                data = orjson.dumps(body)
                async with session.post(f"{base_url}/chat/completions", data=data, headers=headers) as reply:
                    return str(orjson.loads(await reply.read())["choices"][0]["message"]["content"])

            await _all(ask, bodies, parallel, output)

    asyncio.run(run())


PEERS = {peer.__name__: peer for peer in (sdk_threads, sdk_async, sdk_aiohttp, bare_aiohttp)}


async def _with_client(client: Any, bodies: Iterator[Body], parallel: int, output: TextIO) -> None:
    async def ask(body: Body) -> str:
        completion = await client.chat.completions.create(**body)
        return completion.choices[0].message.content or ""

    await _all(ask, bodies, parallel, output)


async def _all(ask: Ask, bodies: Iterator[Body], parallel: int, output: TextIO) -> None:
    async def worker() -> None:
        for body in bodies:
            write(output, body, await ask(body))

    async with asyncio.TaskGroup() as group:
        for _ in range(parallel):
            group.create_task(worker())


def write(output: TextIO, body: Body, reply: str) -> None:
    found = re.search(r"\[\[(\d+)\]\]", reply)
    score = int(found[1]) if found else -1
    record = {"user_prompt": body["messages"][-1]["content"], "judgment": reply, "score": score}
    output.write(json.dumps(record) + "\n")


def _main(name: str, base_url: str, requests: str, count: str, parallel: str, output: str) -> None:
    with Path(requests).open(encoding="utf-8") as lines, Path(output).open("w", encoding="utf-8") as stream:
        bodies: Iterator[Body] = (json.loads(line) for line in islice(lines, int(count)))
        PEERS[name](base_url, bodies, int(parallel), stream)


if __name__ == "__main__":
    _main(*sys.argv[1:])
