# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/policy_reference.json: the AC policy, exact by enumeration over bit masks.

Curves run over n = 1..N models trained:
  first_hit         probability that the search has stopped by n; 1 at N by definition
  exactly_n         the first n picks without stopping, then: is the optimum among the top k
                    predictions for all rows (at n = 1: is the one trained the optimum)?
  exactly_n_credit  the same, or the optimum is among the trained
mean_tries is the mean of the first-hit time (N if nothing ever hits).
Usage, from the repository root: python tests/reference/policy_reference.py [--simulate]
--simulate prints a brute-force check against the published procedure and writes nothing.
"""

import sys

import numpy as np

from law_table import (FITS, TABLES, basis, min_norm_fit, normalised, read_table,
                       subset_predictions, write_golden)

TOPS = (1, 2, 3)
K_LEVELS = 60  # far beyond the level that separates all models


def popcounts(n):
    return np.array([mask.bit_count() for mask in range(1 << n)])


def cell_masks(a, c, level):
    """@return bit masks of the models in each non-empty cell of side 2^-level."""
    cells = {}
    for i, point in enumerate(zip(a, c)):
        key = tuple(min(int(v * 2**level), 2**level - 1) for v in point)
        cells[key] = cells.get(key, 0) | 1 << i
    return list(cells.values())


def region_steps(a, c):
    """@return [2^n, n] probability that model i is trained next, given the set trained.

    The level is the first with an uncovered cell: coverage is inherited by coarser levels.
    """
    n = len(a)
    masks, steps, undecided = np.arange(1 << n), np.zeros((1 << n, n)), np.ones(1 << n, bool)
    for level in range(1, K_LEVELS):
        cells = cell_masks(a, c, level)
        free = np.stack([(masks & cell) == 0 for cell in cells], axis=1) & undecided[:, None]
        remaining = free.sum(axis=1)
        share = free / np.maximum(remaining, 1)[:, None]
        for j, cell in enumerate(cells):
            inside = [i for i in range(n) if cell >> i & 1]
            steps[:, inside] += share[:, [j]] / len(inside)
        undecided &= remaining == 0
        if undecided.sum() == 1:  # only the full set is left
            return steps
    raise ValueError("models that no level separates")


def uniform_steps(n):
    free = ~(np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)
    return free / np.maximum(free.sum(axis=1), 1)[:, None]


def optimum_ranks(x_np, y_nb):
    """@return [2^n, b], 0 if the optimum is the last of the stable ascending argsort, and so on."""
    n = len(x_np)
    best_b, counts = y_nb.argmax(axis=0), popcounts(n)
    ranks = np.full((1 << n, y_nb.shape[1]), n)
    for size in range(2, n + 1):
        masks = np.flatnonzero(counts == size)
        members = np.nonzero(masks[:, None] >> np.arange(n) & 1)[1].reshape(-1, size)
        order = subset_predictions(x_np, y_nb, members).argsort(axis=1, kind="stable")
        ranks[masks] = n - 1 - (order == best_b).argmax(axis=1)
    ranks[1 << best_b, np.arange(len(best_b))] = 0  # n = 1: the one trained is the optimum
    return ranks


def visits(steps, stopping):
    """@return [2^n] probability of passing through each set; no step leaves a `stopping` set."""
    n = steps.shape[1]
    reach, counts = np.zeros(1 << n), popcounts(n)
    reach[0] = 1
    for size in range(n):
        masks = np.flatnonzero((counts == size) & ~stopping)
        for i in range(n):
            free = masks[(masks >> i & 1) == 0]
            np.add.at(reach, free | 1 << i, reach[free] * steps[free, i])
    return reach


def by_count(weights, n):
    """@return [n], weights of the sets of 1..n models."""
    return np.bincount(popcounts(n), weights, n + 1)[1:]


def curves(steps, ranks, best):
    """@return the golden record of one benchmark and one way of sampling."""
    n = steps.shape[1]
    holds_best = (np.arange(1 << n) >> best & 1).astype(bool)
    reach = visits(steps, np.zeros(1 << n, bool))
    record = {name: {} for name in ("mean_tries", "first_hit", "exactly_n", "exactly_n_credit")}
    for k in TOPS:
        top, hit = f"top{k}", ranks < k
        hit[0] = False
        stopping = hit.copy()
        stopping[-1] = True
        stopped = by_count(visits(steps, stopping) * stopping, n)
        record["mean_tries"][top] = float(stopped @ np.arange(1, n + 1))
        record["first_hit"][top] = np.cumsum(stopped)[:-1].tolist() + [1.0]
        record["exactly_n"][top] = by_count(reach * hit, n).tolist()
        record["exactly_n_credit"][top] = by_count(reach * (hit | holds_best), n).tolist()
    return record


def random_record(n):
    """Draws without replacement until the optimum itself is drawn."""
    curve = {f"top{k}": [i / n for i in range(1, n + 1)] for k in TOPS}
    means = {f"top{k}": (n + 1) / 2 for k in TOPS}
    return {"mean_tries": means, "first_hit": curve, "exactly_n": curve, "exactly_n_credit": curve}


def table_record(key):
    table = read_table(key)
    found = {"region": {}, "uniform": {}, "random": {}}
    for b in table.benchmarks:
        a, c, y = normalised(table, b)
        ranks = optimum_ranks(basis(FITS["AC_quadratic"][0], a, c), y[:, None])[:, 0]
        best = int(y.argmax())
        found["region"][b] = curves(region_steps(a, c), ranks, best)
        found["uniform"][b] = curves(uniform_steps(len(a)), ranks, best)
        found["random"][b] = random_record(len(a))
        means = {name: [round(v, 6) for v in found[name][b]["mean_tries"].values()]
                 for name in ("region", "uniform")}
        print(key, b, means)
    return found


def simulated_run(generator, a, c, hit):
    """One run of the published procedure. @return the models in the order trained, first hit."""
    trained, level, first = [], 0, None
    while len(trained) < len(a):
        level += 1
        cell = lambda i: tuple(min(int(v[i] / 2.0**-level), 2**level - 1) for v in (a, c))
        open_cells = sorted({cell(i) for i in range(len(a))} - {cell(i) for i in trained})
        while open_cells:
            chosen = open_cells.pop(generator.integers(len(open_cells)))
            inside = [i for i in range(len(a)) if cell(i) == chosen]
            trained.append(int(generator.choice(inside)))
            if first is None and hit(trained):
                first = len(trained)
    return trained, first or len(a)


def simulate(key, benchmark, top, trials):
    """Prints the simulated mean tries with its standard error."""
    a, c, y = normalised(read_table(key), benchmark)
    x_np, best, known = basis(FITS["AC_quadratic"][0], a, c), int(y.argmax()), {}

    def hit(trained):
        state = frozenset(trained)
        if state not in known:
            rows = sorted(state)
            intercept, w_p = min_norm_fit(x_np[rows], y[rows])
            order = np.argsort(intercept + x_np @ w_p, kind="stable")
            known[state] = best in (order[-top:] if len(rows) > 1 else rows)
        return known[state]

    generator = np.random.default_rng(7)
    runs = [simulated_run(generator, a, c, hit) for _ in range(trials)]
    tries = np.array([first for _, first in runs])
    print(f"{key} {benchmark} top{top}: mean tries {tries.mean():.4f} +- "
          f"{tries.std() / trials**0.5:.4f} ({trials} runs)")
    for n in range(1, len(a) + 1):
        exact = np.mean([hit(order[:n]) for order, _ in runs])
        credit = np.mean([hit(order[:n]) or best in order[:n] for order, _ in runs])
        print(f"  n={n}: first_hit {np.mean(tries <= n):.4f} exactly_n {exact:.4f} "
              f"exactly_n_credit {credit:.4f}")


if __name__ == "__main__":
    if "--simulate" in sys.argv:
        simulate("v1", "seed_image", top=3, trials=20000)
    else:
        write_golden("policy_reference.json", {key: table_record(key) for key in TABLES}, depth=6)
