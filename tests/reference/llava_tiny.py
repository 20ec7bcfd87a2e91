# SPDX-License-Identifier: Apache-2.0
"""Tiny LLaVAs (random CLIP, two-layer projector, 2-layer LLaMA or Qwen2) by transformers' LlavaForConditionalGeneration.

For each a folder tests/golden/llava/<name>:
  clip/, llm/                    Hugging Face folders of the parts, projector.safetensors beside them (LLaVA's names)
  expected.safetensors           for a batch of B = 3 samples, of which the last has no image
    images [4, S, S, 3]          pictures, uint8, of the encoder's own size; image_of [B]: which one, -1 = none
    ids, labels [B, L]           int64, -200 where an image goes, 0 and -100 as padding behind a sample's end; lengths [B]
    logits [B, L', V], loss []   with the image's tokens in place, padded on the right
    gradient.<name>              of the loss, of every parameter of projector and language model
    steps.ids, steps.labels [N, 2, L], steps.lengths, steps.image_of [N, 2]
    steps.align, steps.finetune  losses of N updates of stage 1 (projector) and, behind them, of stage 2 (all but the
                                 encoder): AdamW, cosine with warm-up, no decay, no clipping, float32
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

GOLDEN = Path(__file__).parents[1] / "golden" / "llava"
VOCABULARY, IMAGE_TOKEN, WIDTH, SIZE, PATCH, IMAGES, STEPS = 60, 59, 32, 42, 14, 4, 20
TOKENS = (SIZE // PATCH) ** 2
ALIGN_RATE, FINETUNE_RATE, WARMUP = 5e-3, 1e-3, 1
TEXT = dict(vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)


def randomised(model: torch.nn.Module) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            elif parameter.dim() == 1:
                parameter.copy_(0.2 * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) / parameter[0].numel() ** 0.5)


def make_model(kind: str) -> transformers.LlavaForConditionalGeneration:
    vision = transformers.CLIPVisionConfig(hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4,
                                           image_size=SIZE, patch_size=PATCH)
    text = getattr(transformers, kind + "Config")(**TEXT)
    config = transformers.LlavaConfig(vision_config=vision, text_config=text, image_token_index=IMAGE_TOKEN,
                                      vision_feature_layer=-2, vision_feature_select_strategy="default",
                                      projector_hidden_act="gelu", image_seq_length=TOKENS)
    model = transformers.LlavaForConditionalGeneration(config).eval()
    randomised(model)
    return model


def sample(length: int, learned_from: int, image: int) -> dict:
    """Ids of a sample, with -200 for its image (behind the first id), and labels from `learned_from` on."""
    ids = torch.randint(3, IMAGE_TOKEN, (length,)).tolist()
    ids[0] = 1
    if image >= 0:
        ids[1] = -200
    return dict(ids=ids, labels=[-100] * learned_from + ids[learned_from:], image=image)


def padded(samples: list[dict]) -> dict[str, torch.Tensor]:
    longest = max(len(one["ids"]) for one in samples)
    row = lambda one, key, filler: one[key] + [filler] * (longest - len(one[key]))
    return dict(ids=torch.tensor([row(one, "ids", 0) for one in samples]),
                labels=torch.tensor([row(one, "labels", -100) for one in samples]),
                lengths=torch.tensor([len(one["ids"]) for one in samples]),
                image_of=torch.tensor([one["image"] for one in samples]))


def expanded(samples: list[dict], images: torch.Tensor) -> dict[str, torch.Tensor]:
    """As transformers takes them: an image token for each of an image's tokens."""
    rows = []
    for one in samples:
        ids, labels = [], []
        for token, label in zip(one["ids"], one["labels"]):
            ids += [IMAGE_TOKEN] * TOKENS if token == -200 else [token]
            labels += [-100] * TOKENS if token == -200 else [label]
        rows.append((ids, labels))
    longest = max(len(ids) for ids, _ in rows)
    pad = lambda values, filler: values + [filler] * (longest - len(values))
    batch = dict(input_ids=torch.tensor([pad(ids, 0) for ids, _ in rows]),
                 labels=torch.tensor([pad(labels, -100) for _, labels in rows]),
                 attention_mask=torch.tensor([pad([1] * len(ids), 0) for ids, _ in rows]))
    used = [one["image"] for one in samples if one["image"] >= 0]
    if used:
        batch["pixel_values"] = images[used]
    return batch


def steps(model: torch.nn.Module, batches: list, images: torch.Tensor, names: list[str], rate: float) -> torch.Tensor:
    trained = [p for name, p in model.named_parameters() if any(part in name for part in names)]
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for parameter in trained:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, WARMUP, STEPS)
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = model(**expanded(batch, images)).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def write(name: str, kind: str, seed: int) -> None:
    torch.manual_seed(seed)
    folder = GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = make_model(kind)
    vision, text, projector = model.model.vision_tower, model.model.language_model, model.model.multi_modal_projector
    clip = transformers.CLIPVisionModel(vision.config)
    clip.load_state_dict(vision.state_dict())
    clip.save_pretrained(folder / "clip")
    transformers.CLIPImageProcessorPil(size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}).save_pretrained(
        folder / "clip") if hasattr(transformers, "CLIPImageProcessorPil") else transformers.CLIPImageProcessor(
        size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}).save_pretrained(folder / "clip")
    llm = getattr(transformers, kind + "ForCausalLM")(text.config)
    llm.model.load_state_dict(text.state_dict())
    llm.lm_head.load_state_dict(model.lm_head.state_dict())
    llm.save_pretrained(folder / "llm")
    save_file({"model.mm_projector.0.weight": projector.linear_1.weight.detach(), "model.mm_projector.0.bias": projector.linear_1.bias.detach(),
               "model.mm_projector.2.weight": projector.linear_2.weight.detach(), "model.mm_projector.2.bias": projector.linear_2.bias.detach()},
              folder / "projector.safetensors")

    pictures = torch.randint(0, 256, (IMAGES, SIZE, SIZE, 3), dtype=torch.uint8)
    processor = json.loads((folder / "clip" / "preprocessor_config.json").read_text())
    mean, std = (torch.tensor(processor[key]).view(3, 1, 1) for key in ("image_mean", "image_std"))
    images = (pictures.permute(0, 3, 1, 2) / 255 - mean) / std
    batch = [sample(9, 4, 2), sample(6, 3, 0), sample(7, 2, -1)]
    output = model(**expanded(batch, images))
    output.loss.backward()
    expected = dict(images=pictures, logits=output.logits.detach(), loss=output.loss.detach(), **padded(batch))
    for parameter, value in model.named_parameters():
        if value.grad is not None and "vision_tower" not in parameter:
            expected["gradient." + parameter] = value.grad.clone()
    batches = [[sample(8, 3, torch.randint(IMAGES, ()).item()), sample(8, 2, torch.randint(IMAGES, ()).item())]
               for _ in range(STEPS)]
    for key in ("ids", "labels", "lengths", "image_of"):
        expected["steps." + key] = torch.stack([padded(one)[key] for one in batches])
    expected["steps.align"] = steps(model, batches, images, ["multi_modal_projector"], ALIGN_RATE)
    expected["steps.finetune"] = steps(model, batches, images, ["multi_modal_projector", "language_model", "lm_head"],
                                       FINETUNE_RATE)
    save_file({key: value.contiguous() for key, value in expected.items()}, folder / "expected.safetensors")
    print(name, output.loss.item(), expected["steps.align"][[0, -1]], expected["steps.finetune"][[0, -1]])


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("llama", "Llama", 11)
    write("qwen2", "Qwen2", 12)
