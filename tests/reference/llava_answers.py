# SPDX-License-Identifier: Apache-2.0
"""What transformers' generate answers greedily, one prompt at a time, with the tiny LLaVAs of tests/golden/llava: 200 prompts with
none, one or two pictures. Writes tests/golden/llava_answers.json:

  most, stops   ids of an answer at most; ids that end it and are left out
  answers       for each: model, ids (-200 where a picture goes), pictures (which of the model's four), answer (ids), and `until`: how
                many of its ids are to be compared, where behind them the two best logits lie within 1e-4 of each other; else null
"""

import json

import torch
import transformers
from llava_export import load_llava
from llava_generate import pixels
from llava_tiny import GOLDEN, IMAGE_TOKEN, TOKENS, VOCABULARY

EACH, MOST, STOPS, MARGIN = 100, 24, [2, 11, 23, 41], 1e-4


@torch.no_grad()
def answer(model, ids: list[int], pictures: torch.Tensor) -> dict:
    expanded = sum(([IMAGE_TOKEN] * TOKENS if one == -200 else [one] for one in ids), [])
    batch = dict(input_ids=torch.tensor([expanded]))
    if len(pictures):
        batch["pixel_values"] = pictures
    given = model.generate(**batch, attention_mask=torch.ones_like(batch["input_ids"]), do_sample=False, max_new_tokens=MOST,
                           eos_token_id=STOPS, pad_token_id=0, return_dict_in_generate=True, output_logits=True)
    until = None
    for step, logits in enumerate(given.logits):
        best = logits[0].topk(2).values
        if until is None and best[0] - best[1] <= MARGIN:
            until = step
    found = given.sequences[0, len(expanded):].tolist()
    return dict(answer=found[:-1] if found[-1] in STOPS else found, until=until)


def main() -> None:
    torch.set_num_threads(1)
    cases = []
    for name, kind, seed in (("llama", "Llama", 41), ("qwen2", "Qwen2", 42)):
        folder = GOLDEN / name
        model = load_llava(folder / "clip", getattr(transformers, kind + "ForCausalLM").from_pretrained(folder / "llm"),
                           folder / "projector.safetensors", IMAGE_TOKEN).eval()
        images, draw = pixels(folder), torch.Generator().manual_seed(seed)
        number = lambda least, below: torch.randint(least, below, (), generator=draw).item()
        enough = len(cases) + EACH
        while len(cases) < enough:
            ids = torch.randint(3, IMAGE_TOKEN, (number(2, 30),), generator=draw).tolist()
            pictures = torch.randint(0, len(images), (number(0, 4) % 3,), generator=draw).tolist()
            for _ in pictures:
                ids.insert(number(0, min(len(ids), 4)), -200)
            found = answer(model, ids, images[pictures])
            if IMAGE_TOKEN not in found["answer"]:  # transformers would look for its picture
                cases.append(dict(model=name, ids=ids, pictures=pictures, **found))
    close = sum(one["until"] is not None for one in cases)
    assert len(cases) == 2 * EACH and close < 0.02 * len(cases), close
    rows = ",\n".join(json.dumps(one) for one in cases)
    (GOLDEN.parent / "llava_answers.json").write_text(f'{{"most": {MOST}, "stops": {STOPS}, "answers": [\n{rows}\n]}}\n')
    lengths = [len(one["answer"]) for one in cases]
    print("stopped:", sum(length < MOST for length in lengths), "different:", len({tuple(one["answer"]) for one in cases}), "close:", close,
          "different ids in an answer:", sum(len(set(one["answer"])) for one in cases) / sum(lengths))


if __name__ == "__main__":
    main()
