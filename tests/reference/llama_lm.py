# SPDX-License-Identifier: Apache-2.0
"""Logits, losses and gradients of transformers' LLaMA and Qwen2 for tiny configurations.

For each configuration a Hugging Face folder tests/golden/lm/<name> (config.json, weights as safetensors, in shards or as
pytorch_model.bin; random weights in which every tensor matters) and expected.safetensors beside them, for a batch of B = 3
texts of lengths 13, 9 and 4, padded on the right to L = 13, of which some tokens are not to be learned:
  ids, mask, labels [B, L]       what goes in (int64; mask 1 = a token, labels -100 = ignored)
  logits [B, L, V]               fp32
  loss []                        mean over labels that are not ignored
  gradient.<name>                of the loss, for every parameter, by transformers' names
  logits_bf16 [B, L, V]          model in bf16, stored as fp32
  positions [B, L], logits_positions [B, L, V]  with positions far apart (some configurations)
  logits_bf16_frequencies        the same, with the rotations' frequencies rounded to bf16 (spec of the published training)
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

GOLDEN = Path(__file__).parents[1] / "golden" / "lm"
LENGTHS, LEARNED_FROM, VOCABULARY = [13, 9, 4], [5, 2, 1], 60
SIZES = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             max_position_embeddings=64, rms_norm_eps=1e-5, pad_token_id=0, bos_token_id=1, eos_token_id=2)
# Of six frequencies one stays, one is in the passage, four are divided.
LLAMA3 = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=0.25, high_freq_factor=4.0,
              original_max_position_embeddings=32)

# name: (model class, what its configuration has besides SIZES, what else is special)
CONFIGURATIONS: dict[str, tuple[str, dict, set[str]]] = {
    "llama_gqa": ("Llama", dict(num_key_value_heads=2), {"positions"}),
    "llama_biases_tied": ("Llama", dict(tie_word_embeddings=True, attention_bias=True, mlp_bias=True), {"old"}),
    "llama_head_dim": ("Llama", dict(num_key_value_heads=1, head_dim=12, rms_norm_eps=1e-3, rope_parameters=LLAMA3), {"positions"}),
    "qwen2": ("Qwen2", dict(num_key_value_heads=2, rope_parameters=dict(rope_type="default", rope_theta=1e6)), set()),
    "qwen2_tied": ("Qwen2", dict(num_key_value_heads=1, tie_word_embeddings=True, rms_norm_eps=1e-6), {"shards"}),
}


def make_model(kind: str, more: dict) -> transformers.PreTrainedModel:
    config = getattr(transformers, kind + "Config")(**(SIZES | more))
    model = getattr(transformers, kind + "ForCausalLM")(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif parameter.dim() == 1:
                parameter.copy_(0.3 * torch.randn_like(parameter))
            else:
                parameter.copy_(1.5 * torch.randn_like(parameter) / parameter.shape[1] ** 0.5)
    return model


def make_batch() -> dict[str, torch.Tensor]:
    longest = max(LENGTHS)
    ids = torch.randint(3, VOCABULARY, (len(LENGTHS), longest))
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, (length, start) in enumerate(zip(LENGTHS, LEARNED_FROM)):
        mask[row, :length] = 1
        labels[row, start:length] = ids[row, start:length]
    labels[0, 8] = -100  # amid the answer
    return dict(ids=ids * mask, mask=mask, labels=labels)


def save_old(model: transformers.PreTrainedModel, folder: Path) -> None:
    """As transformers 4 left it: .bin, frequencies among the weights, both tied weights, few keys in the configuration."""
    state = dict(model.state_dict())
    for layer in range(SIZES["num_hidden_layers"]):
        state[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = model.model.rotary_emb.inv_freq.clone()
    torch.save(state, folder / "pytorch_model.bin")
    keys = {**SIZES, "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "attention_bias": True,
            "mlp_bias": True, "tie_word_embeddings": True, "rope_scaling": None, "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(keys, indent=2) + "\n")


def save_model(model: transformers.PreTrainedModel, folder: Path, special: set[str]) -> None:
    if "old" in special:
        return save_old(model, folder)
    model.save_pretrained(folder, max_shard_size="30kB" if "shards" in special else "5GB")
    (folder / "generation_config.json").unlink()
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)  # safetensors keeps it to its owner


@torch.no_grad()
def logits_of(model: transformers.PreTrainedModel, batch: dict[str, torch.Tensor], **more: torch.Tensor) -> torch.Tensor:
    return model(input_ids=batch["ids"], attention_mask=batch["mask"], use_cache=False, **more).logits.float()


def expected(model: transformers.PreTrainedModel, special: set[str]) -> dict[str, torch.Tensor]:
    batch = make_batch()
    output = model(input_ids=batch["ids"], attention_mask=batch["mask"], labels=batch["labels"], use_cache=False)
    output.loss.backward()
    results = batch | {"logits": output.logits.detach(), "loss": output.loss.detach()}
    # Copies: bfloat16() below converts gradients, too.
    results |= {"gradient." + name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    if "positions" in special:
        positions = torch.arange(max(LENGTHS)) * torch.tensor([[97], [160], [333]]) + torch.tensor([[600], [0], [31]])
        results |= {"positions": positions, "logits_positions": logits_of(model, batch, position_ids=positions)}
        rotations = model.model.rotary_emb
        exact = rotations.inv_freq.clone()
        rotations.inv_freq.copy_(exact.bfloat16())
        results["logits_bf16_frequencies"] = logits_of(model, batch, position_ids=positions)
        rotations.inv_freq.copy_(exact)
    results["logits_bf16"] = logits_of(model.bfloat16(), batch)
    return {name: tensor.contiguous() for name, tensor in results.items()}


def main() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    torch.use_deterministic_algorithms(True)
    for number, (name, (kind, more, special)) in enumerate(CONFIGURATIONS.items()):
        torch.manual_seed(20 + number)
        folder = GOLDEN / name
        folder.mkdir(parents=True)
        model = make_model(kind, more)
        save_model(model, folder, special)
        results = expected(model, special)
        save_file(results, folder / "expected.safetensors")
        (folder / "expected.safetensors").chmod(0o644)
        print(name, f"loss {results['loss']:.4f}", f"logits' deviation {results['logits'].std():.2f}")


if __name__ == "__main__":
    main()
