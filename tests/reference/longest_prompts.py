# SPDX-License-Identifier: Apache-2.0
"""tests/golden/benchmarks/longest.json: which questions of the miniature benchmarks lmms-eval asks first. It sorts requests by
(-tokens of the context without special tokens, context); Python's sort is stable. MMBench's run has its dev and test rows.
Run behind benchmark_miniatures.py, whose contexts are taken."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import sentencepiece

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SHARDS = {"mmbench_en_dev": "MMBench/en/dev-*", "mme": "MME/data/test-*", "mmmu_val": "MMMU/data/validation-*",
          "ok_vqa_val2014": "OK-VQA/data/val2014-*", "textvqa_val": "textvqa/data/validation-*",
          "vizwiz_vqa_val": "VizWiz-VQA/data/val-*", "scienceqa_img": "ScienceQA/ScienceQA-IMG/test-*",
          "seedbench": "SEED-Bench/data/test-*"}
tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(GOLDEN / "tokenizers/llama/tokenizer.model"))


def names(task: str) -> list[str]:
    """Each row's name, as lvr-extract has it for the benchmark's folder."""
    root = GOLDEN / "benchmarks/parquet" / SHARDS[task].split("/")[0]
    found = []
    for shard in sorted((GOLDEN / "benchmarks/parquet").glob(SHARDS[task] + ".parquet")):
        stem = str(shard.relative_to(root).with_suffix(""))
        found += [f"{stem}:{row}" for row in range(pq.read_metadata(shard).num_rows)]
    return found


def has_features(task: str, context: str, row: int) -> bool:
    """Whether the paper's evaluation encodes a picture: with two placeholders it fails, without a picture there is none."""
    places = context.count("<image>")
    if task == "mmmu_val":
        return places == 1
    return not (task == "scienceqa_img" and row == 5)


def main() -> None:
    longest = {}
    for task in SHARDS:
        contexts = json.loads((GOLDEN / "benchmarks" / f"{task}.json").read_text())["contexts"]
        rows = names(task)
        assert len(rows) == len(contexts) > 0, task
        requests = [(context, rows[i]) for i, context in enumerate(contexts) if has_features(task, context, i)]
        requests.sort(key=lambda one: (-len(tokenizer.encode(one[0])), one[0]))
        longest[task] = [name for _, name in requests[:15]]
    (GOLDEN / "benchmarks/longest.json").write_text(json.dumps(longest, indent=1) + "\n")


if __name__ == "__main__":
    main()
