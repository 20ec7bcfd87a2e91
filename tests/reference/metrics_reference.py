# SPDX-License-Identifier: Apache-2.0
"""Random nasty texts and what lmms-eval 0.1.2's functions (and Python's own) make of them, as cases of the families of
tests/golden/metric_cases.json. Without arguments it writes tests/golden/metrics_reference.json, by family; `--cases FILE --count N
--seed S` writes N of each family in the form that `lvr-eval --metric-cases` reads."""

import argparse
import ast
import copy
import json
import math
import os
import random
import unicodedata

from lmms_eval_tasks import task_module

WORDS = """a an the none zero one two three ten cat dog yes no Yes NO not sure unknown answer is so thus therefore final result could be
the answer is option choice i choose my answer is arent dont couldn'tve shouldve somebody'd 'ows'at yall'd've its it's cat's
Unanswerable teh US u.s. t-shirt don't Failed to obtain answer via API nan inf -inf Infinity 1,234 12,345,678 1,2345 1e5 -3.5E-7 2.5e+10
1_000 1__0 0x1f 5. .5 -.5 2.675 0.125 1.005 1e400 -1e-400 123456789012345678901234567890 3.14159 12.5, 7% 24/7 $6 50% 1.2.3 007 ½ ² Ⅳ
١٢٣ ٣.٥ ５ 1,٢٣٤ e5 5e 1e+ -- --5 5-3 5e5e5 1,234.5,678 ,5 12:30 ΑΣ ΑΣ. Σ ΟΔΟΣ'Σ İstanbul ßtrasse ǆungla ﬁsh ŉ ΐ Ⓐ ａ é 日本 e\u0301 \u200d
😀 𝐀 1\ufe0f ＡＢ""".split()
LETTERS = """A B C D E F a b A. B, C: D) E). (A) (B). (C :D :A, :B. :C) :D). A/B **B** "A" 'C' A- AB DNA USA (D] B! A; C? B.' D)' α Α""".split()
JOINTS = [" ", " ", " ", " ", "", ",", ". ", ".", "\n", "\t", "  ", " is ", "'", "'s", "-", " - ", "?", "\u00a0", "\u3000", "\x1c", "\x85", "=", " = ", "; ", "_",
          "(", ") ", "[", "/", ".\n", "\r", " and "]


class Texts:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, pool: list[str], most: int) -> str:
        text = ""
        for _ in range(self.random.randint(0, most)):
            text += self.random.choice(pool) + self.random.choice(JOINTS)
        return text[:-1] if self.random.random() < 0.6 else text

    def text(self, most: int = 5) -> str:
        kind = self.random.random()
        if kind < 0.05:
            return "".join(self.random.choice(".,;/[]\"{}()=+\\_-><@`?! '&:") for _ in range(self.random.randint(0, 50)))
        if kind < 0.10:
            letters = (chr(self.random.choice([self.random.randint(1, 0x2ff), self.random.randint(0x300, 0xd7ff), self.random.randint(0xe000, 0x1ffff)]))
                       for _ in range(self.random.randint(1, 8)))
            return "".join(one for one in letters if unicodedata.category(one) != "Cn")  # what later Unicodes may give a meaning
        return self.some(WORDS, most)

    def choice_text(self, most: int = 4) -> str:
        return self.some(LETTERS if self.random.random() < 0.5 else LETTERS + WORDS, most)

    def options(self, least: int = 1) -> list[str]:
        return [self.some(["cat", "dog", "Cow", "fox", "nan", "red", "5", "", "no", "A", "ΑΣ"], 2) for _ in range(self.random.randint(least, 6))]


def written(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, list):
        return [written(one) for one in value]
    return {key: written(one) for key, one in value.items()} if isinstance(value, dict) else value


def as_listed(values: list) -> list:
    return written(sorted(values, key=lambda one: (isinstance(one, str), str(one))))


