# SPDX-License-Identifier: Apache-2.0
"""What the reference's functions make of a benchmark's rows and answers, for benchmark_miniatures.py; makes no file by itself.
Each function takes rows whose pictures are Pillow's, and answers; it gives the metrics, and a value per row."""

import contextlib
import io
import random

from lmms_eval_tasks import task_module

Scores = tuple[dict[str, object], list[object]]

SHORT = "\nAnswer the question using a single word or phrase."
UNSURE = "\nWhen the provided information is insufficient, respond with 'Unanswerable'." + SHORT
LETTER = "\nAnswer with the option's letter from the given choices directly."


def prompts(task: str, docs: list[dict]) -> list[str]:
    def ask(module: str, function: str, *args: object) -> list[str]:
        return [getattr(task_module(module), function)(doc, *args) for doc in docs]

    if task == "mmbench_en_dev":
        return ask("mmbench.en_utils", "mmbench_doc_to_text", {"pre_prompt": "", "post_prompt": LETTER})
    if task == "mme":
        return ask("mme.utils", "mme_doc_to_text", {"pre_prompt": "", "post_prompt": SHORT})
    if task == "mmmu_val":
        return ask("mmmu.utils", "mmmu_doc_to_text")
    if task == "ok_vqa_val2014":
        return ask("ok_vqa.utils", "ok_vqa_doc_to_text", {"pre_prompt": "", "post_prompt": UNSURE})
    if task == "textvqa_val":
        return ask("textvqa.utils", "textvqa_doc_to_text", {"pre_prompt": "", "post_prompt": SHORT, "ocr": False})
    if task == "vizwiz_vqa_val":
        return ask("vizwiz_vqa.utils", "vizwiz_vqa_doc_to_text", {"pre_prompt": "", "post_prompt": UNSURE})
    if task == "scienceqa_img":
        return ask("scienceqa.utils", "sqa_doc_to_text", {"format": "default", "pre_prompt": "", "post_prompt": LETTER})
    return ask("seedbench.utils", "seed_doc_to_text")


def visuals(task: str, doc: dict) -> list[object]:
    module, function = {
        "mmbench_en_dev": ("mmbench.en_utils", "mmbench_doc_to_visual"), "mme": ("mme.utils", "mme_doc_to_visual"),
        "mmmu_val": ("mmmu.utils", "mmmu_doc_to_visual"), "ok_vqa_val2014": ("ok_vqa.utils", "ok_vqa_doc_to_visual"),
        "textvqa_val": ("textvqa.utils", "textvqa_doc_to_visual"),
        "vizwiz_vqa_val": ("vizwiz_vqa.utils", "vizwiz_vqa_doc_to_visual"),
        "scienceqa_img": ("scienceqa.utils", "sqa_doc_to_visual"), "seedbench": ("seedbench.utils", "seed_doc_to_visual")}[task]
    return getattr(task_module(module), function)(doc)


def by_group(score: dict[str, float], prefix: str) -> dict[str, float]:
    return {f"{prefix}/{name}": float(value) for name, value in sorted(score.items())}


def mmbench(docs: list[dict], answers: list[str]) -> Scores:
    module = task_module("mmbench.en_utils")
    judge = module.mmbench_evaluator
    results = [module.mmbench_process_results(doc, [said])["gpt_eval_score"] for doc, said in zip(docs, answers)]
    letters = [judge.prefetch_answer(dict(one)) or None for one in results]
    bases = {one["index"] for one in results if one["index"] < 1_000_000}  # rotations without one are not looked at
    metrics: dict[str, object] = {"undecided": sum(letter is None and one["index"] % 1_000_000 in bases
                                                   for letter, one in zip(letters, results))}
    judge.get_chat_response = lambda *_, **__: "Failed to obtain answer via API"  # keyless, without the waiting
    as_published = judge.extract_answer_from_item
    for name, extract in (("strict", lambda _: ("undecided", "")), ("reference", as_published)):
        judge.extract_answer_from_item = extract
        overall, category, broad = judge.eval_result([dict(one) for one in results], eval_method="openai")
        metrics[name] = {"gpt_eval_score": float(overall) * 100, **by_group(category, "category"), **by_group(broad, "l2")}
    judge.extract_answer_from_item = as_published
    return metrics, letters


def mme(docs: list[dict], answers: list[str]) -> Scores:
    module = task_module("mme.utils")
    sums: dict[str, list] = {"mme_percetion_score": [], "mme_cognition_score": []}
    rows = []
    for doc, said in zip(docs, answers):
        ((name, one),) = module.mme_process_results(doc, [said]).items()
        sums[name].append(one)
        rows.append(one["score"])
    return {name: module.mme_aggregate_results(ones) for name, ones in sums.items()}, rows


def mmmu(docs: list[dict], answers: list[str]) -> Scores:
    module = task_module("mmmu.utils")
    random.seed(0)
    results = [module.mmmu_process_results(doc, [said])["mmmu_acc"] for doc, said in zip(docs, answers)]
    judged = [module.evaluate_mmmu([one])[0][one["id"]] == "Correct" for one in results]
    return {"mmmu_acc": module.mmmu_aggregate_results(results)}, judged


def vqa(name: str, module_name: str) -> object:
    def score(docs: list[dict], answers: list[str]) -> Scores:
        process = getattr(task_module(module_name), name)
        rows = [float(process({**doc, "answers": list(doc["answers"])}, [said])["exact_match"]) for doc, said in zip(docs, answers)]
        return {"exact_match": sum(rows) / len(rows)}, rows
    return score


def scienceqa(docs: list[dict], answers: list[str]) -> Scores:
    process = task_module("scienceqa.utils").sqa_process_results
    rows = [process(doc, [said])["exact_match"] for doc, said in zip(docs, answers)]
    return {"exact_match": sum(rows) / len(rows)}, rows


def seed(docs: list[dict], answers: list[str]) -> Scores:
    module = task_module("seedbench.utils")
    parts: dict[str, list] = {"seed_image": [], "seed_video": [], "seed_all": []}
    rows = []
    for doc, said in zip(docs, answers):
        for name, one in module.seed_process_result(doc, [said]).items():
            parts[name].append(one)
        rows.append(parts["seed_all"][-1]["pred"])
    return {name: module.seed_aggregation_result(ones) for name, ones in parts.items()}, rows


SCORES = {"mmbench_en_dev": mmbench, "mme": mme, "mmmu_val": mmmu,
          "ok_vqa_val2014": vqa("ok_vqa_process_results", "ok_vqa.utils"),
          "textvqa_val": vqa("textvqa_process_results", "textvqa.utils"),
          "vizwiz_vqa_val": vqa("vizwiz_vqa_process_results", "vizwiz_vqa.utils"), "scienceqa_img": scienceqa, "seedbench": seed}


def scored(task: str, docs: list[dict], answers: list[str]) -> dict[str, object]:
    with contextlib.redirect_stdout(io.StringIO()):  # the reference prints tables
        metrics, rows = SCORES[task](docs, answers)
    return {"answers": answers, "metrics": metrics, "rows": rows}
