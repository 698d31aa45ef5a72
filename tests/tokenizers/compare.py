#!/usr/bin/env python3
"""Compares our tokenizers with the packages `tokenizers`, `sentencepiece` and `tiktoken`.

    python3 tests/tokenizers/compare.py build/bin/ganglion [--data DIR] [--venv DIR] [--only NAME]

Installs the packages from PyPI into a virtual environment of its own (default
build/tokenizer-venv), makes at least 10,000 texts (xquad, samples in ten scripts, code, emoji,
broken UTF-8, random Unicode), and encodes every text with every tokenizer of DIR/models/tokenizers
both ways. Prints a table; exit code 1 when one token differs.
"""
import argparse
import base64
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGES = ["tokenizers==0.23.3", "sentencepiece==0.2.3", "tiktoken==0.14.0"]
MIN_TEXTS = 10_000

SCRIPTS = {
    "Latin": "Où est la bibliothèque? Straße, naïve café, ǅ ﬁ Ǆ œuvre; I'm SURE they'LL've don't 'Tis",
    "Greek": "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. ΣΊΣΥΦΟΣ ᾳ Ὀδυσσεύς",
    "Cyrillic": "Съешь же ещё этих мягких французских булок, да выпей чаю. Ґанок їжак ЪЫЬ",
    "Arabic": "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ومغلف بجلد أزرق ٠١٢٣",
    "Hebrew": "דג סקרן שט בים מאוכזב ולפתע מצא לו חברה. שָׁלוֹם 5 ש\"ח",
    "Devanagari": "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश। क्ष त्र ज्ञ १२३",
    "Thai": "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน ๑๒๓ น้ำ",
    "Chinese": "我能吞下玻璃而不伤身体。繁體字、「引號」，２０２６年！㊗️ 𠮷野家",
    "Japanese": "いろはにほへと ちりぬるを ワカヨタレソ ｶﾀｶﾅ 漢字仮名交じり文。がぎぐ か゛",
    "Korean": "다람쥐 헌 쳇바퀴에 타고파. 키스의 고유조건은 ㅋㅋㅋ 각 한글",
    "Tamil": "யாமறிந்த மொழிகளிலே தமிழ்மொழி போல் இனிதாவது எங்கும் காணோம் ௧௨",
    "Georgian": "გთხოვთ ახლავე გაიაროთ რეგისტრაცია ᲒᲐᲛᲐᲠᲯᲝᲑᲐ",
    "Mixed": "x²+y³=½ №5 €3.50 ½ Ⅷ ① ⅔ ™ ﷺ ﬃ Å Å e\u0301 n\u0303 ñ \u200bzero\u200d\u00a0nbsp\u3000wide",
    "Emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇮🇹🇪🇺 👍🏽 ❤️ 🤷🏻‍♂️ 1️⃣ ☎️ 😀😃😄 🫠🫡",
}
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", " \n", "\n ", "\u00a0", "\u3000", "\u2003", "\x0b",
          "\x0c", "\x85", "\u2028", "    \n    ", ""]
SPELLED = ["<s>", "</s>", "<unk>", "<pad>", "<mask>", " <mask> ", "<|endoftext|>", "<|startoftext|>", "<|user|>",
           "<|assistant|> \n", "<|end|>", "<|im_end|>", "[INST]", "<0x0A>", "▁", "▁▁the", "<extra_id_0>",
           "<|0.00|>", ">>TITLE<<", "[CLS]", "</w>", "Ġthe", "\x00", "\x01\x02", "\ufeff", "\ufffd"]


