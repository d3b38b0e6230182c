"""Any text is split into thinking and answer as a reader that goes through it letter by letter does."""

from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.thinking import split_thinking, with_thinking
from tests.fuzz.profile import examples

_PIECES = [
    "<think>",
    "</think>",
    "`</think>`",
    "'<think>'",
    '"</think>"',
    "<think",
    "think>",
    "</",
    " ",
    "\n",
    "a",
    "`",
]
texts = st.one_of(
    st.lists(st.sampled_from([*_PIECES, "\x00", "é"]), max_size=8).map("".join),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=8).map("".join),
)


def slowly(text: str) -> tuple[str, str]:
    start = 0
    while start < len(text) and text[start].isspace():
        start += 1
    if text[start : start + 7] == "<think>":
        at = start + 7
        while at < len(text) and text[at : at + 8] != "</think>":
            at += 1
        return text[start + 7 : at].strip(), text[at + 8 :].lstrip()
    for at in range(len(text)):
        if text[at : at + 7] == "<think>":
            break
        if text[at : at + 8] == "</think>" and not {text[at - 1 : at], text[at + 8 : at + 9]} & set("`'\""):
            return text[:at].strip(), text[at + 8 :].lstrip()
    return "", text


@examples(150)
@given(text=texts)
def test_any_text_is_split_as_the_slow_reader_does(text: str) -> None:
    assert split_thinking(text) == slowly(text)


@examples(300)
@given(thinking=st.text(), answer=st.text())
def test_what_is_put_together_comes_apart_again(thinking: str, answer: str) -> None:
    thinking, answer = thinking.strip().replace("</think>", ""), answer.lstrip()
    if thinking:
        assert split_thinking(with_thinking(thinking, answer)) == (thinking.strip(), answer)


@examples(300)
@given(text=texts)
def test_an_answer_keeps_every_letter_of_the_text_but_the_tags(text: str) -> None:
    thinking, answer = split_thinking(text)
    assert text.endswith(answer)
    assert thinking in text
    assert len(text) - len(answer) - len(thinking) <= len("<think></think>") + sum(map(str.isspace, text))
