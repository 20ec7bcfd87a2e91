# SPDX-License-Identifier: Apache-2.0
"""lvr-eval --list-ids --longest N: the questions that lmms-eval would ask first, by tests/golden/benchmarks/longest.json."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import eval_world as world

TOKENIZER = world.world.GOLDEN / "tokenizers/llama"


def ids(task: str, *options: object, data: Path = world.MINIATURES) -> list[str]:
    said = world.program("--list-ids", "--task", task, "--data", data, *options)
    return [line for line in said.splitlines() if not line.startswith("[")]


longest = json.loads((world.MINIATURES.parent / "longest.json").read_text())
assert len(longest) == 8
for task, expected in longest.items():
    assert ids(task, "--longest", 15, "--llm", TOKENIZER) == expected, task
    everything = ids(task)
    assert set(expected) <= set(everything) and len(everything) > 15, task
    assert len(ids(task, "--longest", 1000, "--llm", TOKENIZER)) == len(everything), task

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    shutil.copytree(world.MINIATURES / "MMBench", "MMBench")
    # The run that chose the published pictures had MMBench's test rows too, which have no answers.
    for shard in sorted(Path("MMBench/en").glob("dev-*")):
        table = pq.read_table(shard)
        at = table.column_names.index("answer")
        unlabelled = table.set_column(at, "answer", pa.nulls(len(table), pa.string()))
        pq.write_table(unlabelled, shard.with_name(shard.name.replace("dev", "test")))
    merged = ids("mmbench_en_dev", "--longest", 30, "--llm", TOKENIZER, data=Path("."))
    expected = [name for one in longest["mmbench_en_dev"] for name in (one, one.replace("dev", "test"))]
    # Those with the same text stand together: dev before test.
    contexts = {}
    for name in merged:
        contexts.setdefault(name.replace("test", "dev"), []).append(name)
    assert sorted(merged) == sorted(expected), merged
    assert all(pair == [dev, dev.replace("dev", "test")] for dev, pair in contexts.items()), merged
    said = world.program("--list-ids", "--task", "paper", "--data", ".", status=2)
    assert "of one benchmark" in said, said
    said = world.program("--list-ids", "--longest", 5, "--task", "mme", "--data", ".", status=2)
    assert "--llm" in said, said
print("the longest prompts")
