# SPDX-License-Identifier: Apache-2.0
"""Two trained models answer the eight miniature benchmarks; ranks, batches and threads change nothing; what was answered is scored
again without a model; the scores stand in results.h5."""

import json
import os
import tempfile
from pathlib import Path

import h5py

import eval_world as world

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."), ("one", "two"))
    said = world.evaluate("--out", "eval", "--results", "results.h5")
    for task in world.TASKS:
        logged = world.samples(Path("eval/one", task))
        assert len(logged) >= 18, f"{task}: {len(logged)} samples"
        for line in logged:
            assert line["resps"] == [line["filtered_resps"]] and len(line["arguments"][0]) == 1, line
        answers = world.token_ids(Path("eval/one", task))
        assert len(answers) == len(logged) and max(map(len, answers)) == 6, task
        assert task in said, said
        score = json.loads(Path("eval/one", task, "score.json").read_text())
        assert score["questions"] == len(logged) and score["score"] is not None, score
    # The same encoder under two names makes the same model, which says the same.
    for task in world.TASKS:
        assert world.token_ids(Path("eval/one", task)) == world.token_ids(Path("eval/two", task)), task
    several = [line for line in world.samples(Path("eval/one/mmmu_val")) if line["arguments"][0][0].count("<image>") > 1]
    assert several and all(line["filtered_resps"] == [""] for line in several), "two placeholders: the paper's code fails"
    with h5py.File("results.h5") as results:
        assert len(results["scores/value"]) == 16, results["scores/value"]
        assert set(results["scores/seed"][()]) == {42}
        assert set(results["benchmarks/name"].asstr()[()]) == {
            "mmbench_en", "mme", "mmmu_val", "ok_vqa", "textvqa_val", "vizwiz_vqa_val", "scienceqa_img", "seed_image"}

    ways = [(1, ["--batch", 1, "--threads", 1]), (1, ["--batch", 4, "--threads", 2]), (2, ["--batch", 3]),
            (4, ["--batch", 16, "--ranks-per-model", 2])]
    for number, (ranks, options) in enumerate(ways):
        out = Path(f"way{number}")
        world.evaluate("--out", out, *options, ranks=ranks)
        world.assert_same(out, Path("eval"), f"{ranks} ranks, {options}")

    # Complete already: no model is loaded, the same is printed.
    Path("one/model.safetensors").rename("away")
    again = world.evaluate("--out", "eval", "--results", "results.h5")
    assert "mmbench_en_dev" in again, again
    Path("away").rename("one/model.safetensors")

    # Scored again: by the same rules the same, by others MMBench alone may differ.
    before = Path("results.h5").read_bytes()
    world.program("--rescore", "eval", "--results", "results.h5")
    assert Path("results.h5").read_bytes() == before, "scored again, results.h5 is another"
    text = world.program("--rescore", "eval", "--judge", "reference", "--format", "jsonl")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert len(lines) == 16 and {line["task"] for line in lines} == set(world.TASKS), lines

    # All pictures of a question: more is answered.
    world.evaluate("--out", "all", "--preset", "correct", "--task", "mmmu_val", "--representation", "one")
    seen = [line for line in world.samples(Path("all/one/mmmu_val")) if line["arguments"][0][0].count("<image>") > 1]
    assert len(seen) == len(several) and any(line["filtered_resps"] != [""] for line in seen), seen

    # The same model, the same answers: nothing differs. Other terms in the same folder are refused.
    lines = [json.loads(line) for line in
             world.program("--compare", "eval/one", "eval/two", "--format", "jsonl").splitlines() if line.startswith("{")]
    assert len(lines) == 8 and all(line["difference"] == 0 and line["differing"] == 0 for line in lines), lines
    said = world.evaluate("--out", "eval", "--most-tokens", 7, status=2)
    assert "most_tokens: was 6, is 7 now" in said, said

    # A second seed of one representation stays apart, and lvr-fit gets both.
    world.world.train("--snapshot", "one", "--out", "other_seed", "--seed", 43, "--align-updates", 4, "--finetune-updates", 4)
    world.evaluate("--trained", "trained", "other_seed", "--representation", "one", "--task", "mme", "textvqa_val", "--out", "eval",
                   "--results", "results.h5")
    assert Path("eval/one~seed43/mme/score.json").exists()
    with h5py.File("results.h5") as results:
        assert sorted(set(results["scores/seed"][()])) == [42, 43]
    compared = [json.loads(line) for line in world.program("--compare", "eval/one/textvqa_val", "eval/one~seed43/textvqa_val", "--format", "jsonl")
                .splitlines() if line.startswith("{")]
    assert len(compared) == 1 and compared[0]["units"] > 0 and 0 <= compared[0]["p_value"] <= 1, compared
    said = world.program("--compare", "eval", "eval/two", status=2)
    assert "several models' answers" in said, said

    # A try: MME's pictures with both questions, scored, but not for the results.
    world.evaluate("--out", "try", "--task", "mme", "seedbench", "--limit", 5, "--representation", "one")
    assert len(world.samples(Path("try/one/seedbench"))) == 5
    tried = [line["doc"]["category"] + line["doc"]["question_id"] for line in world.samples(Path("try/one/mme"))]
    assert 5 <= len(tried) <= 10 and all(tried.count(pair) == 2 for pair in tried), tried
    assert "whole benchmarks" in world.program("--rescore", "try", "--results", "tried.h5", status=2)
    assert not Path("tried.d").exists()
    foreign = Path("foreign.jsonl")
    foreign.write_text(Path("try/one/mme/samples.jsonl").read_text())
    assert "neither representation nor seed" in world.program("--rescore", foreign, "--task", "mme", "--results", "tried.h5", status=2)
    rescored = world.program("--rescore", foreign, "--task", "mme", "--format", "jsonl")
    assert json.loads(next(line for line in rescored.splitlines() if line.startswith("{")))["score"] == \
        json.loads(Path("try/one/mme/score.json").read_text())["score"], rescored

    # Caption log-likelihoods, and the A score of v3.
    world.evaluate("--task", "caption_loglik", "--captions", "align.json", "--image-root", "images", "--pairs", 10, "--out", "eval")
    world.evaluate("--task", "caption_loglik", "--captions", "align.json", "--image-root", "images", "--pairs", 10, "--out", "v3",
                   ranks=4)
    world.assert_same(Path("v3/one/caption_loglik"), Path("eval/one/caption_loglik"), "captions on four ranks")
    said = world.program("align", "--definition", "loglik", "--loglik", "eval/one/caption_loglik", "--results", "results.h5",
                         name="lvr-score")
    assert "one" in said, said
    with h5py.File("results.h5") as results:
        assert "loglik" in results["alignment/name"].asstr()[()].tolist()

    # Canned answers in place of the model's: the scores are those of the reference's own functions.
    world.evaluate("--out", "every", "--representation", "one", "--all-questions", "--most-tokens", 1)
    compared = 0
    for task in world.TASKS:
        golden = json.loads((world.MINIATURES.parent / f"{task}.json").read_text())
        asked = world.samples(Path("every/one", task))
        assert [line["arguments"][0][0] for line in asked] == golden["contexts"], task
        for name, canned in golden["scores"].items():
            log = Path(f"canned_{task}_{name}.jsonl")
            log.write_text("".join(json.dumps(line | {"filtered_resps": [answer]}) + "\n"
                                   for line, answer in zip(asked, canned["answers"], strict=True)))
            for judge in ("strict", "reference") if task == "mmbench_en_dev" else ("strict",):
                said = world.program("--rescore", log, "--task", task, "--judge", judge, "--format", "jsonl")
                ours = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
                metrics = canned["metrics"][judge] if task == "mmbench_en_dev" else canned["metrics"]
                theirs = metrics[ours["metric"]] * (1 if ours["unit"] == "points" or task == "mmbench_en_dev" else 100)
                near = 0.051 if task == "mmmu_val" else 1e-9  # MMMU's is rounded to three decimals
                assert abs(ours["score"] - theirs) <= near, f"{task}, {name}: {ours} instead of {theirs}"
                compared += 1
    assert compared == 27, compared
print("eight benchmarks, two models")
