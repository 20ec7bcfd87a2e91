# SPDX-License-Identifier: Apache-2.0
"""Reads the sample files of files_test with plain h5py, as a user would."""
import json
import math

import h5py

NO_SEED = -(2**63)


def shapes(file):
    found = {}
    file.visititems(lambda name, item: found.update({name: item.shape}) if isinstance(item, h5py.Dataset) else None)
    return found


def check_results():
    with h5py.File("results.h5") as file:
        rows, columns, benchmarks, scores = 2, 2, 2, 4
        expected = {"comments": (1,), "label_columns": (2,), "origin_csv": (), "correspondence/definition": (),
                    "results_d/file": (1,), "results_d/sha256": (1,)}
        expected |= {f"representations/{x}": (rows,) for x in ("name", "family", "gpu_hours", "labels/0", "labels/1")}
        expected |= {f"alignment/{x}": (columns,) for x in ("name", "definition")}
        expected |= {f"alignment/{x}": (columns, rows) for x in ("value", "standard_error")}
        expected |= {f"correspondence/{x}": (rows,) for x in ("value", "standard_error")}
        expected |= {f"benchmarks/{x}": (benchmarks,) for x in ("name", "unit", "scale")}
        expected |= {f"scores/{x}": (scores,) for x in ("representation", "benchmark", "seed", "value",
                                                        "standard_error", "samples", "gpu_hours")}
        assert shapes(file) == expected, shapes(file)
        assert list(file["representations/name"].asstr()) == ["CLIP@336", '"SD" 1.5, é']
        assert file["alignment/value"][1, 1] == 0.30000000000000004 and math.isnan(file["alignment/value"][0, 1])
        assert list(file["scores/seed"]) == [NO_SEED, 1, 1, -7]
        assert file.attrs["schema"] == b"lvr-results" or file.attrs["schema"] == "lvr-results"
        assert file.attrs["version"] == 1 and file.attrs["seed"] == 7
        assert json.loads(file.attrs["config"]) == {"b": 1, "a": [1.5, None]}


def check_measurement():
    with h5py.File("measurement.h5") as file:
        attributes = dict(file.attrs)
        assert attributes["value"] == 60.5 and math.isnan(attributes["scale"]) and attributes["samples"] == 50
        assert json.loads(attributes["labels"]) == {"note": "é"}, attributes["labels"]


def check_tree():
    with h5py.File("tree.h5") as file:
        assert list(file["fits/curve"][:2]) == [1, 2] and math.isnan(file["fits/curve"][2])
        assert file["fits/flagged"][()] == True and file["fits/flagged"].dtype == bool  # noqa: E712
        assert file["names"].asstr()[1] == "é" and file["fits/nothing"].shape is None


check_results()
check_measurement()
check_tree()
print("h5py", h5py.__version__, "reads results.h5, a measurement and a tree")
