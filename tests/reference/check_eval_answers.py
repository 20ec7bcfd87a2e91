# SPDX-License-Identifier: Apache-2.0
"""Asks transformers what lvr-eval asked, and compares the answers' token ids.

--model is one of lvr-train's folders with finetune/llava in it, --eval what lvr-eval wrote for it in float32 (OUT/<model>) from the
miniature benchmarks. Contexts are taken from samples.jsonl, pictures from the parquet files; the text around placeholders is tokenised
piece by piece, as LLaVA does it; processor and greedy `generate` are transformers'. Where its two best logits lie within 1e-4 the
comparison of that question ends. Writes no golden file: see --help.
"""

import argparse
import io
import json
import sys
from pathlib import Path

import h5py
import pyarrow.parquet as pq
import torch
import transformers
from PIL import Image

from longest_prompts import GOLDEN, SHARDS, tokenizer

SYSTEM = ("A chat between a curious user and an artificial intelligence assistant. "
          "The assistant gives helpful, detailed, and polite answers to the user's questions. ")
NEAR = 1e-4


def our_ids(folder: Path) -> dict[int, list[int]]:
    answers = {}
    for part in sorted(folder.glob("part-*.h5")):
        with h5py.File(part) as file:
            ids, begin = file["token_id"][()].tolist(), 0
            for row, count in zip(file["row"][()].tolist(), file["token_count"][()].tolist()):
                answers[row] = ids[begin:begin + count]
                begin += count
    return answers


def pictures_of(task: str, column: str) -> list:
    cells = []
    for shard in sorted((GOLDEN / "benchmarks/parquet").glob(SHARDS[task] + ".parquet")):
        cells += pq.read_table(shard, columns=[column])[column].to_pylist()
    return [cell[0] if isinstance(cell, list) else cell for cell in cells]


def column_of(task: str, row: int, document: dict) -> str:
    """MMMU's first placeholder names it; in the options too."""
    if task != "mmmu_val":
        return "image"
    text = document["question"] + document["options"] if document["question_type"] == "multiple-choice" else document["question"]
    return "image_" + text[text.index("<image ") + 7]


def input_ids(prompt: str, image: int, patches: int) -> list[int]:
    """Each piece is a text of its own, of whose BOS the first is kept."""
    ids = [tokenizer.bos_id()]
    for number, piece in enumerate(prompt.split("<image>")):
        ids += [image] * patches * (number > 0) + (tokenizer.encode(piece) if piece else [])
    return ids


def theirs(model, processor, prompt: str, picture, most: int) -> tuple[list[int], int]:
    """@return the ids, and how many of them are beyond doubt"""
    config = model.config.vision_config
    patches = (config.image_size // config.patch_size) ** 2
    asked = {"input_ids": torch.tensor([input_ids(prompt, model.config.image_token_index, patches)])}
    if picture:
        asked["pixel_values"] = processor.image_processor(images=[picture], return_tensors="pt")["pixel_values"]
    out = model.generate(**asked, do_sample=False, max_new_tokens=most, output_logits=True, return_dict_in_generate=True)
    ids = out.sequences[0, asked["input_ids"].shape[1]:].tolist()
    sure = 0
    for logits in out.logits:
        best = logits[0].float().topk(2).values
        if best[0] - best[1] < NEAR:
            break
        sure += 1
    eos = model.generation_config.eos_token_id
    return [one for one in ids if one != eos], min(sure, len(ids))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--eval", type=Path)
    parser.add_argument("--most", type=int, default=6, help="lvr-eval's --most-tokens")
    arguments = parser.parse_args()
    if not arguments.model or not arguments.eval:
        parser.print_help()
        return 0
    folder = arguments.model / "finetune/llava"
    model = transformers.LlavaForConditionalGeneration.from_pretrained(folder)
    processor = transformers.LlavaProcessor.from_pretrained(folder, backend="pil")
    asked = same = near = 0
    for task in SHARDS:
        ours, columns = our_ids(arguments.eval / task), {}
        for line in (arguments.eval / task / "samples.jsonl").read_text().splitlines():
            sample = json.loads(line)
            context, row, cell = sample["arguments"][0][0], sample["doc_id"], None
            if context.count("<image>") > 1:
                assert ours[row] == [], f"{task}: row {row} has two pictures and an answer"
                continue
            if task != "mmmu_val" or "<image>" in context:
                column = column_of(task, row, sample["doc"])
                columns.setdefault(column, pictures_of(task, column))
                cell = columns[column][row]
            picture = Image.open(io.BytesIO(cell["bytes"])).convert("RGB") if cell else None
            message = context if picture is None or "<image>" in context else "<image>\n" + context
            ids, sure = theirs(model, processor, f"{SYSTEM}USER: {message} ASSISTANT:", picture, arguments.most)
            asked += 1
            near += sure < len(ids)
            if ours[row][:sure] == ids[:sure] and (sure < len(ids) or len(ours[row]) == len(ids)):
                same += 1
            else:
                print(f"FAILED: {task} row {row}: ours {ours[row]}, transformers' {ids}, of which {sure} beyond doubt")
    print(f"{same} of {asked} questions have the same ids; {near} comparisons ended early")
    return 0 if asked > 100 and same == asked and near <= 0.02 * asked else 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
