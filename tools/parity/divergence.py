#!/usr/bin/env python3
"""How far 8-bit products move the next token's probabilities, ours and llama.cpp's.

    tools/parity/divergence.py FOLDER [--ganglion build/bin/ganglion] [--cache-type q8_0]
        [--llama-cpp-python PYTHON]

FOLDER holds index.json and, for every model NAME in it, NAME.gguf and NAME.logits_dequant.f32, the
float32 logits of its dequantised weights: the golden quantised models. Prints the mean KL divergence
(nats) of `debug logits --precision int8`, and with --llama-cpp-python, a Python that has the package
llama-cpp-python and numpy, that of llama.cpp. --cache-type q8_0 is for both; without it ours is bf16 and
llama.cpp's f32.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def log_probabilities(logits):
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def divergence(exact, other):
    p, q = log_probabilities(exact), log_probabilities(other)
    return float((np.exp(p) * (p - q)).sum(-1).mean())


def logits_of(command, out, shape):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{command[0]}: exit code {result.returncode}: {result.stderr.strip()}")
    return np.fromfile(out, dtype=np.float32).reshape(shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ganglion", default="build/bin/ganglion")
    parser.add_argument("--cache-type", choices=("bf16", "q8_0"), default="bf16")
    parser.add_argument("--llama-cpp-python", metavar="PYTHON")
    arguments = parser.parse_args()
    models = json.loads((arguments.folder / "index.json").read_text())["models"]
    print("| weights | ours | llama.cpp |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as temporary:
        out = pathlib.Path(temporary) / "logits.f32"
        for model in models:
            path = arguments.folder / f"{model['name']}.gguf"
            tokens = ",".join(map(str, model["tokens"]))
            exact = np.fromfile(arguments.folder / f"{model['name']}.logits_dequant.f32",
                                dtype=np.float32).reshape(len(model["tokens"]), -1)
            ours = divergence(exact, logits_of(
                [arguments.ganglion, "debug", "logits", "--model", path, "--tokens", tokens, "--output",
                 out, "--precision", "int8", "--cache-type", arguments.cache_type], out, exact.shape))
            theirs = ""
            if arguments.llama_cpp_python:
                theirs = "%.5f" % divergence(exact, logits_of(
                    [arguments.llama_cpp_python, HERE / "llama_cpp_logits.py", path, tokens, out,
                     *(["--q8_0"] if arguments.cache_type == "q8_0" else [])], out, exact.shape))
            print(f"| {model['name']} | {ours:.5f} | {theirs} |")


if __name__ == "__main__":
    main()
