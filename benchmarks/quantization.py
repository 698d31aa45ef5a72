#!/usr/bin/env python3
"""Compares files that `ganglion quantize` writes with llama.cpp's of the same type.

    python3 -m venv build/quantization && build/quantization/bin/pip install numpy gguf llama-cpp-python
    build/quantization/bin/python benchmarks/quantization.py --ganglion build/bin/ganglion [MODEL.gguf ...]

For each F32 model: sizes, and how far the next-token distributions of both files are from the F32
model's (mean Kullback-Leibler divergence over all positions, computed by llama.cpp on both files),
without importance and with the same importance matrix. Without a MODEL, four random Llama-shaped
models are made, with heavy-tailed weights and inputs of very different size. The importance of
Llama-shaped models is measured by a small NumPy model here. --sizes compares sizes alone, of any
architecture. On one model the ratio of divergences wavers by a few per cent, because llama.cpp
rounds activations too: the geometric mean over the models counts. Exit code 3 when a size differs
or a mean ratio is above 1.
"""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np

FILE_TYPES = {
    "F16": 1, "BF16": 32, "Q4_0": 2, "Q4_1": 3, "Q5_0": 8, "Q5_1": 9, "Q8_0": 7, "Q2_K": 10,
    "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16,
    "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30,
}
CONTEXT = 128


def metadata(reader, key, default=None):
    field = reader.get_field(key)
    return default if field is None else field.contents()


# ---- a random model ------------------------------------------------------------------------------

def write_random_model(path, seed, hidden=512, layers=4, ffn=1024, heads=8, kv_heads=2, vocab=1024):
    """Student-t weights (4 degrees of freedom), and norms that make input columns differ in size by
    a factor of ten. Small gains keep layers from amplifying errors, as training does."""
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(layers)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(ffn)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_vocab_size(vocab)
    writer.add_tokenizer_model("none")

    def matrix(name, rows, columns, gain=1.0):
        values = rng.standard_t(4, (rows, columns)) / np.sqrt(2.0)
        writer.add_tensor(name, (gain * values / np.sqrt(columns)).astype(np.float32))

    def norm(name):
        writer.add_tensor(name, np.exp(rng.normal(-0.25, 0.5, hidden)).astype(np.float32))

    matrix("token_embd.weight", vocab, hidden, np.sqrt(hidden))
    matrix("output.weight", vocab, hidden, 2.0)
    norm("output_norm.weight")
    head = hidden // heads
    for i in range(layers):
        norm(f"blk.{i}.attn_norm.weight")
        norm(f"blk.{i}.ffn_norm.weight")
        matrix(f"blk.{i}.attn_q.weight", hidden, hidden)
        matrix(f"blk.{i}.attn_k.weight", kv_heads * head, hidden)
        matrix(f"blk.{i}.attn_v.weight", kv_heads * head, hidden)
        matrix(f"blk.{i}.attn_output.weight", hidden, hidden, 0.5)
        matrix(f"blk.{i}.ffn_gate.weight", ffn, hidden)
        matrix(f"blk.{i}.ffn_up.weight", ffn, hidden)
        matrix(f"blk.{i}.ffn_down.weight", hidden, ffn, 0.5)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# ---- importance: the mean square of every matrix's inputs ------------------------------------------

