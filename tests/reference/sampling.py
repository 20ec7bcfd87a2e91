# SPDX-License-Identifier: Apache-2.0
"""Orders of samples as the LLaVA recipe draws them, by PyTorch's own random numbers and loader.

Writes tests/golden/sampling.json: permutations of stage 1, and grouped orders of stage 2 with the lengths they are made of.
"""
import json
import random
from pathlib import Path

import torch

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "sampling.json"


def chunks(items, size):
    return [items[i:i + size] for i in range(0, len(items), size)]


def share_out(group, lengths, ranks):
    """Parts for the ranks: the longest first, each to the emptiest part with room; uneven groups are dealt in turn."""
    if len(group) % ranks:
        return [group[rank::ranks] for rank in range(ranks)]
    parts = [[] for _ in range(ranks)]
    for item in group:
        open_parts = [part for part in parts if len(part) < len(group) // ranks]
        min(open_parts, key=lambda part: sum(lengths[i] for i in part)).append(item)
    return parts


def by_length(lengths, batch, ranks):
    order = []
    for group in chunks(torch.randperm(len(lengths)).tolist(), batch * ranks):
        group.sort(key=lambda i: -lengths[i])
        for part in share_out(group, lengths, ranks):
            order += part
    return order


def by_modality(lengths, batch, ranks):
    kinds = []
    for sign in (1, -1):
        numbers = [i for i, length in enumerate(lengths) if length * sign > 0]
        order = by_length([abs(lengths[i]) for i in numbers], batch, ranks)
        kinds.append(chunks([numbers[i] for i in order], batch * ranks))
    groups = kinds[0][:-1] + kinds[1][:-1]
    rest = kinds[0][-1] + kinds[1][-1]
    groups = [groups[i] for i in torch.randperm(len(groups)).tolist()]
    if len(rest) >= batch * ranks:
        groups.insert(0, rest[:batch * ranks])
        rest = rest[batch * ranks:]
    return sum(groups, []) + rest


class Order(torch.utils.data.Sampler):
    def __init__(self, draw):
        self.draw = draw

    def __iter__(self):
        return iter(self.draw())


def loaded(count, draw, seed):
    """What a loader with workers gives, the generator seeded before. (Its batches are drawn after its workers' seed.)"""
    torch.manual_seed(seed)
    loader = torch.utils.data.DataLoader(range(count), sampler=Order(draw), batch_size=4, num_workers=1, collate_fn=list)
    return [i for batch in loader for i in batch]


def uniform(count, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    order = torch.randperm(count, generator=generator).tolist()
    check = 0
    for i in order:
        check = (check * 31 + i) % 1000000007
    return {"count": count, "seed": seed, "begin": order[:50], "check": check}


def grouped(name, images, texts, batch, ranks, seed=42):
    draw = random.Random(len(name))
    lengths = [draw.choice([draw.randint(1, 40), draw.randint(1, 300), 25]) for _ in range(images)]
    lengths += [-draw.randint(1, 500) for _ in range(texts)]
    draw.shuffle(lengths)
    unsigned = [abs(length) for length in lengths]
    case = {"name": name, "batch": batch, "ranks": ranks, "seed": seed, "lengths": lengths,
            "by_length": loaded(len(lengths), lambda: by_length(unsigned, batch, ranks), seed)}
    if images and texts:
        case["by_modality"] = loaded(len(lengths), lambda: by_modality(lengths, batch, ranks), seed)
    return case


def main():
    cases = [grouped("many", 700, 300, 3, 4), grouped("no group is full", 5, 4, 16, 8), grouped("rest fills a group", 44, 45, 4, 6),
             grouped("rest is two groups", 48, 24, 4, 6), grouped("full groups only", 128, 64, 16, 2),
             grouped("one rank", 37, 20, 4, 1), grouped("one sample a batch", 30, 20, 1, 4), grouped("another seed", 90, 70, 4, 4, 7),
             grouped("uneven group", 10, 7, 3, 4), grouped("one of each", 1, 1, 2, 2), grouped("images only", 30, 0, 2, 4)]
    out = {"uniform": [uniform(*at) for at in ((1, 42), (10, 42), (1000, 42), (1000, 43), (558128, 42))], "grouped": cases}
    text = json.dumps(out, separators=(",", ":")).replace('{"', '\n{"')
    GOLDEN.write_text(text + "\n")


if __name__ == "__main__":
    main()
