"""Answers a file of requests on a Ray cluster: each GPU bundle runs vLLM, Ray Data shares the lines out.

    python judge_on_ray.py requests.jsonl responses/ Qwen/Qwen3-32B REPLICAS

`requests.jsonl` is what mtbench wrote for --export-requests, on storage that every node reads. `responses/` becomes a
folder of JSON lines, which --import-responses takes as it is.
"""

import json
import sys
from typing import Any

import ray
from ray.data.llm import build_processor, vLLMEngineProcessorConfig

SENT = ("temperature", "top_p", "seed", "max_tokens")


def to_engine(row: dict[str, Any]) -> dict[str, Any]:
    """One line of the file as the engine wants it. Read as text: the columns of two requests need not be alike."""
    request = json.loads(row["text"])
    body = request["body"]
    sampling = {name: body[name] for name in SENT if name in body}
    sampling["max_tokens"] = body.get("max_completion_tokens", body.get("max_tokens", 1024))
    if "response_format" in body:  # --structured
        sampling["guided_decoding"] = {"json": body["response_format"]["json_schema"]["schema"]}
    return {"custom_id": request["custom_id"], "messages": body["messages"], "sampling_params": sampling}


def to_response(row: dict[str, Any]) -> dict[str, Any]:
    """What mtbench reads. A row that failed comes past this function, with its reason in a column of its own."""
    whole = row["num_generated_tokens"] < row["sampling_params"]["max_tokens"]
    kept = ("custom_id", "generated_text", "num_input_tokens", "num_generated_tokens")
    return {name: row[name] for name in kept} | {"finish_reason": "stop" if whole else "length"}


def main(requests: str, responses: str, model: str, replicas: str) -> None:
    config = vLLMEngineProcessorConfig(
        model_source=model,
        engine_kwargs={"max_model_len": 16384, "tensor_parallel_size": 1},
        concurrency=int(replicas),
        batch_size=64,
        should_continue_on_error=True,
    )
    answer = build_processor(config, preprocess=to_engine, postprocess=to_response)
    answer(ray.data.read_text(requests)).write_json(responses)


if __name__ == "__main__":
    main(*sys.argv[1:])