def literal(texts: Texts) -> str:
    pick = texts.random.choice
    inside = ["a", "b c", "\\n", "\\t", "\\\\", "\\'", '\\"', "\\x41", "\\u00e9", "\\U0001F600", "\\101", "\\q", "\\8", "é", "<image 1>", "$\\\\frac{1}{2}$", "#", ",", "]", "\\\n", "\\0"]

    def one() -> str:
        quote = pick(["'", '"', "'", '"', "'''", '"""'])
        return pick(["", "", "", "", "r", "u"]) + quote + "".join(pick(inside) for _ in range(texts.random.randint(0, 4))) + quote

    items = [one() + (pick(["", " "]) + one() if texts.random.random() < 0.15 else "") for _ in range(texts.random.randint(0, 4))]
    text = pick(["[", "[ ", " [", "[\n"]) + pick([", ", ",", " , ", ",\n"]).join(items) + pick(["", "", ",", " "]) + pick(["]", "]", "] ", "]\n", "] # c"])
    return text if texts.random.random() < 0.9 else text.replace(pick(["'", '"', "]", ","]), "", 1)


def python_literal(text: str) -> dict:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return {"error": "SyntaxError"}
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return {"error": "SyntaxError"}
    return {"list": value}


def python_float(text: str) -> dict:
    try:
        return {"value": written(float(text))}
    except ValueError:
        return {"value": None}


def vqa_case(texts: Texts) -> tuple[dict, dict]:
    module = task_module("ok_vqa.utils")
    pool = [texts.text(2) for _ in range(3)] + ["yes", "Yes.", "the yes"]
    answers = [texts.random.choice(pool) for _ in range(texts.random.choice([10, 10, 10, 0, 1, 2, 3, 5, 7, 13]))]
    given = {"prediction": texts.random.choice(pool), "answers": answers}
    result = module.ok_vqa_process_results({"question_id": "1", "answers": list(answers)}, [given["prediction"]])
    return given, {"exact_match": float(result["exact_match"]), "normalized_prediction": result["submission"]["answer"]}


def mmmu_choice(texts: Texts) -> tuple[dict, dict]:
    module = task_module("mmmu.utils")
    given = {"response": texts.choice_text(7).strip(), "options": texts.options(), "python_random_seed": texts.random.randint(0, 5)}
    index, letters = module.get_multi_choice_info(given["options"])
    random.seed(given["python_random_seed"])
    before = random.getstate()
    choice = module.parse_multi_choice_response(given["response"], letters, index)
    return given, {"pred": choice, "used_random": random.getstate() != before}


def mmmu_open(texts: Texts) -> tuple[dict, dict]:
    module = task_module("mmmu.utils")
    given = {"gold": texts.random.choice([texts.text(1), texts.text(2), "5", "cat", "", "1,234", [texts.text(1), "7"]]), "response": texts.text(6).strip()}
    return given, {"correct": module.eval_open(given["gold"], module.parse_open_response(given["response"]))}


def mmmu_samples(texts: Texts) -> tuple[dict, dict]:
    module = task_module("mmmu.utils")
    subjects = [one for domain in module.DOMAIN_CAT2SUB_CAT.values() for one in domain] + ["Other"]
    samples = []
    for i in range(texts.random.randint(1, 12)):
        kind = texts.random.choice(["multiple-choice", "open"])
        options = [one for one in texts.options()]
        doc = {"id": f"validation_{texts.random.choice(subjects[:6] + subjects[-2:])}_{i}", "question_type": kind,
               "answer": texts.random.choice("ABC") if kind != "open" else texts.text(1), "options": repr(options)}
        samples.append({"doc": doc, "response": texts.choice_text(3).strip() if kind != "open" else texts.text(3).strip()})
    printed: dict = {}
    module.print = lambda table: printed.update(table)
    random.seed(0)
    results = [module.mmmu_process_results(one["doc"], [one["response"]])["mmmu_acc"] for one in samples]
    overall = module.mmmu_aggregate_results(results)
    parsed = [as_listed(one["parsed_pred"]) if isinstance(one["parsed_pred"], list) else one["parsed_pred"] for one in results]
    return {"samples": samples, "python_random_seed": 0}, {"Overall.acc": overall, "printable": printed, "parsed_preds": parsed}


