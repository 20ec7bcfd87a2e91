# SPDX-License-Identifier: Apache-2.0
"""Rows of the miniature benchmarks and nasty answers to them, for benchmark_miniatures.py; makes no file by itself. Columns
are those of lmms-lab's datasets. Questions and answers are ours."""

from benchmark_pictures import KINDS, picture

Row = dict[str, object]
Rows = list[tuple[Row, str]]  # each with an answer

LETTERS = "ABCDE"


class Album:
    """A picture of another kind each time."""

    def __init__(self, seed: int) -> None:
        self.seed, self.given = seed, 0

    def next(self, path: str | None = None) -> Row:
        self.given += 1
        kind = KINDS[(self.given - 1) % len(KINDS)]
        return {"bytes": picture(kind, self.seed * 100 + self.given), "path": path}


def mmbench() -> Rows:
    """Circular groups: base, hint, options, the answers to the rotations. The right option is the first of the base row
    (of those from 30 on: any)."""
    groups = [
        (7, "nan", ["a red bus", "a blue car", "a ship", "a plane"], ["A", "D.", "(C)", "B"]),  # right
        (12, "Look at the left half.", ["yes", "no"], ["yes, it is", "B"]),  # right by its text, then by its letter
        (13, "nan", ["three", "two", "one"], ["It is three", "The answer is C.", "zzz"]),  # undecided
        (999999, "", ["the cat", "the dog", "the cow", "the fox"], ["A cat is here", "D", "C", "B"]),  # article, text rule
        (15, None, ["north", "south", "east", "west\n"], ["A", "A", "C", "B"]),  # decided and wrong
        (16, "nan", ["no", "yes"], ["none of these", "banana"]),  # "no" lies in "none", "nan" in "banana"
        (17, "nan", ["E major", "C minor", "", "D minor"], ["E", "D", "C", "B"]),  # E is a decided wrong answer
        (21, "nan", ["Straße", "Çedilla", "naïve", "coöperate"], ["STRASSE", "ÇEDILLA?", "Answer:C", "B!"]),
        (22, "nan", ["0", "1", "2", "3"], ["", "Failed to obtain answer via API", "C", "A B"]),
        *((30 + i, "nan", ["up", "down", "in", "out"], ["?" * (i + 1)]) for i in range(7)),  # guesses, of which some are right
    ]
    album, rows = Album(1), []
    for base, hint, options, answers in groups:
        image = album.next()
        for turn, answer in enumerate(answers):
            turned = options[turn:] + options[:turn]
            cells = dict(zip("ABCD", turned + ["nan"] * (4 - len(options))))
            rows.append(({"index": base + turn * 1_000_000, "question": f"What is shown in picture {base}?", "hint": hint,
                          "answer": LETTERS[(base if 30 <= base < 40 else -turn) % len(options)], **cells,
                          "category": ["object_localization", "ocr"][base % 2], "image": image, "source": "drawn",
                          "L2-category": ["finegrained_perception", "coarse_perception"][base % 3 == 0],
                          "comment": "nan", "split": "dev"}, answer))
    orphan = dict(rows[0][0], index=1_000_500, question="A rotation whose base is not there?")
    rows.append((orphan, "A"))
    rows.insert(1, rows.pop(3))  # a rotation ahead of its base's others: order is by index, not by row
    return rows


def mme() -> Rows:
    perception = ["existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"]
    cognition = ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"]
    answers = [("Yes", "No."), ("yes.", "Not sure"), ("snow", "unknown"), (". yes", "oh yes"), ("Yes, there is", "no\nyes"),
               ("y", "n"), ("", "Nope"), ("YES", "NO"), ("noyes", "none"), ("y.e.s", "n.o"),
               ("yes", "yes"), ("\"yes\"", "No"), ("Now", "no"), ("Да", "no")]
    album, rows = Album(2), []
    for i, category in enumerate(perception + cognition + ["count", "OCR", "Count"]):  # a category of another case: cognition
        image = album.next()
        # A name that several categories share is one of each.
        key = "shared/0001.png" if category in ("count", "OCR") and i < 14 else f"{category}/{i:04}.png"
        for gold, answer in zip(("Yes", "No"), answers[i % len(answers)]):
            rows.append(({"question_id": key, "image": image,
                          "question": f" Is there {gold.lower()} {category} here? Please answer yes or no.", "answer": gold,
                          "category": category}, answer))
    rows.append(rows.pop(4))  # pairs need not be neighbours
    return rows


def vqa_rows(album: Album, questions: list[tuple[str, list[str], str]], more: object) -> Rows:
    rows = []
    for i, (question, answers, answer) in enumerate(questions):
        if i % 3 != 1:
            image = album.next(f"{i:03}.jpg")  # each third question is of the picture before
        rows.append(({**more(i), "image": image, "question": question, "answers": answers}, answer))
    return rows


def ten(*answers: tuple[str, int]) -> list[str]:
    return [answer for answer, count in answers for _ in range(count)]


