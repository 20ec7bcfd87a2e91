# SPDX-License-Identifier: Apache-2.0
"""What lvr-eval says of data, models and options that are missing, damaged or of something else."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import eval_world as world


def refused(*options: object, status: int, says: tuple) -> None:
    said = world.evaluate(*options, status=status)
    for text in says:
        assert text in said, f"{options}: '{text}' is not in\n{said}"
    assert "remedy:" in said, said


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    refused("--task", "mee", status=2, says=("mee", "mme"))
    refused("--trained", "nowhere", status=3, says=("nowhere",))
    refused("--representation", "three", status=3, says=("three", "one"))
    refused("--data", "nowhere", "--task", "mme", status=3, says=("nowhere/MME",))
    refused("--task", "caption_loglik", status=2, says=("--captions",))
    refused("--results", "results.csv", "--task", "mme", status=2, says=("results.csv",))
    refused("--out", "/proc/nothing", "--task", "mme", status=4, says=("/proc/nothing",))

    # A folder of another benchmark lacks its columns.
    refused("--task-data", f"mme={world.MINIATURES}/ScienceQA/ScienceQA-IMG", "--task", "mme", status=3, says=("category",))

    # A row group whose text is damaged stops it, by the file's name.
    shutil.copytree(world.MINIATURES, "data")
    shard = Path("data/OK-VQA/data/val2014-00000-of-00001.parquet")
    whole = shard.read_bytes()
    shard.write_bytes(whole[:4] + bytes(len(whole) // 3) + whole[4 + len(whole) // 3:])
    refused("--data", "data", "--task", "ok_vqa_val2014", status=3, says=(shard.name,))
    shard.write_bytes(whole[:len(whole) // 2])
    refused("--data", "data", "--task", "ok_vqa_val2014", status=3, says=(shard.name,))
    shard.write_bytes(whole)

    # A picture that does not decode: named, counted, and no score is kept unless that is asked for.
    lists = world.world.GOLDEN / "benchmarks/jsonl/MME"
    shutil.copytree(lists, "MME")
    first = json.loads(Path("MME/questions.jsonl").read_text().splitlines()[0])["image"]
    victim = Path("MME", first)
    victim.write_bytes(b"no picture at all")
    options = ["--task-data", "mme=MME/questions.jsonl", "--task", "mme", "--results", "results.h5"]
    said = world.evaluate(*options, "--out", "bad", status=7)
    listed = Path("bad/one/mme/bad_rows.tsv").read_text().splitlines()
    assert len(listed) >= 2 and listed[1].startswith("0\t"), listed
    assert "no score of mme is kept" in said and not Path("results.h5").exists(), said
    unread = [line for line in world.samples(Path("bad/one/mme")) if line["problem"]]
    assert len(unread) == len(listed) - 1 and all(line["filtered_resps"] == [""] for line in unread), unread
    said = world.evaluate(*options, "--out", "bad", "--bad-rows", "empty")
    assert Path("results.h5").exists(), said
    score = json.loads(Path("bad/one/mme/score.json").read_text())
    assert score["unread"] == len(unread), score
    victim.unlink()
    said = world.evaluate(*options, "--out", "gone", status=7)
    assert "0\t" in Path("gone/one/mme/bad_rows.tsv").read_text(), said
    victim.write_bytes(b"no picture at all")

    # A damaged part, a damaged log, a summary that says nothing.
    part = sorted(Path("bad/one/mme").glob("part-*.h5"))[0]
    kept_part = part.read_bytes()
    part.write_bytes(kept_part[:len(kept_part) // 2])
    refused(*options, "--out", "bad", status=3, says=(part.name,))
    part.write_bytes(kept_part)
    log = Path("bad/one/mme/samples.jsonl")
    text = log.read_text()
    log.write_text(text + text.splitlines()[0] + "\n")
    said = world.program("--rescore", "bad", status=3)
    assert "samples.jsonl" in said and "doc_id 0 twice" in said, said
    log.write_text('{"doc_id": 0}\n')
    assert "line 1: has no doc" in world.program("--rescore", "bad", status=3)
    assert "there is no samples.jsonl" in world.program("--rescore", "trained", status=3)
    assert "nothing says which benchmark" in world.program("--rescore", log.rename("foreign.jsonl"), status=2)
    summary = Path("trained/one/finetune/summary.json")
    kept = summary.read_text()
    summary.write_text("{}")
    refused("--task", "mme", "--out", "other", status=3, says=("summary.json",))
    summary.write_text(kept)

    # Weights of another training, an encoder of another model.
    weights = Path("one/model.safetensors")
    whole_weights, tensors = weights.read_bytes(), world.world.read_safetensors(weights)
    name = next(name for name in tensors if name.endswith("patch_embedding.weight"))
    world.world.write_safetensors(weights, tensors | {name: tensors[name] * 2})
    refused("--task", "mme", "--out", "other", status=2, says=("another encoder", "weights_sha256"))
    said = world.evaluate("--task", "mme", "--out", "other", ranks=3, status=2)
    assert "another encoder" in said and not list(Path("other").rglob("part-*.h5")), said
    weights.write_bytes(whole_weights)

    # A model that overflows: no score, whatever is asked.
    broken = Path("overflows/one/finetune/model/model.safetensors")
    shutil.copytree("trained", "overflows")
    tensors = world.world.read_safetensors(broken)
    name = next(name for name in tensors if name.endswith("mlp.down_proj.weight"))
    world.world.write_safetensors(broken, tensors | {name: tensors[name] * 0 + 3e38})
    said = world.evaluate("--trained", "overflows", "--task", "textvqa_val", "--out", "numbers", "--bad-rows", "empty",
                          "--results", "numbers.h5", status=7)
    assert "logits are not numbers" in said and not Path("numbers.h5").exists(), said
    score = json.loads(Path("numbers/one/textvqa_val/score.json").read_text())
    assert score["score"] is None and score["metrics"] is None and score["unread"] == 24, score

    # A part of another model's folder.
    part.write_bytes(Path("gone/one/mme", part.name).read_bytes())
    refused(*options, "--out", "bad", status=3, says=(part.name, "made for another folder"))
    part.write_bytes(kept_part)

    # Another end of answers in the same folder, and the same picture list with other pictures.
    config = Path("trained/one/finetune/model/config.json")
    kept = config.read_text()
    config.write_text(kept.replace('"eos_token_id": 2', '"eos_token_id": 7'))
    refused(*options, "--out", "bad", status=2, says=("llm_files_sha256", "stops"))
    config.write_text(kept)

    # A row group whose pictures are damaged: its questions alone, also where a question may have none.
    shard = Path("data/ScienceQA/ScienceQA-IMG/test-00000-of-00001.parquet")
    whole = shard.read_bytes()
    at = whole.index(b"\x89PNG")
    shard.write_bytes(whole[:at] + bytes(8) + whole[at + 8:])
    said = world.evaluate("--data", "data", "--task", "scienceqa_img", "--out", "groups", status=7)
    assert Path("groups/one/scienceqa_img/bad_rows.tsv").exists(), said
    assert json.loads(Path("groups/one/scienceqa_img/score.json").read_text())["score"] is None
    cases = Path("cases.json")
    cases.write_text('{"cases": [{"id": "a", "family": "no such", "input": {}, "expected": {"x": 1}}]}')
    assert "0 passed, 1 failed" in world.program("--metric-cases", cases, status=1)
    print("all refused")
