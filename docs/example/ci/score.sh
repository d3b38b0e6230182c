#!/usr/bin/env bash
# Scores a checkpoint and decides whether it may be released: serves it with vLLM, waits until it answers, runs mtbench
# and its gate, and ends the server.
#
#   score.sh CHECKPOINT NAME
#
# CHECKPOINT: a folder or a hub id. NAME: what files and tables call it, such as step-2000; a new checkpoint gets a new
# name, or the answers of the old one would be taken for its own.
# BASELINE: the name of a checkpoint that was scored before. Without it, this one is scored and nothing is decided.
# JUDGE_URL, JUDGE_MODEL: an endpoint that speaks OpenAI's chat completions, and its model; JUDGE_KEY: its key.
# PORT (8000) and WAIT (900 seconds for the model to load) have defaults. The rest stands in mtbench.yaml.
#
# Ends with 0: passed, or scored only; 1: failed, or not enough evidence; 2: a mistake; 3: some requests failed twice.
# What it has found is in report/.
set -euo pipefail

mistake() {
    echo "$1" >&2
    exit 2
}
(($# == 2)) || mistake "usage: score.sh CHECKPOINT NAME"
[[ -n ${JUDGE_URL:-} && -n ${JUDGE_MODEL:-} && -n ${JUDGE_KEY:-} ]] || mistake "set JUDGE_URL, JUDGE_MODEL, JUDGE_KEY"
checkpoint=$1
name=$2
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
rm -rf report              # of an earlier checkpoint, on a machine that keeps its folders
mkdir report

if [[ -n ${BASELINE:-} ]]; then # asks for nothing if this judge has judged it all; without its answers, ends with 2
    mtbench judge --model "$BASELINE" --judge judge
fi

vllm serve "$checkpoint" --served-model-name "$name" --host 127.0.0.1 --port "$port" >report/vllm.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT

not_ready() {
    tail -n 20 report/vllm.log >&2
    mistake "$1: the end of report/vllm.log is above"
}
waited=0
until curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$port/v1/models"; do
    kill -0 "$server" 2>/dev/null || not_ready "vLLM ended before it was ready"
    ((waited < wait_seconds)) || not_ready "vLLM was not ready after $waited s"
    sleep 1
    waited=$((waited + 1))
done

score() {
    mtbench run --model "$name" --judge judge
}

gate() {
    mtbench check --model "$name" --baseline "$BASELINE" --judge judge \
        --output report/gate.xml --output report/gate.metrics --output report/gate.md --output report/gate.json
}

code=0
score || code=$?
if ((code == 3)); then # some requests failed: the second run asks for these alone
    code=0
    score || code=$?
fi
if ((code == 0)); then
    if [[ -n ${BASELINE:-} ]]; then
        gate || code=$?
    else
        echo "no BASELINE: $name is scored, and nothing is decided" >&2
    fi
fi
mtbench show-results --judge judge --output report/report.html || echo "there is no page" >&2
exit "$code"