QUESTIONS = [
    ("What animal is this?", ten(("cat", 1), ("dog", 9)), "cat"),
    ("What animal is this?", ten(("cat", 2), ("dog", 8)), "Cat."),
    ("WHICH IBM computer is it?", ten(("cat", 3), ("dog", 7)), "a cat"),
    ("  how many are there?", ten(("two", 3), ("2", 3), ("three", 4)), "2"),
    ("what is left?", ten(("0", 4), ("nothing", 6)), "none"),
    ("is it readable?", ten(("unanswerable", 3), ("grey", 7)), "Unanswerable"),
    ("Which shirt?", ten(("t-shirt", 10)), "tshirt"),
    ("whose is it?", ten(("someones", 10)), "someone's"),
    ("article?", ten(("a", 10)), "the"),
    ("colours?", ten(("red,blue", 4), ("blue", 6)), "redblue"),
    ("country?", ten(("u.s.", 10)), "US"),
    ("where to write?", ten(("bcom", 4), ("b com", 6)), "a@b.com"),
    ("what is it?\nlook", ten(("wellknown t shirt", 10)), "well-known t- shirt"),
    ("dots?", ten(("........", 10)), "." * 40),
    ("straße?", ten(("STRASSE", 5), ("straße", 5)), "Straße"),
    ("ǆ first?", ten(("dont know", 5), ("don't know", 5)), "dont know"),
    ("how much?", ten(("$1,000.50", 5), ("1000", 5)), "$1000.50"),
    ("one answer?", ["x"], "x"),
    ("two answers?", ["x", "x"], "x"),
    ("five answers?", ["x", "x", "x", "y", "y"], "X"),
    ("what colour?", ten(("red", 10)), "The answer is red"),
    ("nothing?", ten(("", 10)), ""),
    ("tabs?", ten(("a b", 10)), "a\tb"),
    ("full width?", ten(("？", 10)), "?"),
]


def ok_vqa() -> Rows:
    return vqa_rows(Album(3), QUESTIONS + [("no answers?", [], "x")],
                    lambda i: {"question_id": str(2_971_475 + i), "question_type": "one", "answer_type": "other"})


def textvqa() -> Rows:
    return vqa_rows(Album(4), QUESTIONS, lambda i: {
        "image_id": f"{i:016x}", "question_id": 34_602 + i, "question_tokens": ["what", "is", "it"], "image_width": 16,
        "image_height": 12, "flickr_original_url": "", "flickr_300k_url": "", "image_classes": ["Poster"],
        "set_name": "val", "ocr_tokens": ["STOP", "", "ahead"] if i % 2 else []})


def vizwiz() -> Rows:
    return vqa_rows(Album(5), QUESTIONS[::-1] + [("no answers?", [], "unanswerable")],
                    lambda i: {"question_id": f"VizWiz_val_{i:08}.jpg", "category": "unanswerable" if i % 4 == 0 else "other"})


def scienceqa() -> Rows:
    answers = ["A", "B", "B. rock", "b", "B)", "(B)", "The answer is B.", "", "E", "E.", ".A", "É.", "AB", "A.B", "Z. x", "C",
               "A. B", "D", "B:", "1", "C.", "A\n", "D. four"]
    album, rows = Album(6), []
    for i, answer in enumerate(answers):
        choices = ["ice", "rock", "sand", "air", "fire"][:2 + i % 4]
        rows.append(({"image": None if i == 5 else album.next(), "question": f"Which is number {i}?", "choices": choices,
                      "answer": [0, 1, 1, 1, 1, 1, 1, 0, 4, 4, 0, 2, 0, 0, 1, 2, 0, 3, 1, 0, 1, 0, 3][i] % len(choices),
                      "hint": "" if i % 3 else f"Water is wet.\nHint {i}.", "task": "closed choice", "grade": "grade3",
                      "subject": "natural science", "topic": "physics", "category": "Materials", "skill": "Compare",
                      "lecture": "A lecture.\n" * (i % 2), "solution": "Because."}, answer.strip()))
    return rows


def seed() -> Rows:
    answers = ["A", "A.", "A. One", "B", "b", "(C)", "The answer is C", "", "D", "AB", "Because", "Α", "\"A\"", "Cat", "1", "E",
               "Answer: A", "D", "C", "B", "A", "C.", "Dog", "a"]
    golds = ["A", "A", "A", "B", "B", "C", "C", "A", "D", "A", "B", "A", "A", "C", "A", "A", "A", "d", "C", "C", " A", "C", "D", "A"]
    album, rows = Album(7), []
    for i, (answer, gold) in enumerate(zip(answers, golds)):
        video = i % 4 == 3
        rows.append(({"answer": gold, "choice_a": "One", "choice_b": f"Two {i}", "choice_c": "Three\n", "choice_d": "",
                      "data_id": [f"{i}_0", f"{i}_1", f"{i}_2"] if video else [str(i)], "data_type": "video" if video else "image",
                      "question": f"How many instances are there in picture {i}?", "question_id": f"v{i}" if video else str(i),
                      "question_type_id": 10 + i % 3 if video else 1 + i % 9,
                      "image": [album.next() for _ in range(3 if video else 1)],
                      "segment": ["0", "1.5"] if video else None}, answer))
    return rows
