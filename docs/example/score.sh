#!/usr/bin/env bash
# Scores a checkpoint: serves it with vLLM, waits until it answers, runs mtbench, and ends the server.
#
#   score.sh CHECKPOINT NAME
#
# CHECKPOINT: a folder or a hub id. NAME: what files and tables call it, such as step-2000; a new checkpoint gets a new
# name, or the answers of the old one would be taken for its own.
# JUDGE_URL, JUDGE_MODEL: an endpoint that speaks OpenAI's chat completions, and its model; JUDGE_KEY: its key.
# PORT (8000), DATA (data), WAIT (900 seconds for the model to load) and BENCH (mt80) have defaults.
set -euo pipefail

checkpoint=${1:?usage: score.sh CHECKPOINT NAME}
name=${2:?usage: score.sh CHECKPOINT NAME}
: "${JUDGE_URL:?}" "${JUDGE_MODEL:?}" "${JUDGE_KEY:?}"
port=${PORT:-8000}
wait_seconds=${WAIT:-900}

cat >models.yaml <<END
models:
  "$name":
    provider: openai
    model: "$name"
    base_url: http://127.0.0.1:$port/v1
    api_key_env: CANDIDATE_KEY
    limits: {parallel: 64}
  judge:
    provider: openai
    model: "$JUDGE_MODEL"
    base_url: "$JUDGE_URL"
    api_key_env: JUDGE_KEY
    limits: {parallel: 16}
END
export CANDIDATE_KEY=EMPTY # vLLM wants none; without a variable of its own it would be sent OPENAI_API_KEY

vllm serve "$checkpoint" --served-model-name "$name" --host 127.0.0.1 --port "$port" >vllm.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT

waited=0
until curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$port/v1/models"; do
    if ! kill -0 "$server" 2>/dev/null; then
        echo "vLLM ended before it was ready; the end of vllm.log:" >&2
        tail -n 20 vllm.log >&2
        exit 1
    fi
    if ((waited >= wait_seconds)); then
        echo "vLLM was not ready after $waited s; the end of vllm.log:" >&2
        tail -n 20 vllm.log >&2
        exit 1
    fi
    sleep 1
    waited=$((waited + 1))
done

score() {
    mtbench run --model "$name" --judge judge --bench "${BENCH:-mt80}" --data-dir "${DATA:-data}"
}

code=0
score || code=$?
if ((code == 3)); then # some requests failed: the second run asks for these alone
    code=0
    score || code=$?
fi
exit "$code"
