"""Which parameter an error refuses, in the words of many endpoints; and what is no refusal."""

import pytest

from mtbench.chat.refusals import refused_parameter

SENT = {
    **{name: name for name in ("temperature", "max_tokens", "top_p", "seed", "system", "top_k", "n")},
    "response_format": "schema",
}


@pytest.mark.parametrize(
    ("message", "param", "name"),
    [
        (
            "Unsupported value: 'temperature' does not support 0.7. Only the default (1) value is supported.",
            "",
            "temperature",
        ),
        ("`temperature` is deprecated for this model.", "", "temperature"),
        ("`temperature` may only be set to 1 when thinking is enabled.", "", "temperature"),
        ("invalid temperature: only 1 is allowed for this model", "", "temperature"),
        ("temperature, top_p and n are fixed at 1, while presence_penalty is fixed at 0", "", "temperature"),
        ("Invalid parameter", "temperature", "temperature"),
        ("temperature is not supported and must be omitted", "", "temperature"),
        ("`temperature` and `top_p` cannot both be specified for this model.", "", "top_p"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens", "max_tokens"),
        ("Unrecognized request argument supplied: seed", "", "seed"),
        ("property 'seed' is unsupported", "", "seed"),
        ("[{'loc': ('body', 'top_k'), 'msg': 'Extra inputs are not permitted'}]", "", "top_k"),
        ("top_k: Extra inputs are not permitted", "body.top_k", "top_k"),
        ("Unknown argument 'n'", "", "n"),
        ("'response_format' of type 'json_schema' is not supported with this model.", "response_format", "schema"),
        ("Unsupported value: 'messages[0].role' does not support 'system'.", "messages[0].role", "system"),
        ("System role not supported", "", "system"),
        ("System messages are not supported by this model", "", "system"),
        ("Developer instruction is not enabled for models/x", "", "system"),
        ("Only user and assistant roles are supported!", "", "system"),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "", "system"),
        ("system: Extra inputs are not permitted", "", "system"),
        ('messages: Unexpected role "system".', "", "system"),
        ("messages.0.role: Input should be 'user' or 'assistant'", "", "system"),
    ],
)
def test_a_refusal_names_what_was_sent(message: str, param: str, name: str) -> None:
    assert refused_parameter(message, param, SENT) == name


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("max_tokens is too large: 100000. This model supports at most 16384 completion tokens.", "max_tokens"),
        ("max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens", ""),
        ("Invalid 'temperature': decimal above maximum value. Expected a value <= 2.", "temperature"),
        ("temperature must be in [0, 2]", ""),
        ("top_p: value not supported, must be between 0 and 1", ""),
        ("After the optional system message, conversation roles must alternate user/assistant", ""),
        ("Unsupported parameter: 'logprobs' is not supported with this model.", "logprobs"),
        ("This function is not supported in any season", ""),
        ("The seedling and the temperatures are unsupported", ""),
        ("temperature. " + "The weather is fine today. " * 8 + "Something else is not supported.", ""),
        ("Something went wrong", ""),
        ("messages[0].content: a text was wanted", "messages[0].content"),
    ],
)
def test_other_errors_are_no_refusal(message: str, param: str) -> None:
    assert refused_parameter(message, param, SENT) is None


@pytest.mark.parametrize("message", ["System role not supported", "'temperature' is not supported"])
def test_what_was_not_sent_is_not_refused(message: str) -> None:
    assert refused_parameter(message, "", {"seed": "seed"}) is None
