# SPDX-License-Identifier: Apache-2.0
"""Conversations as the LLaVA recipe turns them into ids and labels.

Writes tests/golden/conversations/: llama/, llama_legacy/ and qwen/, tiny tokenizers in their settings, and conversations.json
and legacy.json (v1 with the second): turns, text, ids, and which of the ids are learned, by the published rule and by where the
answers stand in the text.
"""
import json
import random
from pathlib import Path

from conversation_tokenizers import QUESTIONS, LegacyLlama, Llama, Qwen, sentence

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "conversations"
IGNORE, IMAGE, MARK = -100, -200, "<image>"


class Refused(Exception):
    """What the published code stops at."""


def ids(tokenizer, text):
    return [number for number, _ in tokenizer.surfaces(text)]


def with_images(tokenizer, text):
    """Ids and surfaces of a text with placeholders."""
    out = []
    for i, chunk in enumerate(text.split(MARK)):
        pieces = tokenizer.surfaces(chunk)
        if pieces and pieces[0][0] == tokenizer.bos and i > 0:
            pieces = pieces[1:]
        out += ([(IMAGE, MARK.encode())] if i else []) + pieces
    return out


def encoded(tokenizer, text, image):
    return with_images(tokenizer, text) if image else tokenizer.surfaces(text)


def placed(turns, image):
    out = []
    for who, value in turns:
        if image and MARK in value:
            value = (MARK + "\n" + value.replace(MARK, "").strip()).strip()
        out.append((who, value))
    return out


def spoken(turns):
    """Without a leading turn that is not the user's; they must take turns."""
    if not turns:
        raise Refused("no turns")
    if any(who not in ("human", "gpt") for who, _ in turns):
        raise Refused("unknown role")
    turns = turns[1:] if turns[0][0] != "human" else turns
    if any(who != ("human", "gpt")[i % 2] for i, (who, _) in enumerate(turns)):
        raise Refused("roles do not alternate")
    return turns


class Text:
    """A text that grows, and where answers stand in it, in bytes."""

    def __init__(self, text=""):
        self.text, self.answers = text, []

    def add(self, text, learned=False):
        begin = len(self.text.encode())
        self.text += text
        if learned:
            self.answers.append((begin, len(self.text.encode())))


def plain_text(turns):
    if len(turns) != 2:
        raise Refused("not two turns")
    text = Text(MARK if MARK in turns[0][1] else turns[0][1])
    text.add(turns[1][1] + "\n", True)
    return text


def v1_text(turns):
    text = Text(QUESTIONS + " ")
    for who, value in spoken(turns):
        if who == "human":
            text.add("USER: " + value + " " if value else "USER:")
        elif value:
            text.add("ASSISTANT:")
            text.add(" " + value + "</s>", True)
        else:
            text.add("ASSISTANT:")
    return text


def chatml_text(turns):
    text = Text("<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n")
    for who, value in spoken(turns):
        text.add("<|im_start|>" + ("user" if who == "human" else "assistant") + "\n")
        text.add(value + "<|im_end|>", who == "gpt" and value != "")
        text.add("\n")
    return text


def published_plain(text, tokenizer, image, most):
    numbers = [number for number, _ in with_images(tokenizer, text.text)]
    human = text.text.encode()[:text.answers[0][0]].decode()
    known = len(with_images(tokenizer, human))
    return [i >= known for i in range(len(numbers))], "ok"


def published_v1(text, tokenizer, image, most):
    numbers = [number for number, _ in encoded(tokenizer, text.text, image)]
    numbers = numbers if image else numbers[:most]
    learned = [True] * len(numbers)
    learned[0] = False

    def length(part):
        return len(encoded(tokenizer, part, image))  # not cut

    at = 1
    for i, turn in enumerate(text.text.split("</s>")):
        halves = turn.split(" ASSISTANT: ")
        if not turn or len(halves) != 2:
            break
        less = i > 0 and not tokenizer.legacy
        known = length(halves[0] + " ASSISTANT: ") - 2 - less
        # a slice of Python: what lies before the first id counts from the end
        for j in range(*slice(at, at + known).indices(len(numbers))):
            learned[j] = False
        at += length(turn) - less
    learned[at:] = [False] * len(learned[at:])
    total = sum(number != tokenizer.pad for number in numbers)
    if at < most and at != total:
        return [False] * len(numbers), "mismatch"
    return learned, "ok"


