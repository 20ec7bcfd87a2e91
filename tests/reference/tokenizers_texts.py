# SPDX-License-Identifier: Apache-2.0
"""Lines of every kind of text that trips a tokenizer; tokenizers_small.py and tokenizers_smollm2.py share them.

By itself it does nothing."""

import random

WORDS = ("the of and a to in is you that it he was for on are as with his they at be this have from or had by hot but some what there "
         "we can out other were all your when up use word how said an each she which do their time if will way about many then them "
         "would write like so these her long make thing see him two has look more day could go come did my sound no most number who "
         "over know water than call first people may down side been now find any new work part take get place made live where after "
         "picture image photograph dog cat table holding sitting standing street background young man woman playing frisbee describe "
         "detailed answer question assistant user curious artificial intelligence representation correspondence alignment").split()

SPECIAL = ["<s>", "</s>", "<unk>", "<pad>", "<image>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<|begin_of_text|>",
           "<|eot_id|>", "<extra>", "[W]", "<im_start>", "<ent>", "<s", "/s>", "< s>", "<0x0A>", "<|im_start", "<|fim_middle|>"]

SCRIPTS = ["你好，世界！这是一张照片。", "これは写真です。カタカナとひらがな", "안녕하세요 세계", "שלום עולם", "مرحبا بالعالم ١٢٣٤٥", "Привет, мир!",
           "Γειά σου Κόσμε", "नमस्ते दुनिया १२३", "สวัสดีชาวโลก", "Xin chào thế giới", "Ünïcödé ßtraße ÀÉÎÕÜ", "ﬁ ﬂ Å Å Ω Ω",
           "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛", "ⅣⅧ ½ ² ③", "‏مرحبا‎ abc", "ქართული", "አማርኛ", "བོད་ཡིག", "𠀀𠀁𪜀", "ｆｕｌｌｗｉｄｔｈ　ＴＥＸＴ"]

EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇫🇷", "😀😃", "❤️", "✈︎", "🧑🏿‍🚀", "1️⃣", "🫠🫡", "☃", "©®™"]

COMBINING = ["e\u0301te\u0301", "n\u0303", "A\u030A", "q\u0307\u0323", "q\u0323\u0307", "o\u0302\u0301", "\u1100\u1161\u11A8", "\uAC00\u11A8",
             "Z\u0351\u036B\u0343a\u0329\u032Bl\u034E\u0347g\u0321", "\u0344", "\u2126\u212B", "\uFB01\uFB4F", "\u0958", "\u0915\u093C", "\u1E9B\u0323",
             "a\u0315\u0300\u05AE\u0301b", "\u0301leading", "\u0F71\u0F72\u0F74"]

CODE = ["for (int i = 0; i < n; ++i) { a[i] += b[i] * 2.5f; }", "def f(x):\n    return x**2  # square\n", "if x == 'it''s':\n\tprint(\"\\t\\n\")",
        "<div class=\"a b\">&nbsp;&amp;</div>", "SELECT * FROM t WHERE a<>1 AND b>=2;", "std::vector<std::pair<int,int>>&& v", "#!/bin/sh\nset -eu\n",
        "\\frac{a}{b} + \\sum_{i=0}^{\\infty} x_i", "{\"a\": [1, 2, {\"b\": null}], \"c\": -1.5e-7}", "x = y if z else w;;;;", "camelCaseIdentifier_with_snake",
        "https://example.org/a?b=c&d=%20#e", "C:\\Users\\x\\file.txt", "0xDEADBEEF 0b1010 1_000_000", "a->b.c[d]!=!e&&f||g", "/* comment */ // more"]

SPACES = ["", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n ", "\t\t ", "a  b", "a   b    c", " a", "a ", "  a  ", "\ta\t", "a\n\n\nb", "a \n b", "\u00A0", "a\u00A0b",
          "\u3000", "a\u2003b", "\u2028", "\u0085", "\u200B", "\uFEFFa", "a\u000Bb\u000Cc", "\u2581", "\u2581a", "a\u2581b", "\u2581\u2581", " \u2581 ", "\u0120a", "x\u0000y",
          "\u001C", "a\u001Fb", "  \n  \n  ", "a\t b\t\tc", "             thirteen", "end            "]