def mme_results(texts: Texts) -> tuple[dict, dict]:
    module = task_module("mme.utils")
    raw = []
    for category in texts.random.sample(["existence", "count", "OCR", "code_reasoning"], texts.random.randint(1, 4)):
        for i in range(texts.random.randint(1, 5)):
            raw += [{"question_id": f"{i}", "category": category, "score": float(texts.random.randint(0, 1))} for _ in range(2)]
    texts.random.shuffle(raw)
    if texts.random.random() < 0.1:
        raw.pop()
    try:
        return {"raw": raw}, {"total": module.mme_aggregate_results(raw)}
    except AssertionError:
        return {"raw": raw}, {"error": "AssertionError"}


def mmbench_groups(texts: Texts) -> tuple[dict, dict]:
    judge = task_module("mmbench.mmbench_evals").MMBench_Evaluator()
    rows = []
    for base in texts.random.sample(range(1, 50), texts.random.randint(1, 6)):
        count = texts.random.randint(1, 4)
        for turn in range(count):
            right = texts.random.choice("ABCD")
            said = right if texts.random.random() < 0.6 else texts.random.choice(["zzz", "banana", texts.choice_text(3)])
            rows.append({"index": base + 1000000 * turn, "prediction": said, "answer": right, "category": f"c{base % 3}", "L2-category": f"L{base % 2}",
                         "question": "Q?", **{letter: texts.random.choice(["cat", "Dog", "no", "nan", None, ""]) for letter in "ABCD"}})
    texts.random.shuffle(rows)
    if texts.random.random() < 0.3:
        rows.append({**rows[0], "index": 7000099})
    asked = []
    judge.get_chat_response = lambda *_, **__: asked.append(5) or "Failed to obtain answer via API"
    judge.print = None
    hits = {}
    evaluate = judge.eval_sub_data

    def counted(sub: object, truth: object) -> int:
        hit = evaluate(sub, truth)
        hits[str(int(sub["index"].iloc[0]) % 1000000)] = hit
        return hit

    judge.eval_sub_data = counted
    overall, category, broad = judge.eval_result(copy.deepcopy(rows), "openai")
    expected = {"overall_x100": float(overall) * 100, "category": {k: float(v) for k, v in category.items()},
                "l2_category": {k: float(v) for k, v in broad.items()}, "hit_per_question": hits, "api_attempts": sum(asked)}
    return {"rows": rows, "python_random_seed": 2680}, expected


def mmbench_text(texts: Texts, both: bool) -> tuple[dict, dict]:
    judge = task_module("mmbench.mmbench_evals").MMBench_Evaluator()
    choices = dict(zip("ABCD", texts.options(2)))
    given = {"text": texts.choice_text(5) if both else texts.some(["cat", "dog", "Cow", "nan", "red", "none", "banana", "ΑΣ", "ας"], 3), "choices": choices}
    option = (judge.can_infer if both else judge.can_infer_text)(given["text"], dict(choices))
    return given, {"option": option or None}


def seed_answer(texts: Texts) -> tuple[dict, dict]:
    given = {"prediction": texts.choice_text(2), "answer": texts.random.choice("ABCD"), "data_type": texts.random.choice(["image", "video"])}
    result = task_module("seedbench.utils").seed_process_result({**given, "question_id": "1"}, [given["prediction"]])
    ((name, one), _) = result.items()
    return given, {"metric_key": name, "pred": one["pred"], "correct": one["pred"] == one["answer"]}


def science_qa(texts: Texts) -> tuple[dict, dict]:
    process = task_module("scienceqa.utils").sqa_process_results
    count = texts.random.randint(2, 5)
    given = {"prediction": texts.choice_text(2), "answer_index": texts.random.randint(0, count - 1), "num_choices": count}
    doc = {"choices": ["x"] * count, "answer": given["answer_index"]}
    return given, {"exact_match_raw": process(doc, [given["prediction"]])["exact_match"],
                   "exact_match_after_harness_strip": process(doc, [given["prediction"].strip()])["exact_match"]}


def of_text(text: str, name: str, value: object) -> tuple[dict, dict]:
    return {"text": text}, {name: value}