class InputMeter:
    """A Llama in NumPy that notes the inputs of its matrices."""

    def __init__(self, path):
        reader = gguf.GGUFReader(str(path))
        self.tensors = {t.name: np.array(t.data).reshape(t.shape[::-1]) for t in reader.tensors}
        self.layers = int(metadata(reader, "llama.block_count"))
        self.heads = int(metadata(reader, "llama.attention.head_count"))
        self.kv_heads = int(metadata(reader, "llama.attention.head_count_kv", self.heads))
        self.epsilon = float(metadata(reader, "llama.attention.layer_norm_rms_epsilon", 1e-5))
        self.base = float(metadata(reader, "llama.rope.freq_base", 10000.0))
        self.squares = {}
        self.num_inputs = 0

    def product(self, x, name):
        self.squares[name] = self.squares.get(name, 0.0) + np.square(x).sum(axis=0)
        return x @ self.tensors[name].T

    def norm(self, x, name):
        scale = 1.0 / np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + self.epsilon)
        return x * scale * self.tensors[name]

    def rope(self, x):  # [positions, heads, head]: neighbouring pairs turn
        half = x.shape[-1] // 2
        angles = np.arange(x.shape[0])[:, None] * self.base ** (-np.arange(half) / half)[None, :]
        cos, sin = np.cos(angles)[:, None, :], np.sin(angles)[:, None, :]
        a, b = x[..., 0::2], x[..., 1::2]
        return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(x.shape)

    def attention(self, x, i):
        n, head = x.shape[0], x.shape[1] // self.heads
        q = self.rope(self.product(x, f"blk.{i}.attn_q.weight").reshape(n, self.heads, head))
        k = self.rope(self.product(x, f"blk.{i}.attn_k.weight").reshape(n, self.kv_heads, head))
        v = self.product(x, f"blk.{i}.attn_v.weight").reshape(n, self.kv_heads, head)
        group = self.heads // self.kv_heads
        k, v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(head)
        scores += np.triu(np.full((n, n), -np.inf), 1)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", weights, v).reshape(n, -1)
        return self.product(mixed, f"blk.{i}.attn_output.weight")

    def run(self, tokens):
        x = self.tensors["token_embd.weight"][tokens].astype(np.float64)
        for i in range(self.layers):
            x = x + self.attention(self.norm(x, f"blk.{i}.attn_norm.weight"), i)
            y = self.norm(x, f"blk.{i}.ffn_norm.weight")
            gate = self.product(y, f"blk.{i}.ffn_gate.weight")
            up = self.product(y, f"blk.{i}.ffn_up.weight")
            x = x + self.product(gate / (1.0 + np.exp(-gate)) * up, f"blk.{i}.ffn_down.weight")
        output = "output.weight" if "output.weight" in self.tensors else "token_embd.weight"
        logits = self.product(self.norm(x, "output_norm.weight"), output)
        self.num_inputs += len(tokens)
        return logits

    def importance(self):
        return {name: (s / self.num_inputs).astype(np.float32) for name, s in self.squares.items()}


