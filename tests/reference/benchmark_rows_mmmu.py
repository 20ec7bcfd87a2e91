# SPDX-License-Identifier: Apache-2.0
"""Rows of the miniature MMMU and nasty answers to them, for benchmark_miniatures.py; makes no file by itself."""

from benchmark_rows import Album, Row, Rows

ANIMALS = "['cat', 'dog', 'cow', 'fox']"

# Subject, question, options (a Python literal), answer, what the model says.
CHOICES = [
    ("Art", "Which animal is in <image 1>?", ANIMALS, "A", "The answer is (B) not (A)"),
    ("Art", "Which animal is in <image 1>?", ANIMALS, "B", "A or B"),
    ("Art_Theory", "<image 1> Who?", ANIMALS, "A", "(A) B"),
    ("Design", "Which?  <image 1>", "[\"it's\", 'a \"b\"', 'c\\\\d', 'tab\\there', ]", "B", "B.'"),
    ("Music", "<image 1>", ANIMALS, "D", "D)"),  # random
    ("Accounting", "No picture at all?", ANIMALS, "C", "it is a cat"),  # random
    ("Economics", "<image 1> or <image 2>?", "['<image 1>', '<image 2>']", "B", "either the first or the second I would say B"),
    ("Math", "See <image 2> first, then <image 1>, again <image 2>.", "['a' 'b', 'c', '\\u00e9', '\\x41']", "A", "DNA"),
    ("Physics", "<image 1>", ANIMALS, "B", "AB CD"),
    ("Chemistry", "<image 1>", ANIMALS, "A", "A.B.C.D. x"),
    ("Pharmacy", "<image 1>", ANIMALS, "D", "A\nB"),
    ("Public_Health", "<image 1>", "['only']", "A", "C"),  # random, of one
    ("History", "<image 1>", ANIMALS, "A", ""),  # random
    ("Electronics", "<image 1>", "['1 <image 2>', '2 <image 3>', '3']", "B", "either the cat or the dog I would say B"),
    ("Materials", "<image 1>", ANIMALS, "B", "either the cat or the dog I would say"),
]
OPEN = [
    ("Energy_and_Power", "What is in <image 1>?", "cat", "category"),
    ("Energy_and_Power", "What is in <image 1>?", "24%", "24"),
    ("Mechanical_Engineering", "<image 1> value?", "['24/7', '3.429']", "3.429"),
    ("Mechanical_Engineering", "<image 1> value?", "11", "the result is 10 and not 11"),
    ("Computer_Science", "<image 1> value?", "1", "So 1 + 1 = 2"),
    ("Computer_Science", "<image 1> value?", "", "anything"),
    ("Agriculture", "<image 1> value?", "nan", "nan"),
    ("Agriculture", "<image 1> value?", "1,234.5", "It is 1,234.50 dollars"),
    ("Geography", "<image 1> value?", "A", "option A is right"),
    ("Geography", "<image 1> value?", "-2.675", "therefore the answer is -2.675.\nOr is it 2.68?"),
]


def mmmu() -> Rows:
    album, rows, numbers = Album(8), [], {}
    for subject, question, options, answer, said in [*CHOICES, *((s, q, "[]", a, r) for s, q, a, r in OPEN)]:
        numbers[subject] = numbers.get(subject, 0) + 1
        images: Row = {f"image_{k}": album.next() if f"<image {k}>" in question + options else None for k in range(1, 8)}
        rows.append(({"id": f"validation_{subject}_{numbers[subject]}", "question": question, "options": options,
                      "explanation": "", **images, "img_type": "['Diagrams']", "answer": answer, "topic_difficulty": "Medium",
                      "question_type": "open" if options == "[]" else "multiple-choice", "subfield": subject}, said))
    return rows