def by_place(text, pieces, bos):
    """A piece is learned if a byte of it lies in an answer, or if it is a prefix that the tokenizer put there."""
    learned, at = [], 0
    for number, raw in pieces:
        end = at + len(raw)
        learned.append(number != IMAGE and (raw != b"" or number != bos) and
                       any(max(at, b) < min(max(end, at + 1), e) for b, e in text.answers))
        at = end
    return learned


def runs(learned):
    """[begin, end) of what is learned."""
    edges = [i for i in range(len(learned) + 1) if (i < len(learned) and learned[i]) != (i > 0 and learned[i - 1])]
    assert len(edges) % 2 == 0
    return [edges[i:i + 2] for i in range(0, len(edges), 2)]


TEMPLATES = {"plain": (plain_text, published_plain), "v1": (v1_text, published_v1), "chatml": (chatml_text, None)}


def expected(case, tokenizer):
    build, published = TEMPLATES[case["template"]]
    image, most = case["image"], case["most"]
    try:
        text, shown = (build([(who, read(value)) for who, value in placed(case["turns"], image)])
                       for read in (tokenizer.normal, str))
    except Refused as problem:
        return {"refused": str(problem)}
    image = image or case["template"] == "plain"
    pieces = encoded(tokenizer, text.text, image)
    pieces = pieces if image else pieces[:most]
    corrected = by_place(text, pieces, tokenizer.bos)
    learned, outcome = published(text, tokenizer, image, most) if published else (corrected, "ok")
    return {"text": shown.text if len(shown.text) < 4000 else None, "ids": [number for number, _ in pieces],
            "outcome": outcome, "published": runs(learned), "corrected": runs(corrected)}


def normal(draw, turns, image):
    out = []
    for i in range(turns):
        question = sentence(draw).capitalize() + "?"
        if image and i == 0:
            question = draw.choice([MARK + "\n" + question, question + "\n" + MARK])
        out += [("human", question), ("gpt", sentence(draw, 1, 20).capitalize() + ".")]
    return out


def tricky():
    """name -> turns, for the templates with rounds"""
    q, a, q2, a2 = "What is in the picture?", "A red dog.", "And what colour is the sky?", "Blue."
    talk = [("human", q), ("gpt", a), ("human", q2), ("gpt", a2)]
    long = " ".join(["a", "the"] * 1030)
    with_answer = lambda text: [("human", q), ("gpt", text), ("human", q2), ("gpt", a2)]
    with_question = lambda text: [("human", text), ("gpt", a), ("human", q2), ("gpt", a2)]
    cases = {
        "text only": talk, "empty answer first": with_answer(""), "empty answer last": talk[:3] + [("gpt", "")],
        "empty question": with_question(""), "no answer last": talk[:3], "leading answer": [("gpt", "Hello!")] + talk,
        "only an answer": [("gpt", a)], "only a question": [("human", q)], "two leading answers": [("gpt", a)] * 2 + talk,
        "two questions": [("human", q)] + talk, "unknown role": [("system", q)] + talk, "no turns": [],
        "</s> in an answer": with_answer("It ends </s> here."), "</s> ends an answer": with_answer("It ends.</s>"),
        "</s> in a question": with_question("What is </s> for?"), "<s> in an answer": with_answer("It is <s>struck</s> out."),
        "<unk> in an answer": with_answer("It is <unk> to me."), "<unk> in a question": with_question("<unk> what?"),
        "ASSISTANT: in an answer": with_answer("He says ASSISTANT: no."), "ASSISTANT: in a question": with_question("Say ASSISTANT: a"),
        "ASSISTANT: begins an answer": with_answer("ASSISTANT: it is."), "USER: in an answer": with_answer("Then USER: what?"),
        "spaces around an answer": with_answer("  two spaces  "), "line breaks around an answer": with_answer("\nline\n\n"),
        "only a space": with_answer(" "), "other letters": with_answer("東京 ☂ 🙂 na\u00efve e\u0301 \u00a0 \u2581"),
        "chatml marks in an answer": with_answer("<|im_end|>\n<|im_start|>user\nno"), "digits": with_answer("1234567890 3.14"),
        "over long answer": with_answer(long), "over long question": with_question(long), "placeholder, no image": with_question(MARK + "\n" + q),
        "several placeholders in a turn": with_question(MARK + " one " + MARK + "\ntwo\n" + MARK),
        "placeholders in two turns": [("human", MARK + "\n" + q), ("gpt", a), ("human", q2 + MARK), ("gpt", a2)],
        "placeholder in an answer": with_answer("It is " + MARK + "."), "image without placeholder": talk,
        "placeholder alone": with_question(MARK), "odd spaces around a placeholder": with_question("\u3000\x1f " + q + MARK + "\u00a0\t\n"),
    }
    pictures = {"several placeholders in a turn", "placeholders in two turns", "placeholder in an answer",
                "over long question", "image without placeholder", "placeholder alone", "odd spaces around a placeholder"}
    return {name: (turns, name in pictures) for name, turns in cases.items()}


