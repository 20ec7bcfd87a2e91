# SPDX-License-Identifier: Apache-2.0
"""Loads exported folders with transformers (4.46 and 5.17 were tried) and compares its logits with ours.

For the tiny LLaVAs of tests/golden/llava_export: a picture file through LlavaProcessor, alone and in a padded batch beside a
text without one; and the language model's own folder through AutoModelForCausalLM. Writes no golden file: see --help.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

TESTS = Path(__file__).resolve().parents[1]
PICTURE = TESTS / "golden" / "images" / "jpeg_444.jpg"
MOST = 1e-5  # |ours - theirs| / |theirs|
TEXTS = ["A chat. USER: <image>\nwhat colour is the small circle? ASSISTANT:", "USER: three words, please. ASSISTANT: red"]


def run_probe(probe: str, *arguments: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    subprocess.run([probe, *arguments], check=True, env=environment)


def ours(arguments: argparse.Namespace, name: str, work: Path, ids: list[int], image: int) -> torch.Tensor:
    """@param ids as transformers takes them: an image token for each of an image's tokens"""
    short, picture = [], "-"
    for at, one in enumerate(ids):
        if one != image:
            short.append(one)
        elif ids[at - 1] != image:
            short.append(-200)
            picture = str(PICTURE)
    save_file({"ids": torch.tensor(short)}, work / "ids.safetensors")
    run_probe(arguments.probe, "logits", name, str(work), str(work / "ids.safetensors"), picture, str(work / "out.safetensors"))
    return load_file(work / "out.safetensors")["logits"]


def compare(what: str, found: torch.Tensor, wanted: torch.Tensor) -> bool:
    error = ((found - wanted).norm() / wanted.norm()).item() if found.shape == wanted.shape else float("nan")
    good = error <= MOST
    print(f"{'ok' if good else 'FAILED'}: {what}: {tuple(found.shape)}, relative error {error:.2g}")
    return good


def check_llava(arguments: argparse.Namespace, name: str, work: Path) -> bool:
    model, loaded = transformers.LlavaForConditionalGeneration.from_pretrained(work / "llava", output_loading_info=True)
    good = not any(loaded[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    print(f"{'ok' if good else 'FAILED'}: {name}: every tensor of the folder is taken, and none is missing")
    if transformers.__version__ >= "5":
        processor = transformers.LlavaProcessor.from_pretrained(work / "llava", backend="pil")
    else:
        processor = transformers.LlavaProcessor.from_pretrained(work / "llava")
    image = model.config.image_token_index
    if processor.tokenizer.convert_tokens_to_ids("<image>") != image:
        print(f"FAILED: {name}: the tokenizer's <image> is not the model's {image}")
        good = False
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.unk_token
    processor.tokenizer.padding_side = "right"
    vocabulary = len(processor.tokenizer) - 1
    with torch.no_grad():
        alone = processor(images=[Image.open(PICTURE)], text=[TEXTS[0]], return_tensors="pt")
        logits = model(**alone).logits[0]
        good &= compare(f"{name}, a picture", logits[:, :vocabulary], ours(arguments, name, work, alone["input_ids"][0].tolist(), image)[:, :vocabulary])
        batch = processor(images=[Image.open(PICTURE)], text=TEXTS, padding=True, return_tensors="pt")
        together = model(**batch).logits
        for row, ids in enumerate(batch["input_ids"]):
            length = int(batch["attention_mask"][row].sum())
            wanted = ours(arguments, name, work, ids[:length].tolist(), image)
            good &= compare(f"{name}, row {row} of a batch", together[row, :length, :vocabulary], wanted[:, :vocabulary])
    if logits.shape[1] == 576 and logits.argmax(1).max() >= vocabulary:
        print(f"FAILED: {name}: a row that the export added has the largest logit")
        good = False
    answer = model.generate(**alone, do_sample=False, max_new_tokens=4)
    print(f"ok: {name}: answers {processor.tokenizer.decode(answer[0, alone['input_ids'].shape[1]:])!r}")
    return good


def check_tokenizer(name: str, work: Path) -> bool:
    """In both folders a text has the same ids."""
    llava, llm = (transformers.AutoTokenizer.from_pretrained(work / folder) for folder in ("llava", "llm"))
    texts = [*TEXTS[1:], " two  spaces", "caf\u00e9 \u6771\u4eac 2048", "a\nb</s>c", "", "</s>x"]
    different = [text for text in texts if llava(text)["input_ids"] != llm(text)["input_ids"]]
    print(f"{'FAILED' if different else 'ok'}: {name}: ids of {len(texts)} texts {different or ''}")
    return not different


def check_llm(arguments: argparse.Namespace, name: str, work: Path) -> bool:
    """Its config.json is the one that training began with: of 5.17, so that 4 does not find the rotations' base."""
    if transformers.__version__ < "5":
        return True
    model = transformers.AutoModelForCausalLM.from_pretrained(work / "llm")
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / "llm")
    ids = tokenizer(TEXTS[1], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return compare(f"{name}, the language model alone", model(ids).logits[0], ours(arguments, name, work, ids[0].tolist(), -1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--probe", help="the program build/tests/llava_probe")
    parser.add_argument("--work", type=Path, help="an empty folder")
    arguments = parser.parse_args()
    if not arguments.probe or not arguments.work:
        parser.print_help()
        return 0
    good = True
    for name in ("llama", "qwen2"):
        work = arguments.work / name
        work.mkdir()
        run_probe(arguments.probe, "export", name, str(work))
        good &= check_llava(arguments, name, work)
        good &= check_tokenizer(name, work)
        good &= check_llm(arguments, name, work)
    return 0 if good else 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
