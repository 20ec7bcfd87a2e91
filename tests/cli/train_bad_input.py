# SPDX-License-Identifier: Apache-2.0
"""What lvr-train says of bad samples, files and options, and what it does about them."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import train_world as world

FEW = ["--align-updates", 4, "--finetune-updates", 4]
ALIGN = dict(words=("align",))


def image_talk(name: str, image: object, *values: str, roles: tuple = ("human", "gpt")) -> dict:
    sample = dict(id=name, conversations=[{"from": roles[i % 2], "value": value} for i, value in enumerate(values)])
    return sample if image is None else sample | dict(image=image)


BAD = [
    (image_talk("no-file", "some/not-there.png", "<image>", "a red circle"), "no such file", True),
    (image_talk("cut-off", "cut.png", "<image>", "a red circle"), "damaged PNG", True),
    (image_talk("no-picture", "text.png", "<image>", "a red circle"), "neither JPEG", True),
    (image_talk("roles", "some/1.png", "<image>", "a", roles=("human", "human")), "roles", False),
    (image_talk("silent", "some/1.png", "<image>", " "), "empty answer", False),
    (image_talk("no-image", None, "<image>\nWhat?", "a red circle"), "a placeholder without an image", False),
    (image_talk("long", "some/1.png", "<image>", "word " * 300000), "an absurd length", False),
    (dict(id="nothing", image="some/1.png"), "", False),
]

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    good = json.loads(Path("align.json").read_text())
    whole = Path("images/some/1.png").read_bytes()
    Path("images/cut.png").write_bytes(whole[:len(whole) // 2])
    Path("images/text.png").write_text("this is no picture")

    samples = good[:20] + [bad for bad, _, _ in BAD] + good[20:]
    Path("bad.json").write_text(json.dumps(samples))
    said = world.train("--align-data", "bad.json", "--align-updates", 9, "--align-epochs", 1, status=7, **ALIGN)
    table = Path("out/clip/align/bad_samples.tsv").read_text().splitlines()[1:]
    assert len(table) == len(BAD), (table, said)
    for (bad, what, _), line in zip(BAD, table):
        number, name, why = line.split("\t")
        assert what in why, (what, line)
        assert int(number) == samples.index(bad) + 1, line
    assert "8 samples were left out" in said, said
    summary = json.loads(Path("out/clip/align/summary.json").read_text())
    assert summary["left_out"] == 8 and summary["samples"]["left_out"] == 5, summary
    records = world.curve(Path("out/clip"), "align")
    assert sum(record["bad"] for record in records) == 3, records
    # On other ranks the same samples are missing, from the same updates.
    world.train("--align-data", "bad.json", "--align-updates", 9, "--align-epochs", 1, "--out", "ranks", "--align-micro-batch", 2,
                ranks=2, status=7, **ALIGN)
    world.assert_same_curve(Path("ranks/clip"), Path("out/clip"), "bad samples on two ranks", stages=("align",))

    for bad, what, is_late in BAD:
        Path("one.json").write_text(json.dumps(good[:8] + [bad] + good[8:15]))
        said = world.train("--align-data", "one.json", "--bad-samples", "stop", "--out", "stopped", "--align-updates", 2,
                           status=3, **ALIGN)
        assert what in said and "--bad-samples skip" in said and "one.json" in said, (bad["id"], said)
        assert not Path("stopped/clip/align/summary.json").exists()
    Path("one.json").write_text(json.dumps(good[:8] + [BAD[0][0]] + good[8:15]))
    said = world.train("--align-data", "one.json", "--bad-samples", "stop", "--out", "stopped", "--align-updates", 2,
                       "--align-micro-batch", 2, ranks=2, status=3, **ALIGN)
    assert "no-file" in said, said

    def refused(status: int, text: str, *options: object, **where: object) -> None:
        said = world.train("--out", "refused", *FEW[:2], *options, status=status, **(ALIGN | where))
        assert text in said and "remedy" in said, (text, said)
        left = [str(path) for path in Path("refused").rglob("*") if path.is_file()] if Path("refused").exists() else []
        assert not [path for path in left if not path.endswith((".jsonl",))], left

    Path("object.json").write_text('{"a": 1}')
    refused(3, "object.json", "--align-data", "object.json")
    Path("cut.json").write_text(Path("align.json").read_text()[:-200])
    refused(3, "cut.json", "--align-data", "cut.json")
    refused(3, "gone.json", "--align-data", "gone.json")
    Path("none.json").write_text("[]")
    refused(3, "none.json", "--align-data", "none.json")
    refused(3, "nowhere", "--align-images", "nowhere")
    refused(3, "none-llm", "--llm", "none-llm")
    refused(3, "no-features", "--align-features", "no-features", "--align-images", "")
    refused(2, "--align-loss-batch must divide", "--align-loss-batch", 3)
    refused(2, "--align-micro-batch must divide", "--align-micro-batch", 3)
    refused(2, "micro", "--align-micro-batch", 4, ranks=4)  # two micro-batches for four ranks
    refused(2, "groups of 3", "--ranks-per-model", 3, ranks=4)
    refused(2, "no projector 'mlp'", "--projector", "mlp")
    refused(3, "run lvr-train align first", words=("finetune",))
    # A rate at which numbers overflow: the samples of the update are named.
    said = world.train("--out", "diverged", "--align-learning-rate", "1e30", "--align-updates", 8, status=3, **ALIGN)
    assert "training went wrong: update" in said and "align.json: sample" in said and "finite" in said, said
    assert not Path("diverged/clip/align/summary.json").exists()

    # Features of another tap than the encoder's.
    for tap in (-2, -1):
        subprocess.run([world.BUILD / "bin/lvr-extract", "--snapshot", world.CLIP, "--images", "align.json", "--image-root",
                        "images", "--out", f"tap{tap}", "--tap", str(tap), "--store", "float32"], check=True, capture_output=True)
    refused(2, "of another encoder", "--align-features", "tap-1", "--align-images", "")
    world.train("--out", "tapped", *FEW[:2], "--align-features", "tap-2", "--align-images", "", **ALIGN)

    # A checkpoint that is damaged is told apart from bad samples, and can be removed.
    world.train("--out", "kept", "--align-updates", 6, "--save-updates", 2, "--keep", 0, **ALIGN)
    summary = Path("kept/clip/align/summary.json")
    again = ["--out", "kept", "--align-updates", 6, "--save-updates", 2, "--keep", 0]
    for damage in ("nan", "cut", "state", "name"):
        summary.unlink()
        newest = Path("kept/clip/align/checkpoint-00000006")
        part, state = next(newest.glob("part-*")), newest / "state.json"
        whole_part, whole_state = part.read_bytes(), state.read_text()
        if damage == "nan":
            part.write_bytes(whole_part[:-4] + b"\x00\x00\xc0\x7f")
        elif damage == "cut":
            part.write_bytes(whole_part[:-100])
        else:
            state.write_text("{" if damage == "state" else whole_state.replace('"updates": 6', '"updates": 5', 1))
        said = world.train(*again, status=3, **ALIGN)
        assert "checkpoint-00000006" in said and "remove this checkpoint" in said and ": \n" not in said, (damage, said)
        part.write_bytes(whole_part)
        state.write_text(whole_state)
        world.train(*again, **ALIGN)

    said = world.train("--out", "blocked/file", *FEW[:2], status=4, **ALIGN) if Path("blocked").write_text("x") else ""
    assert "blocked" in said and "remedy" in said, said
print("bad input is told of")
