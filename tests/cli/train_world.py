# SPDX-License-Identifier: Apache-2.0
"""What the tests of lvr-train train on: a language model of random weights, pictures of coloured shapes with captions, talks
about them. `make(folder)` writes llm/, images/, align.json and finetune.json; everything is the same each time."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from safetensors_file import read_safetensors, write_safetensors  # noqa: F401 (tests take them from here)

SOURCE = Path(os.environ["LVR_SOURCE_DIR"])
BUILD = Path(os.environ["LVR_BINARY_DIR"])
GOLDEN = SOURCE / "tests/golden"
CLIP = GOLDEN / "llava/llama/clip"
COLOURS = {"red": (220, 30, 30), "green": (20, 160, 40), "blue": (40, 60, 220), "yellow": (240, 220, 40)}
SHAPES = ("circle", "square", "triangle")
CONFIG = dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_act="silu", hidden_size=32, intermediate_size=48,
              num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=2, max_position_embeddings=256, rms_norm_eps=1e-6,
              rope_theta=10000.0, tie_word_embeddings=False, vocab_size=1008, bos_token_id=1, eos_token_id=2)


def make_llm(folder: Path) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    width, mlp, heads = CONFIG["hidden_size"], CONFIG["intermediate_size"], CONFIG["num_attention_heads"]
    keys = width // heads * CONFIG["num_key_value_heads"]
    shapes = {"model.embed_tokens.weight": (CONFIG["vocab_size"], width), "lm_head.weight": (CONFIG["vocab_size"], width)}
    for i in range(CONFIG["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        shapes |= {layer + "self_attn.q_proj.weight": (width, width), layer + "self_attn.k_proj.weight": (keys, width),
                   layer + "self_attn.v_proj.weight": (keys, width), layer + "self_attn.o_proj.weight": (width, width),
                   layer + "mlp.gate_proj.weight": (mlp, width), layer + "mlp.up_proj.weight": (mlp, width),
                   layer + "mlp.down_proj.weight": (width, mlp)}
    tensors = {name: random.normal(size=shape) / shape[1] ** 0.5 for name, shape in shapes.items()}
    for i in range(CONFIG["num_hidden_layers"]):
        tensors[f"model.layers.{i}.input_layernorm.weight"] = np.ones(width)
        tensors[f"model.layers.{i}.post_attention_layernorm.weight"] = np.ones(width)
    tensors["model.norm.weight"] = np.ones(width)
    write_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    for name in ("tokenizer.model", "tokenizer_config.json"):
        shutil.copy(GOLDEN / "tokenizers/llama" / name, folder / name)


def draw(file: Path, shape: str, colour: str, number: int) -> None:
    picture = Image.new("RGB", (48 + number % 5, 44 + number % 3), (250, 250, 245))
    pen = ImageDraw.Draw(picture)
    x, y, r = 14 + 5 * (number % 4), 14 + 4 * (number % 3), 10
    box = (x - r, y - r, x + r, y + r)
    if shape == "circle":
        pen.ellipse(box, fill=COLOURS[colour])
    elif shape == "square":
        pen.rectangle(box, fill=COLOURS[colour])
    else:
        pen.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=COLOURS[colour])
    picture.save(file)


def make(folder: Path, count: int = 60) -> None:
    make_llm(folder / "llm")
    (folder / "images/some").mkdir(parents=True)
    align, finetune = [], []
    for i in range(count):
        colour, shape = list(COLOURS)[i % 4], SHAPES[i % 3]
        name = f"some/{i}.png"
        draw(folder / "images" / name, shape, colour, i)
        caption = f"a {colour} {shape}" + " on white ground" * (i % 2)
        align.append(dict(id=f"a{i}", image=name, conversations=[
            {"from": "human", "value": "Describe it.\n<image>"}, {"from": "gpt", "value": caption}]))
        talk = [{"from": "human", "value": "<image>\nWhich colour is it?"}, {"from": "gpt", "value": colour},
                {"from": "human", "value": "Which shape?"}, {"from": "gpt", "value": f"A {shape}." + " Yes." * (i % 4)}]
        finetune.append(dict(id=f"f{i}", image=name, conversations=talk))
        if i % 3 == 0:
            finetune.append(dict(id=f"t{i}", conversations=[
                {"from": "human", "value": f"What is {i} and {i}?"}, {"from": "gpt", "value": f"It is {2 * i}."}]))
    (folder / "align.json").write_text(json.dumps(align))
    (folder / "finetune.json").write_text(json.dumps(finetune))


def command(*options: object, ranks: int = 1, program: str = "lvr-train", words: tuple = ()) -> list[str]:
    """lvr-train as a user starts it, in a folder that `make` has filled; `options` come last."""
    start = ["mpirun", "-np", str(ranks)] if ranks > 1 else []
    usual = ["--snapshot", CLIP, "--llm", "llm", "--out", "out", "--align-data", "align.json", "--align-images", "images",
             "--finetune-data", "finetune.json", "--finetune-images", "images", "--dtype", "float32", "--device", "cpu",
             "--threads", "1", "--align-batch", "8", "--align-loss-batch", "4", "--finetune-batch", "8",
             "--finetune-loss-batch", "4", "--align-learning-rate", "5e-3", "--finetune-learning-rate", "1e-3",
             "--align-updates", "20", "--finetune-updates", "20", "--align-epochs", "4", "--finetune-epochs", "4",
             "--peak-tflops", "1", "--save-minutes", "0", "--masks", "corrected"]
    given = {option for option in map(str, options) if option.startswith("--")}
    pairs = [(usual[i], str(usual[i + 1])) for i in range(0, len(usual), 2)]
    kept = [word for pair in pairs if pair[0] not in given for word in pair]
    if words and words[0] in ("align", "finetune"):
        other = "--finetune-" if words[0] == "align" else "--align-"
        kept = [word for pair in pairs if pair[0] not in given and not pair[0].startswith(other) for word in pair]
    return [*start, str(BUILD / "bin" / program), *words, *kept, *map(str, options)]


def train(*options: object, ranks: int = 1, status: int = 0, words: tuple = ()) -> str:
    """Runs it. @return stdout and stderr"""
    done = subprocess.run(command(*options, ranks=ranks, words=words), capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == status, f"{options} on {ranks} ranks: status {done.returncode} instead of {status}\n{said}"
    return said


def curve(folder: Path, stage: str) -> list[dict]:
    return [json.loads(line) for line in (folder / stage / "metrics.jsonl").read_text().splitlines()]


def assert_same_curve(ours: Path, reference: Path, what: str, tolerance: float = 1e-5, stages=("align", "finetune")) -> None:
    for stage in stages:
        mine, theirs = curve(ours, stage), curve(reference, stage)
        assert len(mine) == len(theirs) > 0, f"{what}: {stage}: {len(mine)} updates instead of {len(theirs)}"
        for a, b in zip(mine, theirs):
            for key in ("update", "samples", "tokens", "labels", "learning_rate"):
                assert a[key] == b[key], f"{what}: {stage}: {a} instead of {b}"
            assert abs(a["loss"] - b["loss"]) <= tolerance * abs(b["loss"]), f"{what}: {stage}: {a} instead of {b}"


def interrupt(words: list, number: int, is_time) -> int:
    """Starts a program of ours, whose last words are --out FOLDER, and sends it a signal once `is_time()`. @return its exit status"""
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while running.poll() is None and not is_time():
        time.sleep(0.002)
    if running.poll() is None:
        if number == signal.SIGKILL:
            os.killpg(running.pid, signal.SIGKILL)
            program = next(word for word in words if word.startswith(f"{BUILD}/bin/"))
            subprocess.run(["pkill", "-KILL", "-f", f"{program}.*{' '.join(words[-2:])}"], check=False)
        else:
            running.send_signal(number)
    said = running.communicate()[1]
    time.sleep(0.2)
    if number != signal.SIGKILL and running.returncode == 75:
        assert "start the same command again" in said, said
    return running.returncode
