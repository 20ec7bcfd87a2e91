# SPDX-License-Identifier: Apache-2.0
"""Small parquet datasets as the Hub has them, for tests/unit/data_parquet_test.cpp: the pictures of tests/golden/images
in tests/golden/parquet."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER = GOLDEN / "parquet"


def picture(name: str) -> bytes:
    return (GOLDEN / "images" / name).read_bytes()


def write(file: str, columns: dict[str, pa.Array], **options: object) -> None:
    path = FOLDER / file
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)


def cells(rows: list[dict[str, object] | None], bytes_type: pa.DataType) -> pa.Array:
    return pa.array(rows, pa.struct([("bytes", bytes_type), ("path", pa.string())]))


def main() -> None:
    first = ["jpeg_420.jpg", "png_rgba.png", "webp_lossy.webp", "jpeg_grey.jpg", "png_grey16.png"]
    # As `datasets` writes them, in small row groups; the file's name in `path` is not unique there.
    write("images/data/train-00000-of-00002.parquet",
          {"id": pa.array(range(5)), "image": cells([{"bytes": picture(name), "path": "same.jpg"} for name in first], pa.binary())},
          row_group_size=2, compression="zstd", write_page_checksum=True)
    # Wide offsets; a row without an image, one with a null struct, one that only says where its file is.
    second = [{"bytes": picture("jpeg_444.jpg"), "path": None}, {"bytes": None, "path": None}, None,
              {"bytes": None, "path": "../../images/png_rgb.png"}, {"bytes": b"", "path": "empty.jpg"}]
    write("images/data/train-00001-of-00002.parquet",
          {"image": cells(second, pa.large_binary()), "caption": pa.array(["", "none", "null", "elsewhere", "empty"])},
          compression="snappy")
    write("plain.parquet", {"caption": pa.array(["a", "b"]), "picture": pa.array([picture("jpeg_422.jpg"), None], pa.binary())})
    write("lists.parquet", {"image": pa.array([[picture("jpeg_422.jpg")]], pa.list_(pa.binary()))})
    write("no_rows.parquet", {"image": cells([], pa.binary())})


if __name__ == "__main__":
    main()
