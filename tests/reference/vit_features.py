# SPDX-License-Identifier: Apache-2.0
"""Features of transformers' vision towers for tiny configurations, from picture files to tokens.

For each configuration a Hugging Face folder tests/golden/vit/<name> (config.json, preprocessor_config.json,
model.safetensors; random weights in which every tensor matters) and expected.safetensors beside them:
  features [n, T, D]            hidden_states[-2] without class and register tokens, fp32, eager attention
  features_last [n, T, D]       the same of the last layer's output (no final norm)
  features_scale_0.1 [n, T, D]  as `features`, positions resized as DINOv2's first release did (some configurations)
  features_bf16 [n, T, D]       as `features`, model and pixels in bf16, stored as fp32 (some configurations)
  pixels [3, H, W]              of the first image, behind transformers' processor on Pillow
for the images tests/golden/vit/images.txt names, relative to tests/golden.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

GOLDEN = Path(__file__).parents[1] / "golden"
IMAGES = ["images/jpeg_420.jpg", "images/png_rgba.png", "images/webp_lossy.webp", "images/png_grey16.png",
          "vit/images/tall.jpg", "vit/images/wide.png"]
PROCESSORS = {"CLIP": CLIPImageProcessorPil, "Siglip": SiglipImageProcessorPil, "Bit": BitImageProcessorPil}
OPENAI = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
HALF = dict(image_mean=[0.5] * 3, image_std=[0.5] * 3)
IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
ON = dict(do_resize=True, do_rescale=True, do_normalize=True, do_convert_rgb=True, rescale_factor=1 / 255, resample=3)


def vision(width: int, layers: int, heads: int, patch: int, image: int, **more: object) -> dict[str, object]:
    return dict(hidden_size=width, intermediate_size=2 * width + 4, num_hidden_layers=layers, num_attention_heads=heads,
                patch_size=patch, image_size=image, **more)


def dinov2(width: int, layers: int, heads: int, patch: int, image: int, **more: object) -> dict[str, object]:
    return dict(hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, patch_size=patch,
                image_size=image, **{"mlp_ratio": 2, **more})


def shortest(edge: int, crop: int, **more: object) -> dict[str, object]:
    return dict(ON, do_center_crop=True, size={"shortest_edge": edge}, crop_size={"height": crop, "width": crop}) | more


def squash(height: int, width: int, **more: object) -> dict[str, object]:
    return dict(ON, size={"height": height, "width": width}) | more


CLIP = dict(image_processor_type="CLIPImageProcessor", **OPENAI)
SIGLIP = dict(image_processor_type="SiglipImageProcessor", **HALF)
BIT = dict(image_processor_type="BitImageProcessor", **IMAGENET)
# What the Hub's openai folders have: numbers instead of dictionaries, an older class name, no rescaling keys.
LEGACY = dict(crop_size=28, do_center_crop=True, do_normalize=True, do_resize=True, resample=3, size=28,
              feature_extractor_type="CLIPFeatureExtractor", **OPENAI)

# name: (model class, vision configuration, preprocessor configuration, what else is special)
CONFIGURATIONS: dict[str, tuple[str, dict, dict, set[str]]] = {
    "clip_legacy": ("CLIPModel", vision(24, 3, 2, 14, 28, hidden_act="quick_gelu"), LEGACY, {"position_ids"}),
    "clip_gelu": ("CLIPModel", vision(24, 3, 3, 14, 42, hidden_act="gelu"), CLIP | HALF | shortest(42, 42), {"bf16"}),
    "clip_vision_only": ("CLIPVisionModel", vision(36, 3, 3, 8, 32), CLIP | shortest(32, 32), set()),
    "clip_projection": ("CLIPVisionModelWithProjection", vision(24, 3, 4, 8, 40, hidden_act="gelu", projection_dim=8),
                        CLIP | shortest(44, 40, resample=2, rescale_factor=0.01), {"vision_prefix"}),
    "clip_lanczos": ("CLIPVisionModel", vision(20, 3, 5, 3, 15), CLIP | shortest(17, 15, resample=1), set()),
    "clip_squash": ("CLIPVisionModel", vision(24, 3, 2, 8, 32), CLIP | squash(32, 32, do_center_crop=False), set()),
    "clip_no_resize": ("CLIPVisionModel", vision(16, 3, 1, 8, 24), CLIP | shortest(9, 24, do_resize=False), set()),
    "clip_padded": ("CLIPVisionModel", vision(16, 3, 2, 8, 48), CLIP | shortest(20, 48, do_resize=False), set()),
    "clip_padded_odd": ("CLIPVisionModel", vision(16, 3, 2, 8, 24, layer_norm_eps=1e-3),
                        CLIP | shortest(19, 24, do_resize=True), set()),
    "clip_size_not_multiple": ("CLIPVisionModel", vision(24, 3, 2, 8, 30), CLIP | shortest(31, 30), set()),
    "siglip": ("SiglipModel", vision(24, 3, 2, 8, 32), SIGLIP | squash(32, 32), {"bf16"}),
    "siglip_defaults": ("SiglipModel", dict(hidden_size=24, intermediate_size=40, num_hidden_layers=3, image_size=48),
                        {"image_processor_type": "SiglipImageProcessor", "size": {"height": 48, "width": 48}}, {"sparse"}),
    "siglip_fine_grid": ("SiglipVisionModel", vision(30, 3, 5, 8, 48), SIGLIP | squash(48, 48, resample=2), set()),
    "siglip_no_normalize": ("SiglipVisionModel", vision(24, 3, 2, 8, 24, hidden_act="gelu"),
                            SIGLIP | squash(24, 24, do_normalize=False), {"vision_prefix"}),
    "dinov2": ("Dinov2Model", dinov2(24, 3, 2, 14, 42), BIT | shortest(48, 42), set()),
    "dinov2_resize": ("Dinov2Model", dinov2(24, 3, 3, 14, 84), BIT | shortest(64, 56), {"scale_0.1", "bf16"}),
    "dinov2_resize_up": ("Dinov2Model", dinov2(24, 3, 3, 8, 24), BIT | shortest(46, 40), {"scale_0.1"}),
    "dinov2_published_336": ("Dinov2Model", dinov2(24, 3, 2, 8, 56), BIT | squash(48, 48, do_center_crop=True,
                             crop_size={"height": 48, "width": 48}), {"scale_0.1"}),
    "dinov2_swiglu": ("Dinov2Model", dinov2(20, 3, 5, 8, 32, use_swiglu_ffn=True, mlp_ratio=4), BIT | shortest(36, 32), set()),
    "dinov2_registers": ("Dinov2WithRegistersModel", dinov2(24, 3, 2, 8, 32, num_register_tokens=4),
                         BIT | shortest(36, 32), {"bf16"}),
    "dinov2_registers_resize": ("Dinov2WithRegistersModel", dinov2(24, 3, 3, 8, 56, num_register_tokens=4),
                                BIT | shortest(46, 40), set()),
    "dinov2_registers_resize_up": ("Dinov2WithRegistersModel", dinov2(20, 3, 4, 8, 24, num_register_tokens=3,
                                   use_swiglu_ffn=True, mlp_ratio=3), BIT | shortest(46, 40), set()),
    "dinov2_not_square": ("Dinov2Model", dinov2(24, 3, 2, 8, 40), BIT | shortest(48, 0, crop_size={"height": 24, "width": 40}), set()),
    "dinov2_same_count": ("Dinov2Model", dinov2(16, 3, 2, 8, 32), BIT | squash(16, 64, do_center_crop=False), set()),
    "dinov2_size_not_multiple": ("Dinov2Model", dinov2(24, 3, 2, 14, 56), BIT | shortest(51, 45), set()),
    "dinov2_no_qkv_bias": ("Dinov2Model", dinov2(24, 4, 2, 8, 32, qkv_bias=False, hidden_act="gelu"),
                           {"size": {"shortest_edge": 36}, "crop_size": {"height": 32, "width": 32}}, set()),
    "dinov2_patch_3": ("Dinov2Model", dinov2(18, 3, 3, 3, 15, layer_norm_eps=1e-4), BIT | shortest(17, 15), set()),
}
TEXT = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, vocab_size=12,
            max_position_embeddings=6, bos_token_id=0, eos_token_id=1, pad_token_id=0)


def write_pictures() -> None:
    """Pictures much taller and much wider than they are wide and tall, each side of another parity."""
    folder = GOLDEN / "vit" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, height in (("tall.jpg", 24, 61), ("wide.png", 71, 26)):
        y, x = np.mgrid[0:height, 0:width]
        rgb = np.stack([x * 255 / width, y * 255 / height, 128 + 100 * np.sin(x / 4) * np.cos(y / 5)], -1)
        Image.fromarray(rgb.astype(np.uint8)).save(folder / name)
    (GOLDEN / "vit" / "images.txt").write_text("".join(f"{name}\n" for name in IMAGES))


def build(kind: str, fields: dict) -> torch.nn.Module:
    if kind in ("CLIPModel", "SiglipModel"):
        config_class = getattr(transformers, kind.replace("Model", "Config"))
        extra = {"projection_dim": 8} if kind == "CLIPModel" else {}
        text = TEXT | ({"projection_size": fields["hidden_size"]} if kind == "SiglipModel" else {})
        config = config_class(vision_config=fields, text_config=text, **extra)
    elif kind.startswith("Dinov2"):
        config = getattr(transformers, kind.replace("Model", "Config"))(**fields)
    else:
        config = getattr(transformers, kind.split("Vision")[0] + "VisionConfig")(**fields)
    return getattr(transformers, kind)(config)


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Values so large that leaving out or mixing up any tensor shows."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in sorted(model.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if "norm" in name.lower() and name.endswith("weight"):
            value = 1 + 0.3 * noise
        elif "lambda1" in name:
            value = 0.6 + 0.3 * noise
        elif tensor.dim() >= 2 and name.endswith("weight") and "position" not in name:
            value = 1.2 * noise / tensor[0].numel() ** 0.5
        else:
            value = 0.4 * noise
        tensor.copy_(value)


def store(model: torch.nn.Module, folder: Path, special: set[str]) -> None:
    model.save_pretrained(folder)
    weights = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    if "position_ids" in special:  # older files have this buffer
        count = model.vision_model.embeddings.num_positions
        weights["vision_model.embeddings.position_ids"] = torch.arange(count).expand(1, -1).contiguous()
        weights["text_model.embeddings.position_ids"] = torch.arange(6).expand(1, -1).contiguous()
    if "vision_prefix" in special:  # as transformers 4 wrote a tower that stands alone
        weights = {name if name.startswith(("vision_model.", "visual_projection")) else "vision_model." + name: tensor
                   for name, tensor in weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config.pop("transformers_version", None)
    if "sparse" in special:  # as the Hub's siglip-base: only what differs from the defaults
        kept = ("hidden_size", "intermediate_size", "num_hidden_layers", "image_size", "model_type")
        config["vision_config"] = {key: config["vision_config"][key] for key in kept}
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def processor_of(preparation: dict, kind: str, folder: Path):
    named = preparation.get("image_processor_type", preparation.get("feature_extractor_type", ""))
    default = "Bit" if kind.startswith("Dinov2") else "CLIP" if kind.startswith("CLIP") else "Siglip"
    family = next((key for key in PROCESSORS if named.startswith(key)), default)
    return PROCESSORS[family].from_pretrained(folder)


def taps(model: torch.nn.Module, pixels: torch.Tensor, tap: int) -> torch.Tensor:
    """Tokens of the patches [n, T, D] in hidden_states[tap], fp32."""
    tower = getattr(model, "vision_model", model)
    with torch.no_grad():
        states = tower(pixel_values=pixels, output_hidden_states=True).hidden_states
    assert len(states) == tower.config.num_hidden_layers + 1
    patch = tower.config.patch_size
    tokens = (pixels.shape[2] // patch) * (pixels.shape[3] // patch)
    return states[tap][:, -tokens:].float().contiguous()


def with_published_positions(model: torch.nn.Module, height: int, width: int) -> torch.nn.Module:
    """The model with the positions in place that DINOv2's first release interpolates: scale factors (g + 0.1) / table."""
    embeddings = model.embeddings
    table = embeddings.position_embeddings
    side = int((table.shape[1] - 1) ** 0.5)
    patch = model.config.patch_size
    grid = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2).float()
    scale = [(size // patch + 0.1) / side for size in (height, width)]
    grid = torch.nn.functional.interpolate(grid, scale_factor=scale, mode="bicubic")
    assert grid.shape[2:] == (height // patch, width // patch)
    grid = grid.permute(0, 2, 3, 1).reshape(1, -1, table.shape[2]).to(table.dtype)
    whole = torch.cat([table[:, :1], grid], 1).detach()
    embeddings.interpolate_pos_encoding = lambda embeddings, height, width: whole
    return model


def expectations(kind: str, preparation: dict, special: set[str], folder: Path) -> dict[str, torch.Tensor]:
    def load(dtype: torch.dtype) -> torch.nn.Module:
        model, report = getattr(transformers, kind).from_pretrained(folder, dtype=dtype, attn_implementation="eager",
                                                                   output_loading_info=True)
        assert not report["missing_keys"] and not report["mismatched_keys"], report
        return model.eval()

    processor = processor_of(preparation, kind, folder)
    # Read as the pipeline does: converted before anything else.
    images = [Image.open(GOLDEN / name).convert("RGB") for name in IMAGES]
    pixels = processor(images, return_tensors="pt")["pixel_values"]
    assert pixels.dtype == torch.float32
    model = load(torch.float32)
    result = {"features": taps(model, pixels, -2), "features_last": taps(model, pixels, -1),
              "pixels": pixels[0].contiguous()}
    if "scale_0.1" in special:
        result["features_scale_0.1"] = taps(with_published_positions(model, *pixels.shape[2:]), pixels, -2)
    if "bf16" in special:
        result["features_bf16"] = taps(load(torch.bfloat16), pixels.to(torch.bfloat16), -2)
    return result


def main() -> None:
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    write_pictures()
    for seed, (name, (kind, fields, preparation, special)) in enumerate(CONFIGURATIONS.items()):
        folder = GOLDEN / "vit" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        model = build(kind, fields).eval()
        with torch.no_grad():
            randomise(model, seed)
        store(model, folder, special)
        (folder / "preprocessor_config.json").write_text(json.dumps(preparation, indent=1) + "\n")
        expected = expectations(kind, preparation, special, folder)
        save_file(expected, folder / "expected.safetensors", metadata={"images": "\n".join(IMAGES)})
        size = (folder / "model.safetensors").stat().st_size
        assert size < 200_000, (name, size)
        print(f"{name}: {size} bytes, features {list(expected['features'].shape)}, "
              f"rms {expected['features'].square().mean().sqrt():.3f}")


if __name__ == "__main__":
    main()