def write_importance(path, importance):
    writer = gguf.GGUFWriter(str(path), "none")
    writer.add_type("imatrix")
    writer.add_array("imatrix.datasets", ["random tokens"])
    writer.add_uint32("imatrix.chunk_count", 1)
    writer.add_uint32("imatrix.chunk_size", CONTEXT)
    for name, values in importance.items():
        writer.add_tensor(name + ".in_sum2", values.reshape(1, -1))
        writer.add_tensor(name + ".counts", np.ones((1, 1), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# ---- both quantisers and the judge -----------------------------------------------------------------

def quantize_theirs(source, target, type_name, importance):
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[type_name]
    params.nthread = 1
    if importance is not None:
        entries = (llama_cpp.llama_model_imatrix_data * (len(importance) + 1))()
        for entry, (name, values) in zip(entries, importance.items()):
            entry.name = name.encode()
            entry.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            entry.size = values.size
        params.imatrix = entries
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(),
                                            ctypes.byref(params))
    if status != 0:
        raise RuntimeError(f"llama.cpp cannot quantise {source} to {type_name}")


def quantize_ours(binary, source, target, type_name, importance_path):
    command = [binary, "quantize", str(source), str(target), "--type", type_name, "--json",
               "--quiet", "--threads", "1"]
    if importance_path is not None:
        command += ["--importance", str(importance_path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def logits_of(path, sequences):
    """[positions of all sequences, vocabulary], by llama.cpp on one thread."""
    params = llama_cpp.llama_model_default_params()
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise RuntimeError(f"llama.cpp cannot load {path}")
    vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    rows = []
    context_params = llama_cpp.llama_context_default_params()
    context_params.n_ctx = context_params.n_batch = context_params.n_ubatch = CONTEXT
    context_params.n_threads = context_params.n_threads_batch = 1
    for tokens in sequences:
        context = llama_cpp.llama_init_from_model(model, context_params)
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = int(token), i, 1
            batch.seq_id[i][0], batch.logits[i] = 0, 1
        if llama_cpp.llama_decode(context, batch) != 0:
            raise RuntimeError(f"llama.cpp cannot decode with {path}")
        for i in range(len(tokens)):
            row = llama_cpp.llama_get_logits_ith(context, i)
            rows.append(np.ctypeslib.as_array(row, (vocab,)).astype(np.float64))
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return np.stack(rows)


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def divergence(reference, logits):
    p, q = log_softmax(reference), log_softmax(logits)
    return float(np.mean(np.sum(np.exp(p) * (p - q), axis=-1)))


# ---- tables ----------------------------------------------------------------------------------------

def compare_sizes(binary, model, folder, types):
    differing = 0
    for type_name in types:
        ours, theirs = folder / "ours.gguf", folder / "theirs.gguf"
        quantize_ours(binary, model, ours, type_name, None)
        quantize_theirs(model, theirs, type_name, None)
        sizes = ours.stat().st_size, theirs.stat().st_size
        if sizes[0] != sizes[1]:
            differing += 1
            print(f"{pathlib.Path(model).stem} {type_name}: {sizes[0]} bytes, llama.cpp {sizes[1]}")
    return differing


def compare_quality(binary, model, folder, types, num_sequences, ratios):
    """Appends to ratios[type, with importance]; returns how many sizes differ."""
    meter = InputMeter(model)
    rng = np.random.default_rng(11)
    vocab = meter.tensors["token_embd.weight"].shape[0]

    for _ in range(4):
        meter.run(rng.integers(vocab, size=CONTEXT))
    importance = meter.importance()
    importance_path = folder / "importance.gguf"
    write_importance(importance_path, importance)
    sequences = [rng.integers(vocab, size=CONTEXT) for _ in range(num_sequences)]
    reference = logits_of(model, sequences)
    failures = 0
    print(f"{pathlib.Path(model).stem}\n{'type':8} {'importance':10} {'bytes':>10} {'llama.cpp':>10} "
          f"{'KLD ours':>10} {'llama.cpp':>10} {'ratio':>6} {'seconds':>8}")
    for type_name in types:
        for used in (None, importance):
            ours, theirs = folder / "ours.gguf", folder / "theirs.gguf"
            report = quantize_ours(binary, model, ours, type_name, used and importance_path)
            quantize_theirs(model, theirs, type_name, used)
            sizes = ours.stat().st_size, theirs.stat().st_size
            our_kld = divergence(reference, logits_of(ours, sequences))
            their_kld = divergence(reference, logits_of(theirs, sequences))
            failures += sizes[0] != sizes[1]
            ratios.setdefault((type_name, used is not None), []).append(our_kld / their_kld)
            print(f"{type_name:8} {'yes' if used else 'no':10} {sizes[0]:10} {sizes[1]:10} "
                  f"{our_kld:10.2e} {their_kld:10.2e} {our_kld / their_kld:6.3f} "
                  f"{report['seconds']:8.2f}", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    parser.add_argument("--ganglion", default="build/bin/ganglion")
    parser.add_argument("--types", default="Q4_K_M,Q5_K_M,Q6_K,Q8_0")
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--sizes", action="store_true", help="sizes alone, of all types")
    arguments = parser.parse_args()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    failures = 0
    ratios = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        models = arguments.models
        if not models:
            models = [folder / f"random-{seed}.gguf" for seed in range(1, 5)]
            for seed, path in enumerate(models, 1):
                write_random_model(path, seed)
        for model in models:
            if arguments.sizes:
                failures += compare_sizes(arguments.ganglion, model, folder, FILE_TYPES)
            else:
                failures += compare_quality(arguments.ganglion, model, folder,
                                            arguments.types.split(","), arguments.sequences, ratios)
    for (type_name, used), values in ratios.items():
        mean = float(np.exp(np.mean(np.log(values))))
        failures += mean > 1.0
        print(f"{type_name:8} {'with' if used else 'without'} importance: mean ratio {mean:.3f} "
              f"over {len(values)} models")
    if arguments.sizes:
        print(f"{len(models)} models, {len(FILE_TYPES)} types, {failures} sizes differ")
    return 3 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
