# SPDX-License-Identifier: Apache-2.0
"""A score of one image from tokens in memory: lvr against PyTorch doing what the paper's script does, and against the bare product.

    a_score.py [--tokens 256 576] [--channels 4096] [--threads 1] [--rounds 15] [--precision float64] [--without-torch]

The paper's way: both token matrices normalised, the cosine of all pairs by F.cosine_similarity on [n, 1, D] and [1, n, D], in single
precision; a process of its own, whose highest resident memory counts. Ours: kernels::best_match and its mean, each thread an image
of its own (build/tests/a_score), and its highest resident memory. The bare product is at::mm on the same matrices in that process,
right before each of our calls; the best of each counts, and the median of the ratios.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def published(tokens: int, channels: int, threads: int) -> None:
    """What the paper's script computes of an image, once; prints seconds and the highest memory in MiB."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    x, y = torch.randn(tokens, channels), torch.randn(tokens, channels)
    start = time.perf_counter()
    x, y = (rows / (torch.linalg.norm(rows, dim=-1, keepdim=True) + 1e-10) for rows in (x, y))
    F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(0), dim=-1).max(dim=1).values.mean().item()
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


class Ours:
    def __init__(self, options: argparse.Namespace, tokens: int):
        command = [ROOT / "build/tests/a_score", tokens, tokens, options.channels, options.threads, options.precision]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("ready")

    def once(self) -> list[float]:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]


def compare(options: argparse.Namespace, tokens: int) -> None:
    ours = Ours(options, tokens)
    rounds = [ours.once() for _ in range(options.rounds)]
    theirs = None
    if not options.without_torch:
        command = [sys.executable, __file__, "--published", str(tokens), "--channels", str(options.channels), "--threads", str(options.threads)]
        theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    rounds = rounds[1:] + [ours.once() for _ in range(options.rounds)]  # the first warms up
    ours.process.stdin.close()
    best = min(seconds for seconds, *_ in rounds) / options.threads
    product = min(seconds for _, seconds, *_ in rounds) / options.threads
    median = statistics.median(seconds / bare for seconds, bare, *_ in rounds)
    memory = max(mib for *_, mib in rounds)
    print(f"{tokens} tokens of {options.channels}, {options.threads} thread(s), {options.precision}: lvr {best * 1e3:.2f} ms an image, bare product "
          f"{product * 1e3:.2f} ms (ratio of the best {best / product:.3f}, median {median:.3f}), {memory:.0f} MiB", flush=True)
    if theirs:
        print(f"  PyTorch, the paper's way: {theirs[0]:.1f} s, {theirs[1]:.0f} MiB: lvr is {theirs[0] / best:.0f} times as fast in "
              f"1/{theirs[1] / memory:.0f} of the memory", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, nargs="+", default=[256, 576])
    parser.add_argument("--channels", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--precision", default="float64")
    parser.add_argument("--without-torch", action="store_true")
    parser.add_argument("--published", type=int)
    options = parser.parse_args()
    if options.published:
        return published(options.published, options.channels, options.threads)
    for tokens in options.tokens:
        compare(options, tokens)


if __name__ == "__main__":
    main()
