# SPDX-License-Identifier: Apache-2.0
"""Features as numpy and PyTorch save them, one image a file.

Writes tests/golden/feature_arrays/ (the files) and tests/golden/feature_arrays.json (the tokens [T, D] of those that can
be used; the others are there to be refused).
"""
import json
import os
import shutil
from pathlib import Path

import numpy as np
import torch

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
FOLDER = GOLDEN / "feature_arrays"


class Evil:
    def __reduce__(self):
        return os.system, ("touch executed",)


def numbers(*shape):
    """Few binary digits, so that they are exact in every dtype and short as text."""
    return (torch.randn(shape) * 16).round().div(16)


def save(name, array, version=None):
    with open(FOLDER / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version)


def tokens_of(values):
    """[T, D] by definition, value by value."""
    values = values.reshape(values.shape[1:]) if values.dim() == 4 or (values.dim() == 3 and values.shape[0] == 1) else values
    if values.dim() == 2:
        return values.tolist(), None
    channels, rows, columns = values.shape
    tokens = [[values[c, y, x].item() for c in range(channels)] for y in range(rows) for x in range(columns)]
    return tokens, [rows, columns]


def good_files():
    """name -> (its dtype for us, its values)"""
    a_map, a_batch, tokens, token_batch = numbers(3, 2, 4), numbers(1, 3, 2, 4), numbers(5, 3), numbers(1, 5, 3)
    good = {}

    def npy(name, dtype, values, array, version=None):
        save(name, array, version)
        good[name] = (dtype, values)

    npy("map.npy", "float32", a_map, a_map.numpy())
    npy("map_batch.npy", "float32", a_batch, a_batch.numpy())
    npy("tokens.npy", "float32", tokens, tokens.numpy())
    npy("token_batch.npy", "float32", token_batch, token_batch.numpy())
    npy("fortran.npy", "float32", a_map, np.asfortranarray(a_map.numpy()))
    npy("fortran_batch.npy", "float16", a_batch, np.asfortranarray(a_batch.half().numpy()))
    npy("half.npy", "float16", a_map, a_map.half().numpy())
    npy("bfloat16.npy", "bfloat16", a_map, a_map.bfloat16().view(torch.uint16).numpy())
    npy("double.npy", "float64", tokens, tokens.double().numpy())
    npy("version2.npy", "float32", tokens, tokens.numpy(), (2, 0))
    npy("version3.npy", "float32", tokens, tokens.numpy(), (3, 0))

    def pt(name, dtype, values, tensor, **options):
        torch.save(tensor, FOLDER / name, **options)
        good[name] = (dtype, values)

    pt("map.pt", "float32", a_batch, a_batch)
    pt("tokens.pt", "float32", tokens, tokens)
    pt("view.pt", "float32", a_map, a_map.permute(1, 2, 0).contiguous().permute(2, 0, 1))
    pt("slice.pt", "float32", tokens, torch.cat([numbers(2, 3), tokens, numbers(1, 3)])[2:7])
    pt("half.pt", "float16", token_batch, token_batch.half())
    pt("bfloat16.pt", "bfloat16", a_batch, a_batch.bfloat16())
    pt("double.pt", "float64", tokens, tokens.double())
    pt("parameter.pt", "float32", tokens, torch.nn.Parameter(tokens))
    pt("protocol4.pt", "float32", tokens, tokens, pickle_protocol=4)
    return good


def bad_files():
    array = numbers(2, 3).numpy()
    save("bad_big_endian.npy", array.astype(">f4"))
    np.save(FOLDER / "bad_objects.npy", np.array([{"a": 1}, None]), allow_pickle=True)
    save("bad_structured.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<f4")]))
    save("bad_complex.npy", array.astype("<c8"))
    save("bad_integers.npy", array.astype("<i8"))
    save("bad_number.npy", np.float32(1.5).reshape(()))
    save("bad_row.npy", array[0])
    save("bad_two_images.npy", numbers(2, 3, 2, 2).numpy())
    save("bad_five_axes.npy", numbers(1, 1, 3, 2, 2).numpy())
    save("bad_no_values.npy", np.zeros((0, 3), "<f4"))
    save("bad_nan.npy", np.array([[1, 2, 3], [4, np.nan, 6]], "<f4"))
    save("bad_infinite_half.npy", np.array([[1, 2], [np.inf, 4]], "<f2"))
    save("bad_too_large.npy", np.array([[1e300, 2.0]], "<f8"))
    values = numbers(3, 2, 2)
    values[1, 0, 1] = -torch.inf
    torch.save(values.bfloat16(), FOLDER / "bad_infinite_map.pt")
    torch.save({"features": numbers(2, 3)}, FOLDER / "bad_dictionary.pt")
    torch.save([numbers(2, 3)], FOLDER / "bad_list.pt")
    torch.save(torch.tensor([[1, 2], [3, 4]]), FOLDER / "bad_integers.pt")
    torch.save(numbers(1)[0].expand(2**40, 2**20), FOLDER / "bad_enormous.pt")
    torch.save(Evil(), FOLDER / "bad_malicious.pt")
    torch.save(1.5, FOLDER / "bad_legacy.pt", _use_new_zipfile_serialization=False)  # a tensor would bring its address


def main():
    torch.manual_seed(20)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    golden = {}
    for name, (dtype, values) in good_files().items():
        tokens, grid = tokens_of(values)
        golden[name] = {"dtype": dtype, "shape": list(values.shape), "grid": grid, "tokens": tokens}
    bad_files()
    (GOLDEN / "feature_arrays.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