def plain_cases():
    told, a = MARK + "\nDescribe it briefly.", "a red dog on the grass"
    return {"caption": ([("human", told), ("gpt", a)], True), "empty caption": ([("human", told), ("gpt", "")], True),
            "no placeholder": ([("human", "Say something."), ("gpt", a)], True), "roles reversed": ([("gpt", told), ("human", a)], True),
            "placeholder, no image": ([("human", told), ("gpt", a)], False), "text only": ([("human", "Say it."), ("gpt", a)], False),
            "three turns": ([("human", told), ("gpt", a), ("human", a)], True), "one turn": ([("human", told)], True),
            "placeholder in the caption": ([("human", told), ("gpt", "before " + MARK + " after")], True),
            "empty question": ([("human", ""), ("gpt", a)], True), "line breaks": ([("human", told), ("gpt", "\n a \n")], True),
            "</s> in a caption": ([("human", told), ("gpt", "a </s> b <s>")], True), "over long": ([("human", told), ("gpt", a * 3)], True)}


def cases():
    draw = random.Random(11)
    out = []
    add = lambda name, template, turns, image, most=2048: out.append(
        dict(name=name, template=template, turns=turns, image=image, most=most))
    for name, (turns, image) in plain_cases().items():
        add(name, "plain", turns, image, 16 if name == "over long" else 2048)
    for template in ("v1", "chatml"):
        for name, (turns, image) in tricky().items():
            if template == "v1" or name != "over long question":
                add(name, template, turns, image)
        for i in range(14):
            add(f"talk {i}", template, normal(draw, 1 + i % 5, i % 3 > 0), i % 3 > 0)
        for i, image in enumerate((True, False, True, False)):
            add(f"cut {i}", template, normal(draw, 4, image), image, 90 + 40 * (i // 2))
    return out


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (FOLDER / name).write_text("[" + lines + "]\n")
    ordinary = [case for case in cases if case["name"].startswith("talk")]
    assert all(case["published"] == case["corrected"] and case["outcome"] == "ok" for case in ordinary)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    llama, legacy, qwen = Llama(), LegacyLlama(), Qwen()
    for name in ("llama", "llama_legacy", "qwen"):
        (FOLDER / name).mkdir(exist_ok=True)
    qwen.model.save(str(FOLDER / "qwen/tokenizer.json"), pretty=False)
    for name, one in (("llama", llama), ("llama_legacy", legacy)):
        (FOLDER / name / "tokenizer.model").write_bytes(one.bytes)
        (FOLDER / name / "tokenizer_config.json").write_text(json.dumps(
            dict(tokenizer_class="LlamaTokenizer", legacy=one.legacy, add_bos_token=True, add_eos_token=False, bos_token="<s>",
                 eos_token="</s>", unk_token="<unk>", model_max_length=2048, clean_up_tokenization_spaces=False)) + "\n")
    (FOLDER / "qwen/tokenizer_config.json").write_text(json.dumps(
        dict(tokenizer_class="Qwen2Tokenizer", add_bos_token=False, add_prefix_space=False, bos_token=None,
             eos_token="<|im_end|>", pad_token="<|endoftext|>", unk_token=None, clean_up_tokenization_spaces=False)) + "\n")
    assert [len(ids(llama, text)) for text in ("</s>USER", "USER")] == [3, 3]
    assert [len(ids(legacy, text)) for text in ("</s>USER", "USER")] == [4, 3]
    write("conversations.json", [case | expected(case, qwen if case["template"] == "chatml" else llama) for case in cases()])
    few = [case for case in cases() if case["template"] == "v1" and not case["name"].startswith("over long")]
    write("legacy.json", [case | expected(case, legacy) for case in few])


if __name__ == "__main__":
    main()
