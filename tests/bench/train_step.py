# SPDX-License-Identifier: Apache-2.0
"""Training steps of a 100 M-parameter LLaMA on the CPU: lvr against transformers with torch.optim.AdamW, in turn in one run.

    train_step.py [--batch 2] [--length 512] [--threads 2] [--rounds 5] [--program build/tests/train_step]

Forward, backward and the optimizer's step in float32, random weights and tokens, a label at every position; once with all
activations kept and once with blocks computed again. transformers with SDPA and the fused AdamW (the quicker one). Each side is
a process of its own; the best round counts, and the highest memory of the process (VmHWM).
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def highest_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def peer(options: argparse.Namespace) -> None:
    """The other side's process: a step for each line."""
    import torch
    import transformers

    torch.set_num_threads(options.threads)
    config = transformers.LlamaConfig(vocab_size=32000, hidden_size=640, intermediate_size=1728, num_hidden_layers=12, num_attention_heads=10,
                                      num_key_value_heads=10, max_position_embeddings=2048, rms_norm_eps=1e-5, use_cache=False,
                                      attn_implementation="sdpa")
    model = transformers.LlamaForCausalLM(config).train()
    if options.peer == "recomputed":
        model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0, fused=True)
    print("ready", flush=True)
    for _ in sys.stdin:
        ids = torch.randint(0, 32000, (options.batch, options.length))
        start, clock = time.perf_counter(), time.process_time()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        taken, processor = time.perf_counter() - start, time.process_time() - clock
        print(taken, processor, loss.item(), highest_memory(), flush=True)


class Side:
    def __init__(self, command: list, environment: dict):
        self.best, self.processor, self.memory, self.loss = float("inf"), float("inf"), 0, 0.0
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout.readline() == "ready\n"

    def step(self) -> float:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        seconds, processor, self.loss, self.memory = (float(word) for word in self.process.stdout.readline().split())
        self.best = min(self.best, seconds)
        self.processor = min(self.processor, processor)
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program", default=ROOT / "build/tests/train_step")
    parser.add_argument("--ways", nargs="+", default=["kept", "recomputed"])
    parser.add_argument("--peer", help="(what this program starts itself with)")
    options = parser.parse_args()
    if options.peer:
        peer(options)
        return
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    ours_alone = {key: value for key, value in environment.items() if key != "LD_LIBRARY_PATH"}
    size = ["--batch", options.batch, "--length", options.length, "--threads", options.threads]
    for way in options.ways:
        ours = Side([options.program, way, options.batch, options.length, options.threads], ours_alone)
        theirs = Side([sys.executable, __file__, "--peer", way, *size], environment)
        for _ in range(options.rounds):
            print(f"  {ours.step():.3f} s, {theirs.step():.3f} s", file=sys.stderr, flush=True)
        tokens = options.batch * options.length
        print(f"activations {way}: lvr {tokens / ours.best:.1f} tokens/s, {ours.memory / 2**10:.0f} MiB (loss {ours.loss:.3f}); "
              f"transformers {tokens / theirs.best:.1f} tokens/s, {theirs.memory / 2**10:.0f} MiB (loss {theirs.loss:.3f}); "
              f"speed {theirs.best / ours.best:.3f} (by processor time {theirs.processor / ours.processor:.3f}), memory {ours.memory / theirs.memory:.3f}", flush=True)
        for side in (ours, theirs):
            side.process.stdin.close()
            side.process.wait()


if __name__ == "__main__":
    main()
