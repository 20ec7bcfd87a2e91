# SPDX-License-Identifier: Apache-2.0
"""tests/golden/adamw_steps.json: 20 updates of a small network by torch.optim.AdamW with the cosine schedule of transformers,
in float32. A batch of 8 samples per update; the loss is their mean."""

import json
from pathlib import Path

import torch
from transformers import get_cosine_schedule_with_warmup

UPDATES, BATCH, INPUTS, HIDDEN, OUTPUTS = 20, 8, 5, 7, 3
CASES = {
    "plain": {"weight_decay": 0.0, "most_norm": 0.0},
    "decay": {"weight_decay": 0.1, "most_norm": 0.0},
    "clipped": {"weight_decay": 0.0, "most_norm": 0.05},
}


def main() -> None:
    torch.manual_seed(3)
    torch.set_num_threads(1)
    start = {"first.weight": torch.randn(HIDDEN, INPUTS), "first.bias": torch.randn(HIDDEN),
             "second.weight": torch.randn(OUTPUTS, HIDDEN) / 3, "second.bias": torch.zeros(OUTPUTS),
             "unused.weight": torch.randn(4)}
    inputs = torch.randn(UPDATES, BATCH, INPUTS)
    targets = torch.randn(UPDATES, BATCH, OUTPUTS)
    result = {"start": {name: value.tolist() for name, value in start.items()}, "inputs": inputs.tolist(),
              "targets": targets.tolist(), "peak": 0.02, "warmup_share": 0.1, "cases": {}}
    for name, case in CASES.items():
        weights = {key: value.clone().requires_grad_(True) for key, value in start.items()}
        optimizer = torch.optim.AdamW(weights.values(), lr=0.02, betas=(0.9, 0.999), eps=1e-8,
                                      weight_decay=case["weight_decay"])
        schedule = get_cosine_schedule_with_warmup(optimizer, 2, UPDATES)
        losses, rates, norms = [], [], []
        for x, y in zip(inputs, targets):
            hidden = torch.nn.functional.gelu(x @ weights["first.weight"].T + weights["first.bias"])
            output = hidden @ weights["second.weight"].T + weights["second.bias"]
            loss = (output - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            weights["unused.weight"].grad = torch.zeros(4)  # as one that took part with no effect
            norms.append(torch.nn.utils.clip_grad_norm_(weights.values(), case["most_norm"] or float("inf")).item())
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        result["cases"][name] = case | {"losses": losses, "rates": rates, "norms": norms,
                                        "end": {key: value.detach().tolist() for key, value in weights.items()}}
    Path("tests/golden/adamw_steps.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
