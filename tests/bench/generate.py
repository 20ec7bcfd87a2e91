# SPDX-License-Identifier: Apache-2.0
"""Greedy generation: lvr against transformers' generate (SDPA, its cache), in turn in one run.

    generate.py [--shapes tiny 100m] [--batches 1 4 16] [--prompt 64] [--new 64] [--threads 2] [--rounds 5]
    generate.py --device cuda --dtype bfloat16 --shapes 7b --batches 16 --prompt 600 --new 128 --rounds 3

Random weights and prompts of equal length, no id that ends an answer. Each side is a process of its own; medians over the rounds of
the time for NEW ids (all), for the first alone (prefill), and of the difference (decode). On a GPU also how near decode comes to what
the memory allows: the weights and half the cache read once a step at the rate of a copy.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHAPES = {"tiny": (60, 32, 40, 2, 4, 2), "100m": (32000, 640, 1728, 12, 10, 10), "7b": (32000, 4096, 11008, 32, 32, 32)}


def peer(options: argparse.Namespace) -> None:
    """The other side's process: so many new ids for each line."""
    import torch
    import transformers

    torch.set_num_threads(options.threads)
    vocabulary, width, mlp, layers, heads, kv_heads = SHAPES[options.peer]
    config = transformers.LlamaConfig(vocab_size=vocabulary, hidden_size=width, intermediate_size=mlp, num_hidden_layers=layers,
                                      num_attention_heads=heads, num_key_value_heads=kv_heads, max_position_embeddings=4096,
                                      rms_norm_eps=1e-5, attn_implementation="sdpa", eos_token_id=None, bos_token_id=None)
    torch.set_default_dtype(getattr(torch, options.dtype))
    with torch.device(options.device):
        model = transformers.LlamaForCausalLM(config).eval()
    model.generation_config.eos_token_id = model.generation_config.bos_token_id = None
    model.generation_config.pad_token_id = 0
    batch = options.batches[0]
    print("ready", flush=True)
    for line in sys.stdin:
        ids = torch.randint(0, vocabulary, (batch, options.prompt), device=options.device)
        mask, most = torch.ones_like(ids), int(line)
        start, clock = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            found = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=most).cpu()
        taken, processor = time.perf_counter() - start, time.process_time() - clock
        assert found.shape == (batch, options.prompt + most)
        print(taken, processor, flush=True)


class Side:
    def __init__(self, command: list, environment: dict):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout.readline() == "ready\n"
        self.prefill, self.whole, self.processor = [], [], []

    def ask(self, new: int) -> tuple[float, float]:
        self.process.stdin.write(f"{new}\n")
        self.process.stdin.flush()
        seconds, processor = self.process.stdout.readline().split()
        return float(seconds), float(processor)

    def round(self, new: int) -> None:
        self.prefill.append(self.ask(1)[0])
        seconds, processor = self.ask(new)
        self.whole.append(seconds)
        self.processor.append(processor)

    def rates(self, batch: int, prompt: int, new: int) -> tuple[float, float, float]:
        """New tokens a second, prompt tokens a second, and new tokens a second without the prompt."""
        prefill, whole = statistics.median(self.prefill), statistics.median(self.whole)
        return batch * new / whole, batch * prompt / prefill, batch * (new - 1) / (whole - prefill)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def bound(shape: str, batch: int, options: argparse.Namespace, copied: float) -> float:
    """New tokens a second if a step only reads what it must at the rate of a copy."""
    vocabulary, width, mlp, layers, heads, kv_heads = SHAPES[shape]
    head = width // heads
    weights = layers * (width * (heads + 2 * kv_heads) * head + heads * head * width + 3 * width * mlp) + vocabulary * width
    cache = layers * 2 * kv_heads * head * batch * (options.prompt + options.new / 2)
    return batch * copied / ((weights + cache) * (2 if options.dtype == "bfloat16" else 4))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shapes", nargs="+", default=["tiny", "100m"], choices=SHAPES)
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--program", default=ROOT / "build/tests/generate")
    parser.add_argument("--peer", help="(what this program starts itself with)")
    options = parser.parse_args()
    if options.peer:
        peer(options)
        return
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    ours_alone = {key: value for key, value in environment.items() if key != "LD_LIBRARY_PATH"}
    for shape in options.shapes:
        for batch in options.batches:
            ours = Side([options.program, shape, batch, options.prompt, options.threads, options.device, options.dtype], ours_alone)
            theirs = Side([sys.executable, __file__, "--peer", shape, "--batches", batch, "--prompt", options.prompt, "--threads",
                           options.threads, "--device", options.device, "--dtype", options.dtype], environment)
            for side in (ours, theirs):
                side.ask(4)  # the first is slower
            for _ in range(options.rounds):
                ours.round(options.new)
                theirs.round(options.new)
            mine, other = (side.rates(batch, options.prompt, options.new) for side in (ours, theirs))
            parts = [f"{name} {a:.0f} and {b:.0f} tokens/s: {a / b:.2f}" for name, a, b in zip(("all", "prefill", "decode"), mine, other)]
            work = statistics.median(theirs.processor) / statistics.median(ours.processor)
            print(f"{shape}, batch {batch}: " + "; ".join(parts) + f"; by processor time {work:.2f}", flush=True)
            if options.device != "cpu":
                most = bound(shape, batch, options, ours.ask(0)[0])
                print(f"  the memory allows {most:.0f} tokens/s: lvr {mine[2] / most:.0%}, transformers {other[2] / most:.0%}", flush=True)
            ours.close()
            theirs.close()


if __name__ == "__main__":
    main()
