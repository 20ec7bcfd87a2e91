# SPDX-License-Identifier: Apache-2.0
"""The tiny tokenizers of conversations.py, in the settings of LLaMA, of LLaMA by its legacy rule, and of Qwen2."""
import io
import random
import unicodedata

import sentencepiece
import tokenizers

QUESTIONS = "A chat between a curious user and an artificial intelligence assistant. " \
            "The assistant gives helpful, detailed, and polite answers to the user's questions."
WORDS = ("the a an of on in with and is are red blue green small large circle square dog cat tree house river bird person two "
         "three seven left right above below near sky grass street table picture shows what where how many color colour "
         "describe image question answer option letter directly using single word or phrase please bridge window 12 2048 0.5 "
         "café naïve 東京 ☂ it's don't e.g. (maybe) \"so\" A. B. C. D.").split()


def sentence(draw, least=3, most=14):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, most)))


def corpus():
    draw = random.Random(7)
    # As in LLaMA's vocabulary "USER" is one piece and " USER" two: what the published rule for masks rests on.
    lines = [QUESTIONS, "1USER 2USER 3USER", "in the US the UN and the UK", "system user assistant ASSISTANT"]
    return lines * 30 + [sentence(draw).capitalize() + draw.choice(".?!") for _ in range(900)]


# surfaces(text): what a call of the Python tokenizer gives, as (id, bytes of the text).

class Llama:
    bos, eos, pad = 1, 2, 0
    legacy = False

    @staticmethod
    def normal(text):
        return text.replace("▁", " ")

    def __init__(self):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus()), model_writer=model, model_type="bpe", vocab_size=560, byte_fallback=True,
            split_digits=True, allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, character_coverage=0.9995,
            normalization_rule_name="identity", pad_id=-1, num_threads=1, minloglevel=2)
        self.bytes = model.getvalue()
        no_prefix = b"\x1a\x02\x18\x00"  # normalizer_spec { add_dummy_prefix: false }: a later field counts
        self.model = sentencepiece.SentencePieceProcessor(model_proto=self.bytes + no_prefix)
        self.words = {"<s>": 1, "</s>": 2, "<unk>": 0}

    def parts(self, rest):
        parts = []
        while rest:
            at, word = min(((rest.find(w), w) for w in self.words if w in rest), default=(len(rest), ""))
            parts += [rest[:at], word]
            rest = rest[at + len(word):]
        return parts

    def pieces(self, part):
        out = []
        for number in self.model.encode(part):
            piece = self.model.id_to_piece(number)
            raw = bytes([int(piece[3:5], 16)]) if self.model.is_byte(number) else piece.replace("▁", " ").encode()
            out.append((number, raw))
        return out

    def surfaces(self, text):
        out = [(1, b"")]
        parts = self.parts(" " + text if text else "")
        if len(parts) > 1 and parts[0] == " " and parts[1]:
            parts[0] = ""  # no piece for the dummy prefix alone
        first = bool(parts and parts[0])
        for part in parts:
            if part in self.words:
                out.append((self.words[part], part.encode()))
            elif part:
                out += self.pieces(part)
        if first:  # the dummy prefix stands for nothing in the text
            assert out[1][1].startswith(b" ")
            out[1] = (out[1][0], out[1][1][1:])
        assert b"".join(raw for _, raw in out) == text.encode(), (text, out)
        return out


class LegacyLlama(Llama):
    """What follows a special token gets a dummy prefix of its own, as the model's settings have it."""
    legacy = True

    def __init__(self):
        super().__init__()
        self.model = sentencepiece.SentencePieceProcessor(model_proto=self.bytes)

    def surfaces(self, text):
        out = [(1, b"")]
        for part in self.parts(text):
            if part in self.words:
                out.append((self.words[part], part.encode()))
            elif part:
                (number, raw), *rest = self.pieces(part)
                assert raw.startswith(b" ")
                out += [(number, raw[1:]), *rest]
        assert b"".join(raw for _, raw in out) == text.encode(), (text, out)
        return out


class Qwen:
    bos = None
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

    @staticmethod
    def normal(text):
        return unicodedata.normalize("NFC", text)

    def __init__(self):
        pattern = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
                   r"\s+(?!\S)|\s+")
        whole = tokenizers.Tokenizer(tokenizers.models.BPE())
        whole.normalizer = tokenizers.normalizers.NFC()
        whole.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
            tokenizers.pre_tokenizers.Split(tokenizers.Regex(pattern), behavior="isolated"),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        whole.decoder = tokenizers.decoders.ByteLevel()
        whole.train_from_iterator(corpus(), tokenizers.trainers.BpeTrainer(
            vocab_size=480, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
        whole.add_special_tokens(self.special)
        self.model = whole
        self.pad, self.eos = (whole.token_to_id(self.special[i]) for i in (0, 2))

    def surfaces(self, text):
        encoding = self.model.encode(text, add_special_tokens=False)
        raw, out, at = text.encode(), [], 0
        places = [len(text[:i].encode()) for i in range(len(text) + 1)]
        for number, (begin, end) in zip(encoding.ids, encoding.offsets):
            token = self.model.id_to_token(number)
            count = len(token.encode()) if token in self.special else len(token)  # byte-level: one letter per byte
            assert places[begin] <= at <= at + count <= places[end], (text, token)
            out.append((number, raw[at:at + count]))
            at += count
        assert at == len(raw)
        return out
