# SPDX-License-Identifier: Apache-2.0
"""Small tokenizers in Hugging Face layout and what Python makes of many lines with them: tests/golden/tokenizers.

    llama, llama_legacy            SentencePiece with LLaMA's settings. transformers 5 has no slow LlamaTokenizer any more: its
                                   rules are written out below (class SlowLlama) on the sentencepiece package.
                                   --against-slow compares them with the real one; run it where transformers 4.38 is.
    qwen2, smollm2, gpt2, llama3   byte-level BPE with the settings of these families; ids by transformers' AutoTokenizer
"""

import io
import json
import shutil
import sys
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

sys.path.insert(0, str(Path(__file__).parent))
from tokenizers_texts import lines, training_corpus

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "tokenizers"
QWEN2_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SMOLLM2_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<reponame>", "<file_sep>"]
LINES, LONG_LIST = 440, 2000
UNDERLINE = "\u2581"


class SlowLlama:
    """LlamaTokenizer(use_fast=False) of transformers 4.38: tokenization_llama.py, tokenization_utils.py."""

    def __init__(self, folder: Path, legacy: bool):
        data = (folder / "tokenizer.model").read_bytes()
        # normalizer_spec { add_dummy_prefix: false }, merged into what the model has
        self.model = sentencepiece.SentencePieceProcessor(model_proto=data if legacy else data + b"\x1a\x02\x18\x00")
        self.legacy = legacy
        self.special = {"<s>": 1, "</s>": 2, "<unk>": 0, "<pad>": len(self.model)}  # pad: not a piece, an added token
        self.added = {**self.special, "<image>": len(self.model) + 1}

    def pieces(self, text: str) -> list[str]:
        if self.legacy or not text.startswith((UNDERLINE, " ")):
            return self.model.encode(text, out_type=str)
        skipped = len(self.model.encode("<unk>", out_type=str))
        return self.model.encode("<unk>" + text, out_type=str)[skipped:]

    def split(self, text: str) -> list[str]:
        parts, begin, at = [], 0, 0
        while at < len(text):
            token = next((t for t in sorted(self.added, key=len, reverse=True) if text.startswith(t, at)), None)
            if token:
                parts += [text[begin:at], token]
                begin = at = at + len(token)
            else:
                at += 1
        return [part for part in parts + [text[begin:]] if part]

    def encode(self, text: str) -> list[int]:
        if text and not self.legacy:
            text = UNDERLINE + text.replace(UNDERLINE, " ")
        tokens = []
        for part in self.split(text):
            tokens += [part] if part in self.added else self.pieces(part)
        if not self.legacy and len(tokens) > 1 and tokens[0] == UNDERLINE and tokens[1] in self.special:
            tokens = tokens[1:]
        return [1] + [self.added[t] if t in self.added else self.model.piece_to_id(t) for t in tokens]

    def decode(self, ids: list[int]) -> str:
        """Without special tokens; around other added tokens there are spaces."""
        image = self.added["<image>"]
        parts, run = [], []
        for one in [i for i in ids if i not in self.special.values()] + [None]:
            if one is not None and one != image:
                run.append(self.model.id_to_piece(one))
                continue
            if run and run[0].startswith(UNDERLINE):
                run[0] = run[0][1:]
            text = self.model.decode(run)
            parts += [text] if text or (run and one is None) else []
            parts += ["<image>"] if one == image else []
            run = []
        return " ".join(parts)


def write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n")


def make_llama(folder: Path, legacy: bool) -> None:
    folder.mkdir(parents=True)
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_corpus()), model_writer=written, model_type="bpe", vocab_size=1000, byte_fallback=True, split_digits=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, add_dummy_prefix=True,
        character_coverage=0.99, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, num_threads=1, minloglevel=2)
    (folder / "tokenizer.model").write_bytes(written.getvalue())
    size = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue()).get_piece_size()

    def entry(content: str, special: bool) -> dict:
        return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": special}

    added = {"0": entry("<unk>", True), "1": entry("<s>", True), "2": entry("</s>", True), str(size): entry("<pad>", True), str(size + 1): entry("<image>", False)}
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "LlamaTokenizer", "legacy": legacy, "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "pad_token": "<pad>", "added_tokens_decoder": added, "clean_up_tokenization_spaces": False, "model_max_length": 2048, "padding_side": "right", "sp_model_kwargs": {}})


def train(tokenizer: Tokenizer, size: int, special: list[str]) -> None:
    tokenizer.train_from_iterator(training_corpus(), trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))


def save(tokenizer: Tokenizer, folder: Path, config: dict, merges_as_text: bool = False) -> None:
    folder.mkdir(parents=True)
    value = json.loads(tokenizer.to_str())
    if merges_as_text:
        value["model"]["merges"] = [" ".join(pair) for pair in value["model"]["merges"]]
    write_json(folder / "tokenizer.json", value)
    write_json(folder / "tokenizer_config.json", config)


