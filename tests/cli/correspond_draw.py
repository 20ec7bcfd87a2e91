# SPDX-License-Identifier: Apache-2.0
"""What `lvr-score correspond --draw` left: pairs.json against the scores of the same run, and the pictures.

correspond_draw.py FOLDER PAIRS SCORES.json THRESHOLD   THRESHOLD: box or image
"""

import json
import math
import os
import sys
from pathlib import Path

SOURCE = Path(os.environ["LVR_SOURCE_DIR"])
sys.path[:0] = [str(SOURCE / "analysis" / room) for room in ("pairs", "report")]

from pairs_file import read_pairs

FRAME, PIXELS = 840, 1e-3


def annotation(root: Path, file: str) -> dict:
    return json.loads((root / file.replace("JPEGImages", "ImageAnnotation").replace(".jpg", ".json")).read_text())


def main() -> None:
    folder, count, threshold = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[4]
    scores = json.loads(Path(sys.argv[3]).read_text())
    drawn = read_pairs(folder)
    assert drawn.representation == scores["representation"]
    assert drawn.settings == {"definition": scores["C"]["definition"]}
    assert len(drawn.pairs) == count == len({pair.name for pair in drawn.pairs})
    categories = {category["category"]: category for category in scores["categories"]}
    keypoints = 0
    for pair in drawn.pairs:
        source, target = (Path(view.file).name for view in (pair.source, pair.target))
        assert f"-{source[:-4]}-{target[:-4]}:{pair.category}" in pair.name
        category = categories[pair.category]
        scored = next(one for one in category["pairs"] if (one["src"], one["trg"]) == (source, target))
        of_source, of_target = annotation(drawn.root, pair.source.file), annotation(drawn.root, pair.target.file)
        assert (pair.target.width, pair.target.height) == (of_target["image_width"], of_target["image_height"])
        scale = FRAME / max(pair.target.width, pair.target.height)
        pads = [int((FRAME - round(FRAME * side / max(pair.target.width, pair.target.height))) / 2)
                for side in (pair.target.width, pair.target.height)]
        box = of_target["bndbox"]
        wanted = max(box[2] - box[0], box[3] - box[1]) if threshold == "box" else FRAME / scale
        assert math.isclose(pair.threshold, wanted, rel_tol=1e-6), (pair.threshold, wanted)
        mutual = [int(i) for i, place in of_source["kps"].items() if place and of_target["kps"][i]]
        assert [keypoint.id for keypoint in pair.keypoints] == sorted(mutual)
        for keypoint in pair.keypoints:
            assert list(keypoint.source) == of_source["kps"][str(keypoint.id)]
            assert list(keypoint.target) == of_target["kps"][str(keypoint.id)]
            in_frame = scored["pred"][keypoint.id]
            for axis in (0, 1):
                assert abs(keypoint.prediction[axis] * scale + pads[axis] - in_frame[axis]) < PIXELS
            error = math.dist(in_frame, [keypoint.target[axis] * scale + pads[axis] for axis in (0, 1)])
            assert abs(keypoint.error * scale - error) < PIXELS
            keypoints += 1
    assert keypoints >= count
    print(f"{len(drawn.pairs)} pairs, {keypoints} keypoints agree")


if __name__ == "__main__":
    main()
