# SPDX-License-Identifier: Apache-2.0
"""Scoring 14,233 answers to SEED-Bench and 5,000 to TextVQA with ten references each: lvr against lmms-eval's Python functions, in
turn in one run on one thread, and whether the scores are the same.

    metrics.py [--rounds 3]        after cmake --build build --target metrics
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/reference"))
from lmms_eval_tasks import task_module  # noqa: E402

TIMES = 3  # of each side in a row, so that both find their data in the caches
WHAT = ("metric", "score", "score and log")
WORDS = "yes no red two the cat nike coca-cola stop budweiser 2010 unanswerable t-shirt john's new york 7:30 pm don't know st. a left".split()


def seed_set(rng: random.Random) -> dict:
    documents = [{"answer": rng.choice("ABCD"), "choice_a": "One", "choice_b": "Two", "choice_c": "Three", "choice_d": "Four", "data_type": "image",
                  "question": "How many towels are in the image?", "question_id": str(i)} for i in range(14233)]
    return {"task": "seedbench", "documents": documents, "answers": [rng.choice(["A", "B", "C", "D", "A.", "B. Two"]) for _ in documents]}


def textvqa_set(rng: random.Random) -> dict:
    def said() -> str:
        return " ".join(rng.choice(WORDS) for _ in range(rng.choice([1, 1, 2, 3])))

    documents = []
    for i in range(5000):
        pool = [said() for _ in range(4)]
        documents.append({"question_id": i, "question": "what brand is this?", "answers": [rng.choice(pool) for _ in range(10)]})
    return {"task": "textvqa_val", "documents": documents, "answers": [rng.choice(one["answers"]).capitalize() + rng.choice(["", "."]) for one in documents]}


def seed_python(data: dict) -> float:
    module = task_module("seedbench.utils")
    metrics: dict[str, list] = {}
    for document, answer in zip(data["documents"], data["answers"]):
        for name, one in module.seed_process_result(document, [answer.strip()]).items():
            metrics.setdefault(name, []).append(one)
    return [module.seed_aggregation_result(ones) for ones in metrics.values()][0]


def textvqa_python(data: dict) -> float:
    process = task_module("textvqa.utils").textvqa_process_results
    values = [process({**document, "answers": list(document["answers"])}, [answer.strip()])["exact_match"]
              for document, answer in zip(data["documents"], data["answers"])]
    return sum(values) / len(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for data, python in ((seed_set(random.Random(1)), seed_python), (textvqa_set(random.Random(2)), textvqa_python)):
        data["images"] = [hashlib.sha256(str(i // 2).encode()).hexdigest()[:16] for i in range(len(data["answers"]))]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(data, file)
            file.flush()
            program = subprocess.Popen([ROOT / "build/tests/metrics", file.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if program.stdout.readline() != "ready\n":
                sys.exit("error: build/tests/metrics does not run. Remedy: cmake --build build --target metrics")
            best: dict[str, float] = {}
            for what in WHAT * options.rounds:
                for _ in range(TIMES):
                    start = time.process_time()
                    expected = python(data)
                    best["python"] = min(best.get("python", 1e9), time.process_time() - start)
                for _ in range(TIMES):
                    print(what, file=program.stdin, flush=True)
                    seconds, value = map(float, program.stdout.readline().split())
                    if abs(value - expected) > 1e-12:
                        sys.exit(f"error: {data['task']}: lvr {value}, Python {expected}")
                    best[what] = min(best.get(what, 1e9), seconds)
            program.stdin.close()
            program.wait()
        print(f"{data['task']}: {len(data['answers'])} answers, score {expected:.4f}: Python {1e3 * best['python']:.2f} ms; "
              + "; ".join(f"lvr {what} {1e3 * best[what]:.2f} ms, ratio {best['python'] / best[what]:.1f}" for what in WHAT))


if __name__ == "__main__":
    main()
