#!/usr/bin/env python3
"""Tokenizer speed against the package `tokenizers`, one thread each, in turn.

    python3 benchmarks/tokenizer_speed.py build/release/bench_tokenizer_speed [--data DIR] [--venv DIR]

Both encode the same texts; every round measures one, then the other, and the best pass of all
rounds counts. The package is measured three ways (encode, encode_batch, encode_batch_fast) and
the fastest counts. Processor time, so that other work on the machine does not count. The numbers of
tokens must agree.
"""
import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "tokenizers"))
import compare  # noqa: E402

ROUNDS = 3
SECONDS = 1.0


def llama3(path):
    """The ranks as the tokenizer.json that Llama 3 is published with."""
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers
    spell = dict(zip(range(256), compare_bytes()))
    ranks = {base64.b64decode(token): int(rank) for token, rank in
             (line.split() for line in path.read_bytes().splitlines() if line)}
    spelled = lambda token: "".join(spell[byte] for byte in token)
    merges = []
    for token, rank in ranks.items():
        pairs = [(token[:at], token[at:]) for at in range(1, len(token))
                 if token[:at] in ranks and token[at:] in ranks]
        merges += [(rank, ranks[left], ranks[right], left, right) for left, right in pairs]
    merges = [(spelled(left), spelled(right)) for _, _, _, left, right in sorted(merges)]
    vocabulary = {spelled(token): rank for token, rank in ranks.items()}
    tokenizer = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(tokenizers.Regex(compare.split_pattern("llama-bpe")), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def compare_bytes():
    """GPT-2's characters for the bytes 0 to 255."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    extra = iter(range(0x100, 0x200))
    return [chr(byte) if byte in plain else chr(next(extra)) for byte in range(256)]


def measure_package(tokenizer, texts):
    """Best MB/s of the three ways, and the number of tokens."""
    num_bytes = sum(len(text.encode()) for text in texts)
    ways = [lambda: [tokenizer.encode(text, add_special_tokens=False) for text in texts],
            lambda: tokenizer.encode_batch(texts, add_special_tokens=False)]
    if hasattr(tokenizer, "encode_batch_fast"):
        ways.append(lambda: tokenizer.encode_batch_fast(texts, add_special_tokens=False))
    best, tokens = 0.0, 0
    for way in ways:
        end = time.monotonic() + SECONDS
        while True:
            start = time.process_time()
            encoded = way()
            best = max(best, num_bytes / (time.process_time() - start) / 1e6)
            tokens = sum(len(encoding.ids) for encoding in encoded)
            if time.monotonic() > end:
                break
    return best, tokens


def run(arguments):
    import tokenizers
    folder = arguments.data / "models" / "tokenizers"
    corpora = {
        "English (xquad)": [p["context"] for a in json.loads(
            (arguments.data / "retrieval/xquad/xquad.en.json").read_text())["data"] for p in a["paragraphs"]],
        "Spanish (xquad)": [p["context"] for a in json.loads(
            (arguments.data / "retrieval/xquad/xquad.es.json").read_text())["data"] for p in a["paragraphs"]],
        "Arabic (xquad)": [p["context"] for a in json.loads(
            (arguments.data / "retrieval/xquad/xquad.ar.json").read_text())["data"] for p in a["paragraphs"]],
        "C++ (src/)": [path.read_text() for path in sorted((ROOT / "src").rglob("*.cc"))[:120]],
    }
    models = {
        "gpt2": (folder / "gpt2", "-", lambda: tokenizers.ByteLevelBPETokenizer(
            str(folder / "gpt2/vocab.json"), str(folder / "gpt2/merges.txt"))._tokenizer),
        "llama3": (folder / "llama3/tokenizer.model", "llama-bpe",
                   lambda: llama3(folder / "llama3/tokenizer.model")),
        "llama2": (folder / "phi-3-mini/tokenizer.json", "-",
                   lambda: tokenizers.Tokenizer.from_file(str(folder / "phi-3-mini/tokenizer.json"))),
    }
    print(f"tokenizers {tokenizers.__version__}; best of {ROUNDS} rounds in turn, MB/s on one thread")
    print(f"{'tokenizer':<10} {'texts':<18} {'ours':>8} {'package':>8} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as temporary:
        for name, (path, pre, build) in models.items():
            peer = build()
            for corpus, texts in corpora.items():
                lines = pathlib.Path(temporary) / "texts.jsonl"
                lines.write_text("".join(json.dumps(text) + "\n" for text in texts))
                ours, theirs = 0.0, 0.0
                for _ in range(ROUNDS):
                    output = subprocess.run([arguments.binary, path, pre, lines, str(SECONDS)],
                                            capture_output=True, text=True, check=True).stdout.split()
                    ours = max(ours, float(output[0]))
                    speed, tokens = measure_package(peer, texts)
                    theirs = max(theirs, speed)
                    assert tokens == int(output[1]), f"{name}, {corpus}: {tokens} and {output[1]} tokens"
                print(f"{name:<10} {corpus:<18} {ours:8.1f} {theirs:8.1f} {ours / theirs:6.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("GANGLION_DATA", ROOT.parent / "shared" / "data")))
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / "build" / "tokenizer-venv")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        python = compare.install(arguments.venv)
        environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}
        command = [python, __file__, *sys.argv[1:], "--inside"]
        sys.exit(subprocess.run(command, check=False, env=environment).returncode)
    run(arguments)


if __name__ == "__main__":
    main()
