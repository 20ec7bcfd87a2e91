# SPDX-License-Identifier: Apache-2.0
"""features_h5py.py FOLDER: reads the feature folders of files_test with plain h5py, as a user would."""
import pathlib
import sys

import h5py
import numpy as np

TOKENS, CHANNELS, SHARD_SIZE, IMAGES = 3, 2, 3, 7


def numbers(images, first):
    values = first + 0.5 * np.arange(images * TOKENS * CHANNELS, dtype=np.float32)
    values[-1] = np.nan
    return values.reshape(images, TOKENS, CHANNELS)


def as_float(dataset, rows=...):
    raw = dataset[rows]
    if dataset.attrs["dtype"] not in ("bfloat16", b"bfloat16"):
        return raw.astype(np.float32)
    return (raw.astype(np.uint32) << 16).view(np.float32)


def check_folder(folder, dtype, flip):
    expected = np.concatenate([numbers(min(SHARD_SIZE, IMAGES - at), at) for at in range(0, IMAGES, SHARD_SIZE)])
    with h5py.File(folder / "index.h5") as file:
        assert file["tokens"].dtype == np.dtype(dtype) and file["tokens"].is_virtual, file["tokens"].dtype
        np.testing.assert_array_equal(as_float(file["tokens"]), expected)
        np.testing.assert_array_equal(as_float(file["tokens"], slice(2, 5)), expected[2:5])
        assert ("tokens_flipped" in file) == flip
        if flip:
            assert as_float(file["tokens_flipped"])[6, 0, 0] == -106
        assert file["image_id"].asstr()[5] == "photos/é5.jpg"
        assert file["status"].dtype == np.int8 and list(file["status"]) == [0, 0, 3, 0, 0, 3, 3]
        assert file["reason"].asstr()[0] == "" and file["reason"].asstr()[6] == "truncated at byte 17"
        assert "3 damaged" in str(file["status"].attrs["meaning"]) and file.attrs["seed"] == 7
    with h5py.File(folder / "part-000001.h5") as file:
        assert file["tokens"].dtype == np.dtype(dtype) and file["tokens"].chunks is None
        np.testing.assert_array_equal(as_float(file["tokens"]), expected[3:6])
    (folder / "part-000001.h5").unlink()
    with h5py.File(folder / "index.h5") as file:  # a lost part is NaN, not zeros
        assert np.isnan(as_float(file["tokens"])[3:6]).all()
        np.testing.assert_array_equal(as_float(file["tokens"])[:3], expected[:3])


work = pathlib.Path(sys.argv[1])
check_folder(work / "elsewhere" / "half", "<f2", True)
check_folder(work / "elsewhere" / "brain", "<u2", False)
check_folder(work / "elsewhere" / "single", "<f4", False)
with h5py.File(work / "deflated.h5") as deflated:
    assert deflated["tokens"].chunks == (1, TOKENS, CHANNELS) and deflated["tokens"].compression == "gzip"
    np.testing.assert_array_equal(as_float(deflated["tokens"]), numbers(3, 0))
print("h5py", h5py.__version__, "reads feature folders")