def byte_level_sequence(words: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(words), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def make_qwen2(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix=""))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.NFC(), byte_level_sequence(QWEN2_WORDS)
    tokenizer.decoder, tokenizer.post_processor = decoders.ByteLevel(), processors.ByteLevel(trim_offsets=False)
    train(tokenizer, 900, [])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    tokenizer.add_tokens([AddedToken("<|fim_middle|>", normalized=False)])
    save(tokenizer, folder, {"tokenizer_class": "Qwen2Tokenizer", "add_bos_token": False, "add_prefix_space": False, "bos_token": None, "eos_token": "<|im_end|>",
                             "pad_token": "<|endoftext|>", "unk_token": None, "errors": "replace", "model_max_length": 32768}, merges_as_text=True)


def make_smollm2(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, 900, SMOLLM2_SPECIAL)
    save(tokenizer, folder, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>",
                             "unk_token": "<|endoftext|>", "additional_special_tokens": ["<|im_start|>", "<|im_end|>"], "model_max_length": 8192})


def make_gpt2(folder: Path) -> None:
    """GPT-2 with a space in front, and added tokens with every flag."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD()])
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=True), decoders.ByteLevel()
    train(tokenizer, 700, ["<|endoftext|>"])
    tokenizer.add_special_tokens([AddedToken("<image>", lstrip=True, rstrip=True, special=True, normalized=False), AddedToken("</s>", rstrip=True, special=True, normalized=False)])
    tokenizer.add_tokens([AddedToken("[W]", single_word=True, normalized=False), AddedToken("<extra>", lstrip=True, normalized=True),
                          AddedToken("\u00E9", normalized=True), AddedToken("dog", single_word=True, normalized=True), AddedToken("<|im_start", normalized=False),
                          AddedToken("<|im_start|>", normalized=False)])
    save(tokenizer, folder, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
                             "add_bos_token": True, "add_eos_token": True})


def make_llama3(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer, tokenizer.decoder = byte_level_sequence(LLAMA3_WORDS), decoders.ByteLevel()
    train(tokenizer, 800, [])
    value = json.loads(tokenizer.to_str())
    for word in ("\u0120photographs", "xyz", "\u0120frisbees"):  # whole words that no merge makes
        value["model"]["vocab"][word] = len(value["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(value))
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<|begin_of_text|>", "<|eot_id|>")])
    start = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B:1",
                                                                            special_tokens=[("<|begin_of_text|>", start)])])
    save(tokenizer, folder, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"})


def golden(folder: Path, encode, decode) -> dict:
    """Decoded texts are kept where they are not the line itself."""
    texts = lines(LINES)
    ids = [encode(text) for text in texts]
    decoded = [decode(one) for one in ids]
    return {"ids": ids, "decoded": {str(i): text for i, text in enumerate(decoded) if text != texts[i]}}


def write_golden(name: str, encode, decode) -> None:
    value = golden(GOLDEN / name, encode, decode)
    rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value["ids"])
    decoded = json.dumps(value["decoded"], ensure_ascii=False)
    (GOLDEN / name / "golden.json").write_text('{"ids":[\n' + rows + '],\n"decoded":' + decoded + "}\n")


def main() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir(parents=True)
    write_json(GOLDEN / "lines.json", lines(LONG_LIST))
    for name, legacy in (("llama", False), ("llama_legacy", True)):
        make_llama(GOLDEN / name, legacy)
        slow = SlowLlama(GOLDEN / name, legacy)
        write_golden(name, slow.encode, slow.decode)
    from transformers import AutoTokenizer
    for make in (make_qwen2, make_smollm2, make_gpt2, make_llama3):
        name = make.__name__.removeprefix("make_")
        make(GOLDEN / name)
        fast = AutoTokenizer.from_pretrained(GOLDEN / name)
        write_golden(name, fast.encode, lambda ids: fast.decode(ids, skip_special_tokens=True))


def against_slow() -> None:
    from transformers import LlamaTokenizer
    for name, legacy in (("llama", False), ("llama_legacy", True)):
        ours, theirs = SlowLlama(GOLDEN / name, legacy), LlamaTokenizer.from_pretrained(GOLDEN / name)
        assert theirs.legacy == legacy
        texts = lines(LONG_LIST)
        bad = [text for text in texts if ours.encode(text) != theirs.encode(text)]
        odd = [text for text in texts if ours.decode(ours.encode(text)) != theirs.decode(ours.encode(text), skip_special_tokens=True)]
        print(f"{name}: ids differ in {len(bad)} of {len(texts)} lines, decoded texts in {len(odd)}", bad[:5], odd[:5])
        assert not bad and not odd


if __name__ == "__main__":
    against_slow() if sys.argv[1:] == ["--against-slow"] else main()
