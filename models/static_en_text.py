#!/usr/bin/env python3
"""Writes the text that models/ganglion-static-en.gguf is made from: one sentence a line.

Needs the files of Debian's wordnet-base and a folder with the public data sets as their authors
publish them (models/README.md says where each comes from). Only training splits are read.
"""

import argparse
import csv
import json
import pathlib
import re
import sys


def read_wordnet(folder):
    """Glosses and examples: "00001740 03 n ... | a gloss; "an example"; "another"."""
    glosses, examples = [], []
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence, at the top
                continue
            text = line.partition(" | ")[2].strip()
            examples += [quoted.strip() for quoted in re.findall(r'"([^"]+)"', text)]
            gloss = re.sub(r';?\s*"[^"]*".*$', "", text).strip(" ;")
            glosses.append(gloss)
    return glosses, examples


def read_clinc150(path):
    sets = json.loads(path.read_text(encoding="utf-8"))
    return [text for text, _ in sets["train"] + sets["oos_train"]]


def read_banking77(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def read_restaurant8k(path):
    return [item["userInput"]["text"] for item in json.loads(path.read_text(encoding="utf-8"))]


def read_wnut17(path):
    sentences, words = [], []
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        if line.strip():
            words.append(line.split("\t")[0])
        elif words:
            sentences.append(" ".join(words))
            words = []
    return sentences


def write(path, texts):
    lines = [" ".join(text.split()) for text in texts]
    lines = [line for line in lines if line]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path}: {len(lines)} lines", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=pathlib.Path, default="/usr/share/wordnet")
    parser.add_argument("--data", type=pathlib.Path, required=True,
                        help="folder with intent/ and extraction/")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the text files")
    arguments = parser.parse_args()
    intent, extraction = arguments.data / "intent", arguments.data / "extraction"
    glosses, examples = read_wordnet(arguments.wordnet)
    snips = (intent / "snips/train/seq.in").read_text(encoding="utf-8").splitlines()
    arguments.out.mkdir(parents=True, exist_ok=True)
    write(arguments.out / "wordnet_glosses.txt", glosses)
    write(arguments.out / "wordnet_examples.txt", examples)
    write(arguments.out / "clinc150.txt", read_clinc150(intent / "clinc150/data_full.json"))
    write(arguments.out / "banking77.txt", read_banking77(intent / "banking77/train.csv"))
    write(arguments.out / "snips.txt", snips)
    write(arguments.out / "restaurant8k.txt",
          read_restaurant8k(extraction / "restaurant8k/train_0.json"))
    write(arguments.out / "wnut17.txt", read_wnut17(extraction / "wnut17/wnut17train.conll"))


if __name__ == "__main__":
    main()
