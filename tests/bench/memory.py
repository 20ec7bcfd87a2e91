# SPDX-License-Identifier: Apache-2.0
"""Private memory of one rank of lvr-extract at its highest, against the weights it computes with.

    memory.py [--size 336] [--images 64]      a ViT-L/14 with random weights
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from pictures import photographs
from vit_forward import ROOT, snapshot


def private_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon")), 0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=336)
    parser.add_argument("--images", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        model, pictures = Path(name) / "model", Path(name) / "pictures"
        pictures.mkdir()
        photographs(pictures, options.images)
        tower = snapshot(model, options.size)
        tower = getattr(tower, "vision_model", tower)
        del tower.encoder.layers[-1], tower.post_layernorm
        weights = sum(parameter.numel() * 4 for parameter in tower.parameters())
        process = subprocess.Popen([ROOT / "build/bin/lvr-extract", "--snapshot", model, "--images", pictures, "--out",
                                    Path(name) / "out"], stderr=subprocess.DEVNULL)
        highest = 0
        while process.poll() is None:
            highest = max(highest, private_bytes(process.pid))
            time.sleep(0.02)
        assert process.returncode == 0
        print(f"private memory at most {highest / 2**30:.2f} GiB, weights {weights / 2**30:.2f} GiB, beside them "
              f"{(highest - weights) / 2**30:.2f} GiB (limit 1.5)")


if __name__ == "__main__":
    main()
