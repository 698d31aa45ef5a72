#!/usr/bin/env python3
"""Writes tests/golden/sampling.json: what a sampling chain leaves of a distribution.

Plain float64 numpy after the papers and llama.cpp's samplers, with full sorts and nothing of
src/engine/sampling.

    pip install numpy
    tools/reference/make_sampling_reference.py tests/golden/sampling.json
"""
import json
import sys

import numpy as np

DEFAULTS = {
    "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0,
    "penalty_window": 64, "repetition": 1.0, "presence": 0.0, "frequency": 0.0,
    "dry_multiplier": 0.0, "dry_base": 1.75, "dry_allowed_length": 2, "dry_window": -1,
    "xtc": False, "xtc_threshold": 0.1, "mirostat_tau": 0.0, "logit_bias": {},
}


def softmax(ids, logits):
    values = np.array([logits[i] for i in ids])
    values = np.exp(values - values.max())
    return values / values.sum()


def ranked(ids, logits):
    return sorted(ids, key=lambda i: (-logits[i], i))


def dry(logits, history, options):
    window = history if options["dry_window"] < 0 else history[-options["dry_window"]:]
    worst = {}
    for end in range(1, len(window)):  # a repetition that ends before position `end`
        length = 0
        while length < end and window[end - 1 - length] == window[len(window) - 1 - length]:
            length += 1
        if length >= options["dry_allowed_length"]:
            token = window[end]
            worst[token] = max(worst.get(token, 0), length)
    for token, length in worst.items():
        logits[token] -= options["dry_multiplier"] * options["dry_base"] ** (
            length - options["dry_allowed_length"])


def keep_prefix(order, probabilities, share, strictly):
    total = 0.0
    for count, i in enumerate(order, 1):
        total += probabilities[i]
        if total > share or (not strictly and total >= share):
            return order[:count]
    return order


def chain(row, history, options):
    o = {**DEFAULTS, **options}
    logits = np.array(row, dtype=np.float64)
    for token, bias in o["logit_bias"].items():
        logits[int(token)] += bias
    window = history[-o["penalty_window"]:] if o["penalty_window"] else []
    for token in set(window):
        logits[token] = (logits[token] * o["repetition"] if logits[token] <= 0
                         else logits[token] / o["repetition"])
        logits[token] -= window.count(token) * o["frequency"] + o["presence"]
    if o["dry_multiplier"] > 0:
        dry(logits, history, o)
    ids = ranked([i for i in range(len(logits)) if logits[i] > -np.inf], logits)
    if o["mirostat_tau"] > 0:
        logits = logits / o["temperature"]
        surprise = -np.log2(softmax(ids, logits))
        ids = [i for i, s in zip(ids, surprise) if s <= 2 * o["mirostat_tau"]] or ids[:1]
        return finish(ids, logits)
    if o["top_k"] > 0:
        ids = ids[:o["top_k"]]
    if o["typical_p"] < 1:
        p = dict(zip(ids, softmax(ids, logits)))
        entropy = -sum(v * np.log(v) for v in p.values())
        order = sorted(ids, key=lambda i: (abs(-np.log(p[i]) - entropy), i))
        ids = ranked(keep_prefix(order, p, o["typical_p"], True), logits)
    if o["top_p"] < 1:
        ids = keep_prefix(ids, dict(zip(ids, softmax(ids, logits))), o["top_p"], False)
    if o["min_p"] > 0:
        p = softmax(ids, logits)
        ids = [i for i, v in zip(ids, p) if v >= o["min_p"] * p[0]]
    if o["xtc"] and o["xtc_threshold"] <= 0.5:
        above = int((softmax(ids, logits) >= o["xtc_threshold"]).sum())
        if above > 1:
            ids = ids[above - 1:]
    if o["temperature"] == 0:
        ids = ids[:1]
    else:
        logits = logits / o["temperature"]
    return finish(ids, logits)


def finish(ids, logits):
    return [[int(i), float(p)] for i, p in sorted(zip(ids, softmax(ids, logits)))]


CASES = {
    "nothing": {},
    "greedy": {"temperature": 0},
    "cold": {"temperature": 0.25},
    "hot": {"temperature": 3},
    "top-k 1": {"top_k": 1},
    "top-k 7": {"top_k": 7},
    "top-k beyond": {"top_k": 1000},
    "top-p 0": {"top_p": 0},
    "top-p 0.3": {"top_p": 0.3},
    "top-p 0.9": {"top_p": 0.9},
    "top-p 0.999": {"top_p": 0.999},
    "min-p 0.02": {"min_p": 0.02},
    "min-p 0.5": {"min_p": 0.5},
    "min-p 1": {"min_p": 1.0},
    "typical 0.2": {"typical_p": 0.2},
    "typical 0.7": {"typical_p": 0.7},
    "typical 0.95": {"typical_p": 0.95},
    "repetition": {"repetition": 1.3},
    "repetition below 1": {"repetition": 0.8},
    "presence": {"presence": 0.7},
    "frequency": {"frequency": 0.4},
    "all penalties, short window": {"repetition": 1.2, "presence": -0.5, "frequency": 0.3,
                                    "penalty_window": 5},
    "no window": {"repetition": 1.2, "presence": 1.0, "penalty_window": 0},
    "dry": {"dry_multiplier": 0.8},
    "dry, long only": {"dry_multiplier": 1.5, "dry_base": 1.2, "dry_allowed_length": 4},
    "dry, window": {"dry_multiplier": 0.8, "dry_window": 9},
    "xtc": {"xtc": True},
    "xtc 0.04": {"xtc": True, "xtc_threshold": 0.04},
    "xtc off": {"xtc": True, "xtc_threshold": 0.51},
    "bias": {"logit_bias": {"3": 5.0, "7": -2.5, "59": 1.25}},
    "mirostat": {"mirostat_tau": 1.5},
    "mirostat, strict": {"mirostat_tau": 0.1, "temperature": 1.3},
    "defaults": {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05},
    "everything": {"temperature": 1.7, "top_k": 30, "top_p": 0.97, "min_p": 0.01,
                   "typical_p": 0.9, "repetition": 1.1, "presence": 0.2, "frequency": 0.1,
                   "dry_multiplier": 0.5, "xtc": True, "xtc_threshold": 0.05,
                   "logit_bias": {"11": 1.0}},
    "everything, greedy": {"temperature": 0, "top_k": 30, "top_p": 0.97, "typical_p": 0.5,
                           "repetition": 1.1, "xtc": True, "xtc_threshold": 0.05},
}


def main():
    rng = np.random.default_rng(20261120)
    history = [5, 9, 12, 5, 9, 12, 31, 2, 5, 9, 12, 31, 40, 5, 9, 12]
    cases = []
    for spread in (0.6, 3.0):
        row = [float(v) for v in np.round(rng.normal(0, spread, 60), 3).astype(np.float32)]
        for name, options in CASES.items():
            cases.append({"name": f"{name} (spread {spread})", "options": options,
                          "logits": len(cases) // len(CASES),
                          "expected": chain(row, history, options)})
        cases[-1]["row"] = row
    rows = [case.pop("row") for case in cases if "row" in case]
    with open(sys.argv[1], "w") as out:
        out.write('{"history":' + json.dumps(history) + ',\n"logits":[\n')
        out.write(",\n".join(json.dumps(row) for row in rows) + '],\n"cases":[\n')
        for case in cases:
            case["expected"] = [[i, float(f"{p:.7g}")] for i, p in case["expected"]]
        out.write(",\n".join(json.dumps(case) for case in cases) + "]}\n")


if __name__ == "__main__":
    main()
