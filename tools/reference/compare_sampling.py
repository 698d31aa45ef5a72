#!/usr/bin/env python3
"""Compares what our chain of samplers leaves of random logits with what llama.cpp's leaves.

    pip install llama-cpp-python
    tools/reference/compare_sampling.py build/bin/ganglion

Every case has random logits, a random history and random parameters for each sampler. Both chains
get the same; ours through `ganglion debug sample`, llama.cpp's through its C API in its default
order. Counts the cases in which the same tokens are left, and the largest difference between their
probabilities. The sums behind top-p and typical are float32 there and double here, so a candidate
at the very border may differ; exit code 1 when more than 1 % of the cases do, or a probability by
more than 1e-4 where the tokens are the same.
"""
import ctypes
import json
import math
import subprocess
import sys
import tempfile

import llama_cpp as llama
import numpy as np

NUM_CASES = 400


def chain(options, history, vocabulary_size):
    o = options
    sampler = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    add = lambda each: llama.llama_sampler_chain_add(sampler, each)
    bias = (llama.llama_logit_bias * len(o["logit_bias"]))(
        *[llama.llama_logit_bias(token, value) for token, value in o["logit_bias"]])
    add(llama.llama_sampler_init_logit_bias(vocabulary_size, len(bias), bias))
    add(llama.llama_sampler_init_penalties(vocabulary_size, o["penalty_window"], o["repetition"],
                                           o["frequency"], o["presence"]))
    add(llama.llama_sampler_init_dry(None, o["dry_multiplier"], o["dry_base"],
                                     o["dry_allowed_length"], 1 << 20, None, 0))
    if o["mirostat"]:
        # Its candidates are cut by the surprise; the sampler itself also draws.
        add(llama.llama_sampler_init_temp(o["temperature"]))
        add(llama.llama_sampler_init_mirostat_v2(1, o["mirostat_tau"], 0.1))
    else:
        add(llama.llama_sampler_init_top_k(o["top_k"]))
        add(llama.llama_sampler_init_typical(o["typical_p"], 0))
        add(llama.llama_sampler_init_top_p(o["top_p"], 0))
        add(llama.llama_sampler_init_min_p(o["min_p"], 0))
        add(llama.llama_sampler_init_xtc(o["xtc_probability"], o["xtc_threshold"], 0, 1))
        add(llama.llama_sampler_init_temp(o["temperature"]))
    for token in history:
        llama.llama_sampler_accept(sampler, token)
    return sampler


def theirs(logits, options, history):
    array = (llama.llama_token_data * len(logits))(
        *[llama.llama_token_data(i, float(v), 0.0) for i, v in enumerate(logits)])
    candidates = llama.llama_token_data_array(array, len(logits), -1, False)
    sampler = chain(options, history, len(logits))
    llama.llama_sampler_apply(sampler, ctypes.byref(candidates))
    left = {candidates.data[i].id: candidates.data[i].logit for i in range(candidates.size)}
    llama.llama_sampler_free(sampler)
    left = {token: logit for token, logit in left.items() if logit > -math.inf}
    best = max(left.values())
    total = sum(math.exp(logit - best) for logit in left.values())
    return {token: math.exp(logit - best) / total for token, logit in left.items()}


def ours(binary, logits, o, history):
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        logits.astype("<f4").tofile(file.name)
        arguments = [binary, "debug", "sample", "--logits", file.name, "--seed", "1"]
        if history:
            arguments += ["--history", ",".join(map(str, history))]
        names = ["temperature", "dry_multiplier", "dry_base", "dry_allowed_length",
                 "penalty_window"]
        names += ["mirostat_tau"] if o["mirostat"] else [
            "top_k", "typical_p", "top_p", "min_p", "xtc_probability", "xtc_threshold"]
        for name in names:
            arguments += ["--" + name.replace("_", "-"), repr(o[name])]
        for name in ("repetition", "presence", "frequency"):
            arguments += [f"--{name}-penalty", repr(o[name])]
        for token, value in o["logit_bias"]:
            arguments += ["--logit-bias", f"{token}={value!r}"]
        if o["mirostat"]:
            arguments.append("--mirostat")
        output = subprocess.run(arguments, capture_output=True, check=True).stdout
    return {entry["id"]: entry["probability"] for entry in json.loads(output)["candidates"]}


def random_case(rng):
    size = int(rng.choice([20, 500, 5000]))
    logits = np.round(rng.normal(0, rng.choice([0.5, 2, 5]), size), 4).astype(np.float32)
    maybe = lambda value, off: value if rng.random() < 0.4 else off
    number = lambda low, high: round(float(rng.uniform(low, high)), 4)
    history = [int(t) for t in rng.integers(0, 6, rng.integers(0, 40))]
    options = {
        "temperature": number(0.2, 3) if rng.random() < 0.9 else 0.0,
        "top_k": maybe(int(rng.integers(1, 200)), 0),
        "typical_p": maybe(number(0.05, 0.99), 1.0),
        "top_p": maybe(number(0.05, 0.99), 1.0),
        "min_p": maybe(number(0.001, 0.5), 0.0),
        "xtc_probability": maybe(1.0, 0.0),
        "xtc_threshold": number(0.01, 0.4),
        "penalty_window": int(rng.integers(0, 50)),
        "repetition": maybe(number(0.7, 1.6), 1.0),
        "presence": maybe(number(-1, 1), 0.0),
        "frequency": maybe(number(-0.5, 0.5), 0.0),
        "dry_multiplier": maybe(number(0.1, 2), 0.0),
        "dry_base": number(1.1, 2.5),
        "dry_allowed_length": int(rng.integers(1, 5)),
        "mirostat": bool(rng.random() < 0.15),
        "mirostat_tau": number(0.5, 5),
        "logit_bias": [(int(t), number(-5, 5)) for t in rng.integers(0, size, 2)]
                      if rng.random() < 0.3 else [],
    }
    if options["mirostat"]:
        options["temperature"] = max(options["temperature"], 0.1)
    return logits, options, history


def main():
    rng = np.random.default_rng(1)
    same = different = 0
    worst = 0.0
    for number in range(NUM_CASES):
        logits, options, history = random_case(rng)
        a, b = ours(sys.argv[1], logits, options, history), theirs(logits, options, history)
        if a.keys() == b.keys():
            same += 1
            worst = max(worst, max(abs(a[t] - b[t]) for t in a))
        else:
            different += 1
            print(f"case {number}: {len(a)} tokens here, {len(b)} there, "
                  f"{len(a.keys() ^ b.keys())} in one only; {options}")
    print(f"{same} of {NUM_CASES} cases leave the same tokens; "
          f"largest difference of a probability {worst:.2g}")
    return 1 if different > NUM_CASES // 100 or worst > 1e-4 else 0


if __name__ == "__main__":
    sys.exit(main())