QUOTES = ["I'm you're we've he'll she'd it's", "I'M YOU'RE WE'VE HE'LL SHE'D IT'S", "don't 'quoted' ''double''", "rock'n'roll", "'s't're", "\u2019s it\u2019s", "L'\u00E9t\u00E9",
          "'\u017F long s", "'RE'VE'LL'D", "o'clock's'", "...!!??", "--- *** ___", "\u2014\u2013\u2026\u00AB\u00BB", "$5.00 \u20AC3 \u00A39 \u00A51", "a.b,c;d:e!f?g", "(((nested)))", "50%&#@^~`"]

DIGITS = ["0", "7", "12", "123", "1234", "12345", "3.14159265358979323846", "1,234,567.89", "0" * 40, "9876543210" * 6, "2024-05-17T12:34:56Z", "v1.5.10-rc2", "\u0661\u0662\u0663",
          "1st 2nd 3rd", "a1b2c3", "1 2 3", "10 000", "\u00B2\u00B3\u00B9\u00BC", "\u2167", "5x5=25", "007 "]

LONG = ["a" * 300, "ab" * 150, "\u4E2D" * 80, "=" * 120, " " * 90 + "x", "xyz " * 60, "\n" * 50, "\U0001F600" * 30, "e\u0301" * 60, "</s>" * 12, "hello" * 50]

FIXED = SPACES + SCRIPTS + EMOJI + COMBINING + CODE + QUOTES + DIGITS + LONG


def sentence(draw: random.Random) -> str:
    words = [draw.choice(WORDS) for _ in range(draw.randint(2, 9))]
    if draw.random() < 0.5:
        words[0] = words[0].capitalize()
    return " ".join(words) + draw.choice([".", "?", "!", "", ",", "..."])


def around_special(draw: random.Random) -> str:
    token = draw.choice(SPECIAL)
    return draw.choice(["{}", "a{}b", " {} ", "a {} b", "  {}  ", "\n{}\n", "{}{}", "{} {}", "USER: what?{}ASSISTANT: that{}", "x{}\n", "\u2581{}", "{}USER", "A{}", "{}\u00E9",
                        "{}  two", "_{}_", "\t{}", ".{}."]).format(token, draw.choice(SPECIAL))


def any_characters(draw: random.Random) -> str:
    planes = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x900, 0x97F), (0x3040, 0x30FF), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3),
              (0x1F300, 0x1F64F), (0x2000, 0x206F), (0x1, 0x1F), (0x1100, 0x11FF), (0x20000, 0x2A6D6)]
    return "".join(chr(draw.randint(*draw.choice(planes))) for _ in range(draw.randint(1, 12)))


def mixed(draw: random.Random) -> str:
    parts = []
    for _ in range(draw.randint(2, 4)):
        kind = draw.choice([WORDS, WORDS, WORDS, SCRIPTS, EMOJI, COMBINING, QUOTES, DIGITS[:12], SPECIAL])
        parts.append(draw.choice(kind))
    return draw.choice([" ", "", "  ", "\n", ", "]).join(parts)


def conversation(draw: random.Random) -> str:
    return f"USER: <image>\n{sentence(draw)} ASSISTANT: {sentence(draw)}</s>USER: {sentence(draw)} ASSISTANT: {sentence(draw)}</s>"


def lines(count: int) -> list[str]:
    """The fixed ones, then drawn ones; the same for every call, and a shorter list is the beginning of a longer one."""
    draw = random.Random(20240517)
    out = list(FIXED)
    makers = [sentence, around_special, any_characters, mixed, mixed, around_special, sentence, lambda d: str(d.randint(0, 10 ** d.randint(1, 25))),
              lambda d: d.choice(CODE) + d.choice(SPACES) + d.choice(QUOTES), lambda d: d.choice(SPACES) + sentence(d) + d.choice(SPACES)]
    while len(out) < count:
        out.append(conversation(draw) if len(out) % 50 == 0 else makers[len(out) % len(makers)](draw))
    return out[:count]


def training_corpus() -> list[str]:
    draw = random.Random(7)
    corpus = [sentence(draw) for _ in range(1500)]
    for kind in (SCRIPTS, CODE, QUOTES, EMOJI, DIGITS[:12]):
        corpus += [text.replace("\n", " ") for text in kind] * 4
    return corpus + ["a   b      c        d", "int  x;    y"] * 6
