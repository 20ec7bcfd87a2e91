# SPDX-License-Identifier: Apache-2.0
"""What SmolLM2-135M-Instruct answers greedily to 50 questions, by transformers in float32, for the test `vlm_models_test`.

Needs build/models (scripts/setup.sh --models). Writes tests/golden/real_model_answers.json:
  model_sha256   of model.safetensors
  most, stop     ids of an answer at most; the id that ends it and is left out
  answers        for each: question, prompt (ids, in the model's form with the system text of our `chatml`), answer (ids), text, and
                 `until`: how many ids are to be compared, where behind them the two best logits lie within 1e-4; else null
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
import transformers

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "build/models/smollm2-135m-instruct"
MOST, MARGIN = 24, 1e-4
QUESTIONS = ["What is the capital of France?", "What is the capital of Japan?", "Name three colours.", "How many days has a week?",
             "Write a haiku about rain.", "What is 2 + 2?", "Who wrote Hamlet?", "Why is the sky blue?", "Translate 'good morning' into French.",
             "What do bees make?", "Is a whale a fish?", "Give me a recipe for tea.", "What is photosynthesis?", "Name a planet with rings.",
             "How do I boil an egg?", "What is the opposite of hot?", "Tell me a joke.", "What is the largest ocean?", "Who painted the Mona Lisa?",
             "How many legs has a spider?", "What is gravity?", "Write a sentence with the word 'lantern'.", "What language is spoken in Brazil?",
             "What comes after Tuesday?", "Name two mammals that live in the sea.", "What is a prime number?", "How far away is the Moon?",
             "What is the boiling point of water?", "Who was the first person on the Moon?", "What is the square root of 81?",
             "Describe a forest in one sentence.", "What is DNA?", "When did the Second World War end?", "What is an adjective?",
             "How do aeroplanes fly?", "What is the chemical symbol of gold?", "Name a fruit that is yellow.", "What is the longest river in Africa?",
             "Give me a synonym of 'happy'.", "What is a verb?", "Why do leaves fall in autumn?", "What is the currency of the United Kingdom?",
             "How many continents are there?", "What is an atom made of?", "Write a short greeting for a friend.", "What is the speed of light?",
             "Which animal says 'moo'?", "What is the tallest mountain?", "Answer with yes or no: is ice cold?", "List the primary colours.\nUse commas."]


@torch.no_grad()
def answer(model, tokenizer, question: str) -> dict:
    talk = [dict(role="system", content="You are Qwen, created by Alibaba Cloud. You are a helpful assistant."), dict(role="user", content=question)]
    ids = tokenizer(tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True))["input_ids"]
    stop = tokenizer.convert_tokens_to_ids("<|im_end|>")
    given = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), do_sample=False, max_new_tokens=MOST,
                           eos_token_id=stop, pad_token_id=stop, return_dict_in_generate=True, output_logits=True)
    close = [step for step, logits in enumerate(given.logits) if logits[0].topk(2).values.diff().abs().item() <= MARGIN]
    found = given.sequences[0, len(ids):].tolist()
    if found[-1] == stop:
        found.pop()
    return dict(question=question, prompt=ids, answer=found, text=tokenizer.decode(found), until=close[0] if close else None)


def main() -> None:
    if not MODEL.is_dir():
        sys.exit("error: build/models is not there. Remedy: run scripts/setup.sh --models first.")
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    answers = [answer(model, tokenizer, question) for question in QUESTIONS]
    assert len(answers) == 50 and sum(one["until"] is not None for one in answers) < 0.02 * len(answers) + 1
    rows = ",\n".join(json.dumps(one) for one in answers)
    digest = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    stop = tokenizer.convert_tokens_to_ids("<|im_end|>")
    (ROOT / "tests/golden/real_model_answers.json").write_text(
        f'{{"model_sha256": "{digest}", "most": {MOST}, "stop": {stop}, "answers": [\n{rows}\n]}}\n')
    print(sum(len(one["answer"]) < MOST for one in answers), "stopped;", [one["until"] for one in answers if one["until"] is not None], "close")
    print(answers[0]["text"])


if __name__ == "__main__":
    main()
