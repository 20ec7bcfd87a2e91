# SPDX-License-Identifier: Apache-2.0
"""A sample of SmolLM2-135M-Instruct's logits, by transformers, for the test `nn_models_test`.

Needs build/models (scripts/setup.sh --models). Writes tests/golden/real_smollm2.safetensors:
  ids, mask [2, L]   a question in the model's own form and a text, padded on the right
  tokens [256]       which of the vocabulary are sampled
  logits [2, L, 256] of these, fp32
  whole [2, L]       logsumexp over the whole vocabulary
and as metadata the SHA-256 of model.safetensors.
"""

import hashlib
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "build/models/smollm2-135m-instruct"
TEXTS = ["<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n",
         "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch"]
SAMPLED = 256


@torch.no_grad()
def main() -> None:
    if not MODEL.is_dir():
        sys.exit("error: build/models is not there. Remedy: run scripts/setup.sh --models first.")
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    batch = tokenizer(TEXTS, return_tensors="pt", padding=True, padding_side="right")
    answer = model.generate(batch["input_ids"][:1, : batch["attention_mask"][0].sum()], max_new_tokens=12, do_sample=False)
    print(tokenizer.decode(answer[0]))
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    tokens = torch.randperm(logits.shape[2], generator=torch.Generator().manual_seed(7))[:SAMPLED].sort().values
    results = dict(ids=batch["input_ids"], mask=batch["attention_mask"], tokens=tokens, logits=logits[:, :, tokens].contiguous(),
                   whole=logits.logsumexp(2))
    digest = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    target = ROOT / "tests/golden/real_smollm2.safetensors"
    save_file(results, target, metadata={"model_sha256": digest})
    target.chmod(0o644)


if __name__ == "__main__":
    main()
