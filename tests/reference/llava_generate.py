# SPDX-License-Identifier: Apache-2.0
"""What transformers answers greedily with the tiny LLaVAs of tests/golden/llava:
tests/golden/llava_export/<name>/generated.json.

A list of {"ids", "image", "stop", "most", "answer"}: the prompt with -200 for its image, which of the pictures (-1 = none),
the id that ends the answer and is left out, the most ids, and the ids of the answer.
"""

import json

import torch
import transformers
from llava_export import load_llava
from llava_tiny import GOLDEN, IMAGE_TOKEN, TOKENS, VOCABULARY
from safetensors.torch import load_file

MOST, MARGIN = 16, 1e-3


def pixels(folder) -> torch.Tensor:
    processor = json.loads((folder / "clip" / "preprocessor_config.json").read_text())
    mean, std = (torch.tensor(processor[key]).view(3, 1, 1) for key in ("image_mean", "image_std"))
    return (load_file(folder / "expected.safetensors")["images"].permute(0, 3, 1, 2) / 255 - mean) / std


def answer(model, ids: list[int], picture: torch.Tensor | None, stop: int) -> list[int] | None:
    """None where the choice between two ids is too close to ask for."""
    expanded = [[IMAGE_TOKEN] * TOKENS if one == -200 else [one] for one in ids]
    batch = dict(input_ids=torch.tensor([sum(expanded, [])]))
    if picture is not None:
        batch["pixel_values"] = picture[None]
    given = model.generate(**batch, attention_mask=torch.ones_like(batch["input_ids"]), do_sample=False, max_new_tokens=MOST, eos_token_id=stop,
                           pad_token_id=0, return_dict_in_generate=True, output_scores=True)
    for scores in given.scores:
        best = scores[0].topk(2).values
        if best[0] - best[1] < MARGIN:
            return None
    found = given.sequences[0, batch["input_ids"].shape[1]:].tolist()
    return found[:-1] if found[-1] == stop else found


def write(name: str, kind: str, seed: int) -> None:
    folder = GOLDEN / name
    model = load_llava(folder / "clip", getattr(transformers, kind + "ForCausalLM").from_pretrained(folder / "llm"), folder / "projector.safetensors",
                       IMAGE_TOKEN).eval()
    images, draw, cases = pixels(folder), torch.Generator().manual_seed(seed), []
    while len(cases) < 8:
        ids = torch.randint(3, VOCABULARY - 1, (5 + len(cases),), generator=draw).tolist()
        image = len(cases) % 5 - 1  # the first and the sixth have none
        if image >= 0:
            ids[1] = -200
        picture = images[image] if image >= 0 else None
        whole = answer(model, ids, picture, 2)
        if not whole or IMAGE_TOKEN in whole:
            continue
        stop = whole[len(whole) // 2] if len(cases) % 2 else 2
        found = answer(model, ids, picture, stop)
        cases.append(dict(ids=ids, image=image, stop=stop, most=MOST, answer=found))
    rows = ",\n".join(json.dumps(one) for one in cases)
    (GOLDEN.parent / "llava_export" / name / "generated.json").write_text("[\n" + rows + "\n]\n")
    print(name, [len(one["answer"]) for one in cases])


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("llama", "Llama", 31)
    write("qwen2", "Qwen2", 32)
