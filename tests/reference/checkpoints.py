# SPDX-License-Identifier: Apache-2.0
"""Files of weights as PyTorch and transformers write them, and what is in them.

Writes tests/golden/checkpoints/ (the files) and tests/golden/checkpoints.json (names, dtypes, shapes and values, and for
vision transformers the weights by our canonical names, taken from the modules themselves).
"""
import argparse
import collections
import json
import os
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
FOLDER = GOLDEN / "checkpoints"

VISION = dict(hidden_size=4, intermediate_size=6, num_hidden_layers=2, num_attention_heads=2, image_size=4, patch_size=2,
              projection_dim=3)
TEXT = dict(hidden_size=4, intermediate_size=4, num_hidden_layers=1, num_attention_heads=1, vocab_size=3,
            max_position_embeddings=2, projection_dim=3, bos_token_id=0, eos_token_id=1, pad_token_id=1)
DINO = dict(hidden_size=4, mlp_ratio=2, num_hidden_layers=2, num_attention_heads=2, image_size=4, patch_size=2)


class Evil:
    def __reduce__(self):
        return os.system, ("touch executed",)


def numbers(*shape, dtype=torch.float32):
    """Few binary digits, so that they are exact in every dtype and short as text."""
    return (torch.randn(shape) * 16).round().div(16).to(dtype)


def described(tensors):
    return {name: {"dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape),
                   "values": t.detach().double().flatten().tolist()} for name, t in tensors.items()}


def state_dicts():
    """name -> (what is saved, the tensors in it, options of torch.save)"""
    base = numbers(12)
    linear = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    for parameter in linear.parameters():
        parameter.data = numbers(*parameter.shape)
    plain = {"f32": numbers(2, 3), "f64": numbers(2, dtype=torch.float64), "i64": torch.tensor(-7),
             "i32": torch.tensor([1, -2], dtype=torch.int32), "i16": torch.tensor([3, -300], dtype=torch.int16),
             "i8": torch.tensor([-128, 127], dtype=torch.int8), "u8": torch.tensor([0, 255], dtype=torch.uint8),
             "bool": torch.tensor([True, False, True])}
    views = {"base": base, "slice": base[2:5], "columns": base.view(3, 4).t(), "stepped": base[1::3],
             "expanded": base[5:6].expand(2, 3), "scalar": base[11], "empty": base[3:3], "again": base}
    parameters = {"weight": torch.nn.Parameter(numbers(2, 2)), "frozen": torch.nn.Parameter(numbers(3), False)}
    halves = {"f16": numbers(5, dtype=torch.float16), "bf16": numbers(2, 2, dtype=torch.bfloat16)}
    nested = {"epoch": 3, "rate": 0.5, "history": [1.5, None, True, "text", 2**40, -1, 70000, (1, 2, 3, 4)],
              "model": linear.state_dict()}
    return {
        "plain": (plain, plain, {}),
        "ordered": (linear.state_dict(), linear.state_dict(), {}),
        "views": (views, views, {}),
        "parameters": (parameters, parameters, {}),
        "halves": (halves, halves, {}),
        "nested": (nested, linear.state_dict(), {}),
        "protocol4": ({"state_dict": plain, "note": "x"}, plain, {"pickle_protocol": 4}),
    }


def bad_files():
    torch.save({"weight": numbers(2), "evil": Evil()}, FOLDER / "malicious.bin")
    torch.save({"model": {"weight": numbers(2)}, "args": argparse.Namespace(lr=1)}, FOLDER / "namespace.bin")
    torch.save({"weight": numbers(2), "epoch": 3}, FOLDER / "not_only_tensors.bin")
    torch.save([numbers(2)], FOLDER / "list.bin")
    torch.save({"epoch": 3}, FOLDER / "legacy.bin", _use_new_zipfile_serialization=False)


def blocks(layers, parts):
    named = {}
    for i, layer in enumerate(layers):
        for name, module in parts(layer).items():
            modules = module if isinstance(module, list) else [module]
            for kind in ("weight", "bias") if isinstance(modules[0], torch.nn.Module) else ("",):
                tensors = [getattr(m, kind) if kind else m for m in modules]
                named[f"blocks.{i}.{name}" + (f".{kind}" if kind else "")] = torch.cat(tensors)
    return named


def clip_block(layer):
    attention = layer.self_attn
    return {"norm1": layer.layer_norm1, "attention.qkv": [attention.q_proj, attention.k_proj, attention.v_proj],
            "attention.out": attention.out_proj, "norm2": layer.layer_norm2, "mlp.up": layer.mlp.fc1,
            "mlp.down": layer.mlp.fc2}


def clip_weights(vision):
    embeddings = vision.embeddings
    named = {"patch.weight": embeddings.patch_embedding.weight, "positions": embeddings.position_embedding.weight}
    if embeddings.patch_embedding.bias is not None:
        named["patch.bias"] = embeddings.patch_embedding.bias
    if hasattr(embeddings, "class_embedding"):
        named |= {"class_token": embeddings.class_embedding, "pre_norm.weight": vision.pre_layrnorm.weight,
                  "pre_norm.bias": vision.pre_layrnorm.bias}
    return named | blocks(vision.encoder.layers, clip_block)


