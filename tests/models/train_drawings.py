# SPDX-License-Identifier: Apache-2.0
"""Stage 1 with pretrained weights: DINOv2-small (112 px) and SmolLM2-135M learn to describe simple drawings. The loss must fall
below that of a projector which was shown other drawings than those described, by more than it varies between batches; and with
the exported projector the model must describe new drawings. Usage: train_drawings.py [UPDATES] (default 160; 7 to 14 minutes on two cores)"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

SOURCE, BUILD = Path(os.environ["LVR_SOURCE_DIR"]), Path(os.environ["LVR_BINARY_DIR"])
MODELS = SOURCE / "build/models"
UPDATES = int(sys.argv[1]) if len(sys.argv) > 1 else 160
BATCH = 4
COLOURS = {"red": (210, 30, 30), "green": (20, 150, 40), "blue": (40, 60, 210), "yellow": (240, 220, 40), "black": (10, 10, 10),
           "purple": (130, 30, 150)}
GROUNDS = {"white": (255, 255, 255), "grey": (150, 150, 150), "pink": (255, 190, 200), "orange": (255, 150, 40)}
SHAPES, PLACES = ("circle", "square", "triangle", "cross"), ("left", "right", "middle")


def draw(file: Path, chance: random.Random) -> dict[str, str]:
    """A picture, and what is on it."""
    colour, ground, shape, place = (chance.choice(list(what)) for what in (COLOURS, GROUNDS, SHAPES, PLACES))
    picture = Image.new("RGB", (112, 112), GROUNDS[ground])
    pen = ImageDraw.Draw(picture)
    r = chance.randint(18, 26)
    x, y = {"left": 30, "right": 82, "middle": 56}[place], chance.randint(40, 72)
    box, fill = (x - r, y - r, x + r, y + r), COLOURS[colour]
    if shape == "circle":
        pen.ellipse(box, fill=fill)
    elif shape == "square":
        pen.rectangle(box, fill=fill)
    elif shape == "triangle":
        pen.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=fill)
    else:
        pen.rectangle((x - r, y - 7, x + r, y + 7), fill=fill)
        pen.rectangle((x - 7, y - r, x + 7, y + r), fill=fill)
    picture.save(file)
    return dict(colour=colour, shape=shape, ground=ground, place=place)


def caption(what: dict[str, str]) -> str:
    return f"A {what['colour']} {what['shape']} on a {what['ground']} background, on the {what['place']}."


def train(data: str, out: str) -> list[float]:
    subprocess.run([BUILD / "bin/lvr-train", "align", "--encoder", "dinov2_112.toml", "--llm", MODELS / "smollm2-135m-instruct",
                    "--align-data", data, "--align-images", ".", "--out", out, "--dtype", "float32", "--device", "cpu",
                    "--keep-activations", "--align-batch", str(BATCH), "--align-loss-batch", str(BATCH), "--align-learning-rate", "1e-3",
                    "--masks", "corrected", "--seed", "1"], check=True)
    lines = (Path(out) / "dinov2_112/align/metrics.jsonl").read_text().splitlines()
    assert len(lines) == UPDATES, len(lines)
    return [json.loads(line)["loss"] for line in lines]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    Path("dinov2_112.toml").write_text(f'id = "dinov2_112"\nfamily = "dinov2"\nsnapshot = "{MODELS}/dinov2-small"\nsize = 112\n')
    chance = random.Random(5)
    captions = [(f"{i}.png", caption(draw(Path(f"{i}.png"), chance))) for i in range(UPDATES * BATCH)]
    names = [name for name, _ in captions]
    shuffled = random.Random(6).sample(names, len(names))
    for file, images in (("true.json", names), ("shuffled.json", shuffled)):
        Path(file).write_text(json.dumps([
            dict(id=name, image=image, conversations=[{"from": "human", "value": "<image>"}, {"from": "gpt", "value": text}])
            for (name, text), image in zip(captions, images)]))
    start = time.time()
    mine, theirs = train("true.json", "true"), train("shuffled.json", "shuffled")
    print(f"{2 * UPDATES} updates of {BATCH} in {time.time() - start:.0f} s")
    # Both saw the same captions in the same order.
    last = UPDATES // 4
    gains = [b - a for a, b in zip(mine[-last:], theirs[-last:])]
    gain, spread = statistics.mean(gains), statistics.stdev(gains)
    print(f"loss over the last {last} updates: {statistics.mean(mine[-last:]):.4f}, with shuffled images "
          f"{statistics.mean(theirs[-last:]):.4f}; gain {gain:.4f}, spread over batches {spread:.4f}")
    assert gain > spread, "the images are not made use of"

    new = random.Random(7)
    truth = {f"new{i}.png": draw(Path(f"new{i}.png"), new) for i in range(12)}
    said = subprocess.run([BUILD / "tests/caption_pictures", MODELS / "smollm2-135m-instruct", "dinov2_112.toml",
                           "true/dinov2_112/align/projector.safetensors", *truth], check=True, capture_output=True, text=True).stdout
    found = {key: 0 for key in ("colour", "shape", "ground", "place")}
    for line in said.splitlines():
        name, text = line.split("\t")
        print(f"{text}   [{caption(truth[name])}]")
        for key in found:
            found[key] += truth[name][key] in text
    print("right of 12:", found)
    # Of 48 words 12 would be right by chance, give or take 3.
    assert len(said.splitlines()) == 12 and sum(found.values()) >= 20, "it does not describe what it sees"
