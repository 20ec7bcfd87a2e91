# SPDX-License-Identifier: Apache-2.0
"""What transformers writes for a LLaVA, by which our exported folders are measured: tests/golden/llava_export.

For each of llama and qwen2 (tied, with rows to spare):
  llm/            a tiny language model with the vocabulary of the tokenizer in tests/golden/conversations
  exported.json   of LlavaForConditionalGeneration.save_pretrained with the encoder and projector of tests/golden/llava:
                  config, processor, picture processor; shape and SHA-256 (of the rows that training knows) of each tensor
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from llava_tiny import SIZE, TOKENS, WIDTH, randomised
from safetensors.torch import load_file

ROOT = Path(__file__).parents[1] / "golden"
GOLDEN = ROOT / "llava_export"
# vocabulary of the model, id of the image token, rows of the embedding with it
SIZES = {"llama": ("Llama", 560, 560, 576), "qwen2": ("Qwen2", 512, 483, 512)}
TOKENIZERS = {"llama": "llama", "qwen2": "qwen"}


def make_llm(name: str) -> transformers.PreTrainedModel:
    kind, vocabulary, _, _ = SIZES[name]
    special = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0) if name == "llama" else dict(bos_token_id=None, eos_token_id=482, pad_token_id=480)
    config = getattr(transformers, kind + "Config")(
        vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=40, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=name == "qwen2",
        rope_parameters={"rope_type": "default", "rope_theta": 5000.0 if name == "qwen2" else 10000.0}, **special)
    llm = getattr(transformers, kind + "ForCausalLM")(config).eval()
    randomised(llm)
    if name == "qwen2":
        llm.tie_weights()
    return llm


def load_llava(clip_folder: Path, llm: transformers.PreTrainedModel, projector_file: Path, image: int) -> transformers.LlavaForConditionalGeneration:
    clip = transformers.CLIPVisionModel.from_pretrained(clip_folder)
    config = transformers.LlavaConfig(
        vision_config=clip.config, text_config=llm.config, image_token_index=image, vision_feature_layer=-2,
        vision_feature_select_strategy="default", projector_hidden_act="gelu", image_seq_length=TOKENS)
    model = transformers.LlavaForConditionalGeneration(config).eval()
    model.model.vision_tower.load_state_dict(clip.state_dict())
    model.model.language_model.load_state_dict(llm.model.state_dict())
    model.lm_head.load_state_dict(llm.lm_head.state_dict())
    projector = load_file(projector_file)
    for ours, theirs in (("0", "linear_1"), ("2", "linear_2")):
        for part in ("weight", "bias"):
            getattr(getattr(model.model.multi_modal_projector, theirs), part).data.copy_(projector[f"model.mm_projector.{ours}.{part}"])
    return model


def make_llava(name: str, llm: transformers.PreTrainedModel) -> transformers.LlavaForConditionalGeneration:
    _, vocabulary, image, rows = SIZES[name]
    folder = ROOT / "llava" / name
    model = load_llava(folder / "clip", llm, folder / "projector.safetensors", image)
    if rows > vocabulary:
        model.resize_token_embeddings(rows)
    return model


def make_processor(name: str) -> transformers.LlavaProcessor:
    tokenizer = transformers.AutoTokenizer.from_pretrained(ROOT / "conversations" / TOKENIZERS[name])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    pictures = transformers.CLIPImageProcessorPil.from_pretrained(ROOT / "llava" / name / "clip")
    processor = transformers.LlavaProcessor(image_processor=pictures, tokenizer=tokenizer, patch_size=14, vision_feature_select_strategy="default",
                                            num_additional_image_tokens=1)
    assert processor.image_token_id == SIZES[name][2], processor.image_token_id
    return processor


def without_file_keys(config: dict) -> dict:
    return {key: value for key, value in config.items() if key not in ("_name_or_path", "architectures", "dtype", "transformers_version")}


def described(name: str, folder: Path, vocabulary: int) -> dict:
    tensors = {}
    for key, value in sorted(load_file(folder / "model.safetensors").items()):
        known = value[:vocabulary] if key.endswith(("embed_tokens.weight", "lm_head.weight")) else value
        # What 4.x writes and both read; 5.17 leaves the name in the middle out.
        old = key if "vision_tower.vision_model." in key else key.replace("vision_tower.", "vision_tower.vision_model.")
        tensors[old] = {"shape": list(value.shape), "sha256": hashlib.sha256(known.contiguous().numpy().tobytes()).hexdigest()}
    read = lambda name: json.loads((folder / name).read_text())
    config = read("config.json")
    for part in ("text_config", "vision_config"):
        config[part] = without_file_keys(config[part])
    del config["transformers_version"]
    fast = read("tokenizer.json")
    del fast["model"]["unk_token"]  # 5.17 leaves LLaMA's out
    return dict(config=config, tokenizer=fast if name == "llama" else None, processor=read("processor_config.json"), tensors=tensors)


def write(name: str, seed: int) -> None:
    torch.manual_seed(seed)
    folder = GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    llm = make_llm(name)
    llm.save_pretrained(folder / "llm")
    with tempfile.TemporaryDirectory() as kept:
        make_llava(name, llm).save_pretrained(kept)
        make_processor(name).save_pretrained(kept)
        value = described(name, Path(kept), SIZES[name][1])
    (folder / "exported.json").write_text(json.dumps(value, sort_keys=True) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("llama", 21)
    write("qwen2", 22)