def dino_block(layer):
    attention = layer.attention.attention
    swiglu = hasattr(layer.mlp, "weights_in")
    return {"norm1": layer.norm1, "attention.qkv": [attention.query, attention.key, attention.value],
            "attention.out": layer.attention.output.dense, "scale1": layer.layer_scale1.lambda1, "norm2": layer.norm2,
            "mlp.up": layer.mlp.weights_in if swiglu else layer.mlp.fc1,
            "mlp.down": layer.mlp.weights_out if swiglu else layer.mlp.fc2, "scale2": layer.layer_scale2.lambda1}


def dino_weights(model):
    embeddings = model.embeddings
    patch = embeddings.patch_embeddings.projection
    named = {"patch.weight": patch.weight, "patch.bias": patch.bias, "class_token": embeddings.cls_token[0, 0],
             "positions": embeddings.position_embeddings[0]}
    if hasattr(embeddings, "register_tokens"):
        named["register_tokens"] = embeddings.register_tokens[0]
    return named | blocks(model.encoder.layer, dino_block)


def models():
    """name -> (family, model, the part of it that is the vision transformer)"""
    t = transformers
    clip, siglip = t.CLIPVisionConfig(**VISION), t.SiglipVisionConfig(**VISION)
    both = t.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=3)
    siglip_both = t.SiglipConfig(text_config=TEXT, vision_config=VISION)
    registers = t.Dinov2WithRegistersConfig(**DINO, num_register_tokens=3)
    made = {
        "clip_vision": ("clip", t.CLIPVisionModel(clip), ""),
        "clip_vision_projection": ("clip", t.CLIPVisionModelWithProjection(clip), "vision_model"),
        "clip": ("clip", t.CLIPModel(both), "vision_model"),
        "siglip_vision": ("siglip", t.SiglipVisionModel(siglip), ""),
        "siglip": ("siglip", t.SiglipModel(siglip_both), "vision_model"),
        "siglip_classifier": ("siglip", t.SiglipForImageClassification(siglip_both), "vision_model"),
        "dinov2": ("dinov2", t.Dinov2Model(t.Dinov2Config(**DINO)), ""),
        "dinov2_swiglu": ("dinov2", t.Dinov2Model(t.Dinov2Config(**DINO, use_swiglu_ffn=True)), ""),
        "dinov2_classifier": ("dinov2", t.Dinov2ForImageClassification(t.Dinov2Config(**DINO)), "dinov2"),
        "dinov2_registers": ("dinov2", t.Dinov2WithRegistersModel(registers), ""),
        "dinov2_registers_classifier":
            ("dinov2", t.Dinov2WithRegistersForImageClassification(registers), "dinov2_with_registers"),
    }
    for _, model, _ in made.values():
        for parameter in model.parameters():
            parameter.data = numbers(*parameter.shape)
    return made


def save_sharded(model):
    """The same tensors as safetensors shards (by transformers) and as .bin shards (as transformers 4 wrote them)."""
    model.save_pretrained(FOLDER / "sharded_safetensors", max_shard_size="1KB")
    folder = FOLDER / "sharded_bin"
    folder.mkdir()
    state = model.state_dict()
    halves = [dict(list(state.items())[::2]), dict(list(state.items())[1::2])]
    weight_map = {}
    for i, half in enumerate(halves, 1):
        name = f"pytorch_model-{i:05}-of-00002.bin"
        torch.save(half, folder / name)
        weight_map |= dict.fromkeys(half, name)
    index = {"metadata": {"total_size": 1}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")
    return described(state)


def every_dtype():
    """One safetensors file: what is written by us must be the same bytes."""
    tensors = {"empty": torch.zeros(0, 3), "scalar": torch.tensor(0.5), 'quoted "name"/é': torch.ones(2, 1, dtype=torch.float16)}
    for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64"):
        tensors["of." + name] = torch.arange(3).to(getattr(torch, name))
    save_file(tensors, FOLDER / "every_dtype.safetensors", metadata={"format": "pt"})
    (FOLDER / "every_dtype.safetensors").chmod(0o644)  # safetensors keeps it to its owner


def main():
    torch.manual_seed(4)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    golden = {"state_dicts": {}, "models": {}}
    for name, (saved, tensors, options) in state_dicts().items():
        torch.save(saved, FOLDER / f"{name}.bin", **options)
        golden["state_dicts"][name] = described(tensors)
    bad_files()
    every_dtype()
    for name, (family, model, part) in models().items():
        model.save_pretrained(FOLDER / name)
        vision = model.get_submodule(part)
        weights = dino_weights(vision) if family == "dinov2" else clip_weights(vision)
        golden["models"][name] = {"family": family, "weights": described(weights)}
        if name == "dinov2":
            golden["sharded"] = save_sharded(model)
    (GOLDEN / "checkpoints.json").write_text(json.dumps(golden, separators=(",", ":")).replace('"},"', '"},\n"')
                                             .replace(']},"', ']},\n"') + "\n")


if __name__ == "__main__":
    main()