def install(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def xquad_texts(data):
    for language in ("en", "es", "ar"):
        path = data / "retrieval" / "xquad" / f"xquad.{language}.json"
        if not path.exists():
            continue
        for article in json.loads(path.read_text())["data"]:
            for paragraph in article["paragraphs"]:
                yield paragraph["context"]
                for question in paragraph["qas"]:
                    yield question["question"]


def code_texts(data):
    for path in sorted((ROOT / "src").rglob("*.cc"))[:150]:
        lines = path.read_text().splitlines(keepends=True)
        for start in range(0, len(lines), 40):
            yield "".join(lines[start:start + 40])
    for path in sorted((ROOT / "tools").rglob("*.py")):
        yield path.read_text()


def random_texts(rng, count):
    """Single code points of all planes, words of random letters, and mixtures of everything."""
    import unicodedata
    assigned = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and unicodedata.category(chr(c)) != "Cn"]
    words = [word for sample in SCRIPTS.values() for word in sample.split()]
    ascii_signs = "".join(map(chr, range(0x20, 0x7F)))
    for i in range(count):
        kind = i % 6
        if kind == 0:
            yield "".join(chr(rng.choice(assigned)) for _ in range(rng.randint(1, 40)))
        elif kind == 1:
            yield "".join(rng.choice(ascii_signs) for _ in range(rng.randint(1, 80)))
        elif kind == 2:
            yield "".join(rng.choice(words) + rng.choice(SPACES) for _ in range(rng.randint(1, 25)))
        elif kind == 3:
            yield "".join(rng.choice([rng.choice(words), rng.choice(SPELLED), rng.choice(SPACES),
                                      str(rng.randint(0, 10 ** rng.randint(1, 12)))])
                          for _ in range(rng.randint(1, 20)))
        elif kind == 4:
            yield rng.choice(SPACES) * rng.randint(0, 9) + rng.choice(words) + rng.choice(SPACES) * rng.randint(0, 9)
        else:
            script = rng.choice([0x20, 0x370, 0x400, 0x590, 0x600, 0x900, 0xE00, 0x1100, 0x3040, 0x4E00, 0xAC00,
                                 0x1F300, 0x300, 0x2000, 0xFF00, 0x1E900])
            yield "".join(chr(script + rng.randint(0, 0xFF)) for _ in range(rng.randint(1, 60)))


def broken_texts(rng, count):
    """Bytes that are not UTF-8: cut, changed and random ones."""
    samples = [text.encode() for text in SCRIPTS.values()]
    for i in range(count):
        sample = bytearray(rng.choice(samples))
        if i % 3 == 0:
            start = rng.randint(0, len(sample) - 2)
            yield bytes(sample[start:rng.randint(start + 1, len(sample))])
        elif i % 3 == 1:
            for _ in range(rng.randint(1, 8)):
                sample[rng.randrange(len(sample))] = rng.randrange(256)
            yield bytes(sample)
        else:
            yield bytes(rng.randrange(256) for _ in range(rng.randint(1, 40)))


def make_texts(data):
    rng = random.Random(3)
    texts = [""] + SPELLED + list(SCRIPTS.values()) + [s * n for s in SPACES for n in (1, 2, 7)]
    texts += ["a" * 3000, " " * 3000, "ab " * 1000, "\n" * 500, "é" * 1000, "漢" * 1000, "0123456789" * 100]
    texts += list(xquad_texts(data)) + list(code_texts(data)) + list(random_texts(rng, 6000))
    encoded = [text.encode() for text in texts] + list(broken_texts(rng, 1200))
    assert len(encoded) >= MIN_TEXTS, f"only {len(encoded)} texts: no shared data at {data}?"
    return encoded


def split_pattern(kind):
    contraction = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
    rest = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    return contraction + (r"\p{N}" if kind == "qwen2" else r"\p{N}{1,3}") + rest


def cases(data):
    folder = data / "models" / "tokenizers"
    for name in ("phi-2", "falcon-tokenizer", "roberta-base", "clip", "whisper.tiny", "llama2", "phi-3-mini",
                 "t5-small"):
        yield name, "tokenizers", folder / name / "tokenizer.json", ""
    yield "gpt2", "gpt2", folder / "gpt2", ""
    yield "bert-base-cased", "wordpiece", folder / "bert-base-cased", ""
    yield "llama2 (tokenizer.model)", "sentencepiece", folder / "llama2" / "tokenizer.model", ""
    yield "llama3 (ranks)", "tiktoken", folder / "llama3" / "tokenizer.model", "llama-bpe"
    yield "qwen (ranks)", "tiktoken", folder / "qwen" / "qwen.tiktoken", "qwen2"
    yield "cl100k (ranks)", "tiktoken", folder / "phi-3-small" / "cl100k_base.tiktoken", "dbrx"
    for kind in ("unigram", "bpe"):
        for option in ("plain", "bytes", "symbols"):
            yield f"trained {kind}, {option}", "trained", pathlib.Path(f"{kind}-{option}"), ""


def train(path, kind, option, texts):
    """A small SentencePiece model of its own making: published Unigram models are not in the data."""
    import io
    import sentencepiece
    model = io.BytesIO()
    options = {"bytes": dict(byte_fallback=True, normalization_rule_name="identity",
                             remove_extra_whitespaces=False),
               "symbols": dict(user_defined_symbols=["<sep>", "ab", "e\u0301"], add_dummy_prefix=False),
               "plain": {}}[option]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts[:4000]), model_writer=model, vocab_size=1200, model_type=kind,
        character_coverage=0.98, hard_vocab_limit=False, minloglevel=2, num_threads=1, **options)
    path.write_bytes(model.getvalue())


