# SPDX-License-Identifier: Apache-2.0
"""Miniatures of the eight benchmarks in the layout of lmms-lab's datasets, three of them as JSON lines too, and what
lmms-eval 0.1.2 makes of nasty, right and empty answers: tests/golden/benchmarks."""

import copy
import hashlib
import io
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

import benchmark_rows as rows_of
from benchmark_rows_mmmu import mmmu
from benchmark_scores import prompts, scored, visuals

FOLDER = Path(__file__).parents[1] / "golden" / "benchmarks"
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
S, L, I8, I16, I32, I64 = pa.string(), pa.list_(pa.string()), pa.int8(), pa.int16(), pa.int32(), pa.int64()
VQA = {"question_id": S, "image": IMAGE, "question": S, "answers": L}
MMMU_IMAGES = {f"image_{k}": IMAGE for k in range(1, 8)}

# Task: rows, columns, shards by the sizes of their row groups, compression, folder and shards' names.
SETS = {
    "mmbench_en_dev": (rows_of.mmbench, {"index": I64, "question": S, "hint": S, "answer": S, "A": S, "B": S, "C": S, "D": S,
                       "category": S, "image": IMAGE, "source": S, "L2-category": S, "comment": S, "split": S},
                       [20, 30], "snappy", "MMBench/en/dev"),
    "mme": (rows_of.mme, {"question_id": S, "image": IMAGE, "question": S, "answer": S, "category": S}, [7, 7, 7, 20], "snappy",
            "MME/data/test"),
    "mmmu_val": (mmmu, {"id": S, "question": S, "options": S, "explanation": S, **MMMU_IMAGES, "img_type": S, "answer": S,
                 "topic_difficulty": S, "question_type": S, "subfield": S}, [25], "zstd", "MMMU/data/validation"),
    "ok_vqa_val2014": (rows_of.ok_vqa, {**VQA, "question_type": S, "answer_type": S}, [30], "snappy", "OK-VQA/data/val2014"),
    "textvqa_val": (rows_of.textvqa, {"image_id": S, "question_id": I32, "question": S, "question_tokens": L, "image": IMAGE,
                    "image_width": I32, "image_height": I32, "flickr_original_url": S, "flickr_300k_url": S, "answers": L,
                    "image_classes": L, "set_name": S, "ocr_tokens": L}, [11, 5, 8], "zstd", "textvqa/data/validation"),
    "vizwiz_vqa_val": (rows_of.vizwiz, {**VQA, "category": S}, [10, 10, 10], "snappy", "VizWiz-VQA/data/val"),
    "scienceqa_img": (rows_of.scienceqa, {"image": IMAGE, "question": S, "choices": L, "answer": I8, "hint": S, "task": S,
                      "grade": S, "subject": S, "topic": S, "category": S, "skill": S, "lecture": S, "solution": S},
                      [12, 12], "snappy", "ScienceQA/ScienceQA-IMG/test"),
    "seedbench": (rows_of.seed, {"answer": S, "choice_a": S, "choice_b": S, "choice_c": S, "choice_d": S, "data_id": L,
                  "data_type": S, "question": S, "question_id": S, "question_type_id": I16, "image": pa.list_(IMAGE), "segment": L},
                  [9, 9, 9], "snappy", "SEED-Bench/data/test"),
}
TWO_SHARDS = {"mmbench_en_dev", "mme", "textvqa_val"}
LISTED = {"mme", "scienceqa_img", "seedbench"}


def is_image(kind: pa.DataType) -> bool:
    return kind == IMAGE or kind == pa.list_(IMAGE)


def decoded(row: dict, columns: dict) -> dict:
    """As `datasets` hands it out."""
    def image(cell: dict | None) -> Image.Image | None:
        return cell and Image.open(io.BytesIO(cell["bytes"]))
    doc = copy.deepcopy(row)
    for name, kind in columns.items():
        if is_image(kind):
            doc[name] = [image(one) for one in row[name]] if isinstance(row[name], list) else image(row[name])
    return doc


def write_shards(task: str, rows: list[dict]) -> None:
    _, columns, groups, compression, name = SETS[task]
    files = [groups[:-1], groups[-1:]] if task in TWO_SHARDS else [groups]
    done = 0
    for number, sizes in enumerate(files):
        path = FOLDER / "parquet" / f"{name}-{number:05}-of-{len(files):05}{'-5f3a9c0d1e2b4a68' if task == 'mme' else ''}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = pa.schema(list(columns.items()))
        with pq.ParquetWriter(path, schema, compression=compression, write_statistics=False,
                              use_dictionary=number == 0, store_schema=task in ("mme", "seedbench")) as writer:
            for size in sizes:
                part = rows[done:done + size]
                writer.write_table(pa.Table.from_pylist(part, schema=schema))
                done += len(part)
    assert done == len(rows) and len(rows) in range(20, 51), (task, done, len(rows))


def write_list(task: str, rows: list[dict]) -> None:
    """The same as a list of JSON lines and a folder of pictures, in which equal ones are one file."""
    _, columns, _, _, name = SETS[task]
    folder = FOLDER / "jsonl" / name.split("/")[0]
    (folder / "images").mkdir(parents=True)

    def stored(cell: dict | None) -> str | None:
        if cell is None:
            return None
        path = f"images/{hashlib.sha256(cell['bytes']).hexdigest()[:8]}"
        (folder / path).write_bytes(cell["bytes"])  # without a suffix: what it is is found out
        return path

    with open(folder / "questions.jsonl", "w", encoding="utf-8") as lines:
        for row in rows:
            line = {key: value if not is_image(columns[key]) else [stored(one) for one in value] if isinstance(value, list)
                    else stored(value) for key, value in row.items()}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def right_answer(task: str, row: dict) -> str:
    if task == "scienceqa_img":
        return "ABCDE"[row["answer"]]
    return (row["answers"] or [""])[0] if "answers" in row else row["answer"]


def golden(task: str, rows: list[dict], answers: list[str]) -> dict[str, object]:
    docs = [decoded(row, SETS[task][1]) for row in rows]
    pictures = [[hashlib.sha256(one.tobytes()).hexdigest()[:8] for one in visuals(task, doc)] for doc in docs]
    sets = {"nasty": answers, "right": [right_answer(task, row).strip() for row in rows], "empty": [""] * len(rows)}
    return {"task": task, "folder": SETS[task][4].split("/")[0], "rows": len(rows), "contexts": prompts(task, docs),
            "pictures": pictures, "scores": {name: scored(task, docs, said) for name, said in sets.items()}}


def main() -> None:
    for name in ("parquet", "jsonl"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    for task, (make, *_) in SETS.items():
        made = make()
        rows, answers = [row for row, _ in made], [said for _, said in made]
        assert all(said == said.strip() for said in answers), "the harness strips answers ahead of all else"
        write_shards(task, rows)
        if task in LISTED:
            write_list(task, rows)
        text = json.dumps(golden(task, rows, answers), ensure_ascii=False, indent=0, default=float)
        (FOLDER / f"{task}.json").write_text(text.replace(",\n", ",") + "\n", encoding="utf-8")
    # Another split beside the one that is asked for.
    shutil.copy(FOLDER / "parquet/VizWiz-VQA/data/val-00000-of-00001.parquet", FOLDER / "parquet/OK-VQA/data/test-00000-of-00001.parquet")


if __name__ == "__main__":
    main()