def families() -> dict[str, tuple[str, object]]:
    mmmu, evaluator = task_module("mmmu.utils"), task_module("mmbench.mmbench_evals").MMBench_Evaluator()
    vqa = task_module("_task_utils.vqa_eval_metric").EvalAIAnswerProcessor()

    def number(texts: Texts) -> str:
        return texts.some([word for word in WORDS if any(c.isnumeric() for c in word) or "inf" in word.lower()], 1)

    def rounded(texts: Texts) -> tuple[dict, dict]:
        value = texts.random.choice([texts.random.uniform(-10, 10), texts.random.randint(-9999, 9999) / 1000, texts.random.randint(0, 900) / 900,
                                     texts.random.randint(0, 99) / 8, 10.0 ** texts.random.randint(-9, 25) * texts.random.random()])
        digits = texts.random.choice([2, 3])
        return {"value": value, "digits": digits}, {"value": round(value, digits)}

    return {
        "vqa_normalize": ("EvalAIAnswerProcessor", lambda t: (lambda x: of_text(x, "normalized", vqa(x)))(t.text(6))),
        "vqa_accuracy": ("ok_vqa_process_results", vqa_case),
        "py_capitalize": ("str.capitalize", lambda t: (lambda x: of_text(x, "result", x.capitalize()))(t.text())),
        "py_lower": ("str.lower", lambda t: (lambda x: of_text(x, "result", x.lower()))(t.text())),
        "py_float": ("float", lambda t: (lambda x: ({"text": x}, python_float(x)))(number(t))),
        "py_round": ("round", rounded),
        "py_literal_list": ("ast.literal_eval", lambda t: (lambda x: ({"text": x}, python_literal(x)))(literal(t))),
        "mmmu_parse_mc": ("parse_multi_choice_response", mmmu_choice),
        "mmmu_extract_numbers": ("extract_numbers", lambda t: (lambda x: of_text(x, "numbers", mmmu.extract_numbers(x)))(t.text())),
        "mmmu_normalize_str": ("normalize_str", lambda t: (lambda x: of_text(x, "normalized", written(mmmu.normalize_str(x))))(t.text(2))),
        "mmmu_parse_open": ("parse_open_response", lambda t: (lambda x: ({"response": x}, {"pred_list_sorted": as_listed(mmmu.parse_open_response(x))}))(t.text(6))),
        "mmmu_eval_open": ("eval_open", mmmu_open),
        "mmmu_aggregate": ("mmmu_aggregate_results", mmmu_samples),
        "mme_parse": ("parse_pred_ans", lambda t: (lambda x: of_text(x, "label", task_module("mme.utils").parse_pred_ans(x)))(t.text(3))),
        "mme_aggregate": ("mme_aggregate_results", mme_results),
        "seed": ("seed_process_result", seed_answer),
        "scienceqa": ("sqa_process_results", science_qa),
        "mmbench_option": ("can_infer_option", lambda t: (lambda x: of_text(x, "option", evaluator.can_infer_option(x) or None))(t.choice_text())),
        "mmbench_text": ("can_infer_text", lambda t: mmbench_text(t, False)),
        "mmbench_infer": ("can_infer", lambda t: mmbench_text(t, True)),
        "mmbench_eval": ("eval_result", mmbench_groups),
    }


COUNTS = {"mmmu_aggregate": 8, "mmbench_eval": 6, "mme_aggregate": 6, "vqa_accuracy": 40, "mmmu_parse_mc": 150, "vqa_normalize": 250, "mmmu_parse_open": 170,
          "mmmu_extract_numbers": 170, "py_literal_list": 200, "py_float": 200}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    made = {}
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # the reference prints tables
    for family, (name, make) in families().items():
        texts = Texts(f"{options.seed} {family}")
        count = options.count if options.cases else COUNTS.get(family, 100)
        made[family] = {"fn": name, "cases": [make(texts) for _ in range(count)]}
    if options.cases:
        cases = [{"id": f"{family}/{i}", "family": family, "fn": part["fn"], "input": given, "expected": expected}
                 for family, part in made.items() for i, (given, expected) in enumerate(part["cases"])]
        with open(options.cases, "w") as out:
            json.dump({"cases": cases}, out)
        return
    with open("tests/golden/metrics_reference.json", "w") as out:
        parts = []
        for family, part in made.items():
            lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in part["cases"])
            parts.append(f'"{family}":{{"fn":"{part["fn"]}","cases":[\n{lines}]}}')
        out.write("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    main()