def with_merges_as_pairs(text):
    """Merges as lists: the package refuses the texts of tokens that hold a space (Llama 2's)."""
    root = json.loads(text)
    merges = root["model"].get("merges", [])
    if merges and isinstance(merges[0], str):
        vocabulary = root["model"]["vocab"]
        root["model"]["merges"] = [
            next([merge[:at], merge[at + 1:]] for at in range(1, len(merge))
                 if merge[at] == " " and merge[:at] in vocabulary and merge[at + 1:] in vocabulary)
            for merge in merges]
    return json.dumps(root)


def peer(kind, path, pre, special):
    """A function from a list of bytes to a list of ids."""
    decoded = lambda texts: [text.decode("utf-8", errors="replace") for text in texts]
    if kind in ("sentencepiece", "trained"):
        import sentencepiece
        model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        return lambda texts: [model.encode(text) for text in texts]
    if kind == "tiktoken":
        import tiktoken
        ranks = {base64.b64decode(token): int(rank) for token, rank in
                 (line.split() for line in path.read_bytes().splitlines() if line)}
        encoding = tiktoken.Encoding(path.name, pat_str=split_pattern(pre), mergeable_ranks=ranks,
                                     special_tokens={})
        return lambda texts: [encoding.encode_ordinary(text) for text in decoded(texts)]
    import tokenizers
    if kind == "gpt2":
        tokenizer = tokenizers.ByteLevelBPETokenizer(str(path / "vocab.json"), str(path / "merges.txt"))
    elif kind == "wordpiece":
        tokenizer = tokenizers.BertWordPieceTokenizer(str(path / "vocab.txt"), lowercase=True)
        tokenizer._tokenizer.encode_special_tokens = True
    else:
        tokenizer = tokenizers.Tokenizer.from_str(with_merges_as_pairs(path.read_text()))
        tokenizer.encode_special_tokens = not special
        tokenizer.no_truncation()
        tokenizer.no_padding()
    return lambda texts: [tokenizer.encode(text, add_special_tokens=special).ids for text in decoded(texts)]


def ours(binary, path, pre, special, lines):
    command = [binary, "debug", "tokens", "--model", path, "--jsonl", lines]
    command += ["--pre-tokenizer", pre] if pre else []
    command += ["--special"] if special else []
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{path}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(arguments):
    data = arguments.data
    texts = make_texts(data)
    failed = False
    print(f"{len(texts)} texts")
    print(f"{'tokenizer':<28} {'package':<14} {'special':<8} {'tokens':>9} {'differ':>7}")
    with tempfile.TemporaryDirectory() as folder:
        lines = pathlib.Path(folder) / "texts.jsonl"
        lines.write_text("".join(json.dumps({"base64": base64.b64encode(text).decode()}) + "\n" for text in texts))
        for name, kind, path, pre in cases(data):
            if arguments.only and arguments.only not in name:
                continue
            if kind == "trained":
                model, option = path.name.split("-")
                path = pathlib.Path(folder) / f"{path.name}.model"
                train(path, model, option, [text for text in xquad_texts(data)])
            for special in ((False, True) if kind == "tokenizers" else (False,)):
                expected = peer(kind, path, pre, special)(texts)
                if name == "t5-small" and not special:
                    # The package lets Unigram make control tokens of text that spells them; we never do.
                    spelled = [text.encode() for text in ("<unk>", "</s>", "<pad>", "<extra_id_")]
                    expected = [None if any(s in text for s in spelled) else ids
                                for text, ids in zip(texts, expected)]
                found = ours(arguments.binary, path, pre, special, lines)
                assert len(found) == len(expected)
                wrong = [i for i, pair in enumerate(zip(expected, found)) if pair[0] is not None and pair[0] != pair[1]]
                failed = failed or bool(wrong)
                print(f"{name:<28} {kind:<14} {'yes' if special else 'no':<8} {sum(map(len, found)):>9} "
                      f"{len(wrong):>7}", flush=True)
                for i in wrong[:arguments.show]:
                    print(f"    {texts[i][:200]!r}\n      expected {expected[i][:40]}\n      found    {found[i][:40]}")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("GANGLION_DATA", ROOT.parent / "shared" / "data")))
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / "build" / "tokenizer-venv")
    parser.add_argument("--only", default="", help="tokenizers whose name holds this")
    parser.add_argument("--show", type=int, default=3, help="differences printed of each")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        python = install(arguments.venv)
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:], "--inside"], check=False).returncode)
    sys.exit(compare(arguments))


if __name__ == "__main__":
    main()
