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


def write_questions() -> None:
    """Rows of texts, numbers and lists in every type that writers have for them (tests/unit/data_rows_test.cpp)."""
    strings = ["one", "zwei", "", None]
    write("questions/types.parquet", {
        "text": pa.array(strings[:3] + ["\u00e9\u4e2d\U0001f600"]), "large": pa.array(strings, pa.large_string()),
        "dictionary": pa.array(strings).dictionary_encode(), "bytes": pa.array([b"a", b"b", b"", None], pa.binary()),
        "int8": pa.array([-128, 0, 127, None], pa.int8()), "uint64": pa.array([0, 1, 2**64 - 1, None], pa.uint64()),
        "float": pa.array([1.5, float("nan"), float("inf"), None]), "whole": pa.array([1.0, 2.0, -3.0, float("nan")]),
        "digits": pa.array(["7", "-12", "0", "4"]), "truth": pa.array([True, False, None, True]),
        "nothing": pa.nulls(4), "texts": pa.array([["a", "b"], [], None, [""]], pa.list_(pa.string())),
        "large_texts": pa.array([["a"], ["b", "c"], None, []], pa.large_list(pa.large_string())),
        "pairs": pa.array([["a", "b"], ["c", "d"], None, ["e", "f"]], pa.list_(pa.string(), 2)),
        "numbers": pa.array([[1, 2], [], None, [3]], pa.list_(pa.int16())),
        "structs": pa.array([{"a": "b"}, None, None, None]), "day": pa.array([0, 1, 2, 3], pa.date32()),
        "pictures": pa.array([[{"bytes": b"one", "path": None}, {"bytes": None, "path": "../images/two"}], [], None,
                              [None, {"bytes": b"", "path": ""}]], pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))),
    }, row_group_size=3, store_schema=True)
    # A list whose innermost group is called "item", as older writers have it.
    write("questions/item.parquet", {"texts": pa.array([["a"], ["b", "c"]], pa.list_(pa.string()))}, use_compliant_nested_type=False)
    write("questions/not_utf8.parquet", {"text": pa.array([b"good", b"\xff\xfe"], pa.binary())})


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
    write_questions()


if __name__ == "__main__":
    main()
