#!/usr/bin/env python3
"""Speed of all-MiniLM-L6-v2 against onnxruntime: the same weights, the same texts, in turn.

    scripts/fetch_test_models.sh
    python3 -m venv build/onnxruntime && build/onnxruntime/bin/pip install onnxruntime onnx numpy
    build/onnxruntime/bin/python benchmarks/compare_onnxruntime.py build/release/bench_encoder_speed

64 texts of 7 to 256 tokens. onnxruntime runs a graph of its own fused operators (embedding with
norm, attention, skip with norm, bias with GELU), as its optimiser writes them, in float32 and with
dynamically quantised int8 weights, seven ways: batches of 32 padded to the longest, of the texts as
they come or sorted by length, sorted batches of 8 and of 2, one text a call, and sorted batches of 2 or
1 by as many callers as there are threads, each with a thread of its own. A round measures ours, then
each way of theirs, of which the best counts; tokenizing and padding are part of our time and not of
theirs. The table has minimum, median and maximum of the rounds.
"""
import argparse
import concurrent.futures
import json
import logging
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime.quantization import QuantType, quantize_dynamic
except ImportError as error:
    sys.exit(f"error: {error}; install onnxruntime onnx numpy (see the top of {__file__})")

NUM_TEXTS = 64
# Texts of a batch, whether they are sorted by length, and whether each thread takes batches of its own
# (a session of one thread) instead of sharing one.
WAYS = {"batches of 32": (32, False, False), "sorted batches of 32": (32, True, False),
        "sorted batches of 8": (8, True, False), "sorted batches of 2": (2, True, False),
        "one text a call": (1, False, False), "2 sorted, a thread each": (2, True, True),
        "one text, a thread each": (1, True, True)}


def write_texts(path):
    """Cuts of the example tickets, their lengths evenly spread on a logarithmic scale."""
    words = []
    for part in ("train", "calibration", "test"):
        for line in (ROOT / f"examples/support/tickets/{part}.jsonl").read_text().splitlines():
            words += json.loads(line)["text"].split()
    chance = random.Random(7)
    with path.open("w") as output:
        for _ in range(NUM_TEXTS):
            size = round(4 * 45 ** chance.random())  # words; two to three make four to six tokens
            start = chance.randrange(len(words) - size)
            output.write(json.dumps(" ".join(words[start:start + size])) + "\n")


# ---- the graph -----------------------------------------------------------------------------------

def read_safetensors(path):
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(content[8 + size + begin:8 + size + end], dtype=np.float32)
            tensors[name.removeprefix("bert.")] = values.reshape(entry["shape"])
    return tensors


class Graph:
    def __init__(self):
        self.nodes = []
        self.weights = []

    def weight(self, name, values):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind, inputs, output, domain="com.microsoft", **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{kind}_{len(self.nodes)}",
                                           domain=domain, **attributes))
        return output


def add_layer(graph, tensors, i, hidden, config):
    """[B, S, H] to [B, S, H]; `lengths` [B] says where the padding begins."""
    epsilon = config["layer_norm_eps"]
    prefix = f"encoder.layer.{i}."
    weight = lambda name: graph.weight(f"{prefix}{name}", tensors[prefix + name])
    matrix = lambda name: graph.weight(f"{prefix}{name}", tensors[prefix + name].T)
    parts = [prefix + "attention.self." + name for name in ("query", "key", "value")]
    qkv = graph.weight(prefix + "qkv.weight",
                       np.concatenate([tensors[p + ".weight"].T for p in parts], axis=1))
    bias = graph.weight(prefix + "qkv.bias", np.concatenate([tensors[p + ".bias"] for p in parts]))
    mixed = graph.add("Attention", [hidden, qkv, bias, "lengths"], f"mixed{i}",
                      num_heads=config["num_attention_heads"])
    output = graph.add("MatMul", [mixed, matrix("attention.output.dense.weight")], f"attended{i}", "")
    normed = graph.add("SkipLayerNormalization",
                       [output, hidden, weight("attention.output.LayerNorm.weight"),
                        weight("attention.output.LayerNorm.bias"), weight("attention.output.dense.bias")],
                       f"normed{i}", epsilon=epsilon)
    inner = graph.add("MatMul", [normed, matrix("intermediate.dense.weight")], f"inner{i}", "")
    active = graph.add("BiasGelu", [inner, weight("intermediate.dense.bias")], f"active{i}")
    outer = graph.add("MatMul", [active, matrix("output.dense.weight")], f"outer{i}", "")
    return graph.add("SkipLayerNormalization",
                     [outer, normed, weight("output.LayerNorm.weight"),
                      weight("output.LayerNorm.bias"), weight("output.dense.bias")],
                     f"hidden{i + 1}", epsilon=epsilon)


def write_graph(folder, path):
    """Inputs: ids and mask [B, S], lengths [B], all int32. Output: vectors [B, H] of length 1."""
    config = json.loads((folder / "config.json").read_text())
    tensors = read_safetensors(folder / "model.safetensors")
    graph = Graph()
    named = [graph.weight("embeddings." + name, tensors["embeddings." + name]) for name in (
        "word_embeddings.weight", "position_embeddings.weight", "token_type_embeddings.weight",
        "LayerNorm.weight", "LayerNorm.bias")]
    graph.nodes.append(helper.make_node(
        "EmbedLayerNormalization", ["ids", "types", *named, "mask"], ["hidden0", "counted"],
        name="embed", domain="com.microsoft", epsilon=config["layer_norm_eps"]))
    hidden = "hidden0"
    for i in range(config["num_hidden_layers"]):
        hidden = add_layer(graph, tensors, i, hidden, config)
    axis = graph.weight("axis", np.array([1], dtype=np.int64))
    last = graph.weight("last", np.array([2], dtype=np.int64))
    graph.add("Cast", ["mask"], "mask_float", "", to=TensorProto.FLOAT)
    graph.add("Unsqueeze", ["mask_float", last], "mask_column", "")
    graph.add("Mul", [hidden, "mask_column"], "kept", "")
    # The mean's divisor goes out with the length.
    graph.add("ReduceSum", ["kept", axis], "sum", "", keepdims=0)
    graph.add("LpNormalization", ["sum"], "vectors", "", axis=-1, p=2)
    whole = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.INT32, shape)
    model = helper.make_model(helper.make_graph(
        graph.nodes, "minilm",
        [whole("ids", ["B", "S"]), whole("types", ["B", "S"]), whole("mask", ["B", "S"]),
         whole("lengths", ["B"])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["B", config["hidden_size"]])],
        graph.weights), opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 10
    onnx.save(model, path)


# ---- both programs -------------------------------------------------------------------------------

class Ours:
    def __init__(self, binary, model, texts, precision, threads):
        self.program = subprocess.Popen([binary, model, texts, precision, str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tokens = json.loads(self.program.stdout.readline() or "null")
        if self.tokens is None:
            sys.exit(f"error: {binary} cannot load {model}")

    def ask(self, line):
        self.program.stdin.write(line + "\n")
        self.program.stdin.flush()
        return self.program.stdout.readline()

    def seconds(self, texts_in_call, of_processor):
        return float(self.ask(f"embed {texts_in_call}").split()[1 if of_processor else 0])

    def vectors(self):
        return np.array(json.loads(self.ask("vectors")))

    def close(self):
        self.program.stdin.close()
        self.program.wait()


class Theirs:
    def __init__(self, path, tokens, threads, spins):
        self.session = self.open_session(path, threads, spins)
        self.session_of_one = self.open_session(path, 1, spins)
        self.callers = concurrent.futures.ThreadPoolExecutor(threads)
        self.batches = {way: self.make_batches(tokens, size, is_sorted)
                        for way, (size, is_sorted, _) in WAYS.items()}

    @staticmethod
    def open_session(path, threads, spins):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spins else "0")
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    @staticmethod
    def make_batches(tokens, size, is_sorted):
        order = list(range(len(tokens)))
        if is_sorted:
            order.sort(key=lambda index: len(tokens[index]))
        batches = []
        for first in range(0, len(order), size):
            chosen = order[first:first + size]
            width = max(len(tokens[index]) for index in chosen)
            ids = np.zeros((len(chosen), width), dtype=np.int32)
            mask = np.zeros_like(ids)
            for row, index in enumerate(chosen):
                ids[row, :len(tokens[index])] = tokens[index]
                mask[row, :len(tokens[index])] = 1
            feed = {"ids": ids, "types": np.zeros_like(ids), "mask": mask,
                    "lengths": mask.sum(axis=1, dtype=np.int32)}
            batches.append((chosen, feed))
        return batches

    def seconds(self, way, of_processor):
        clock = time.process_time if of_processor else time.perf_counter
        start = clock()
        if WAYS[way][2]:
            longest_first = reversed(self.batches[way])
            list(self.callers.map(lambda batch: self.session_of_one.run(None, batch[1]), longest_first))
        else:
            for _, feed in self.batches[way]:
                self.session.run(None, feed)
        return clock() - start

    def vectors(self, way):
        rows = [(index, vector) for chosen, feed in self.batches[way]
                for index, vector in zip(chosen, self.session.run(None, feed)[0])]
        return np.array([vector for _, vector in sorted(rows, key=lambda row: row[0])])


# ---- the table -----------------------------------------------------------------------------------

def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def compare(ours, theirs, arguments):
    """Seconds of a pass over all texts, and ratios: theirs through ours."""
    of_processor = arguments.processor_time
    results = {"ours": [], "ours, one text a call": [], **{way: [] for way in WAYS}}
    for turn in range(arguments.rounds + 1):
        seconds = {"ours": ours.seconds(0, of_processor),
                   "ours, one text a call": ours.seconds(1, of_processor)}
        for way in WAYS:
            seconds[way] = theirs.seconds(way, of_processor)
            time.sleep(0.05)  # its threads spin a while
        if turn > 0:  # the first round warms up
            for way, value in seconds.items():
                results[way].append(value)
    best = [min(values) for values in zip(*(results[way] for way in WAYS))]
    single = zip(results["one text a call"], results["ours, one text a call"])
    return {"seconds": {way: spread(values) for way, values in results.items()},
            "ratio": spread([a / b for a, b in zip(best, results["ours"])]),
            "ratio_one_text_a_call": spread([a / b for a, b in single])}


def cosines(a, b):
    """Of the unit vectors in the rows: smallest, and mean."""
    values = (a * b).sum(axis=1)
    return {"min": float(values.min()), "mean": float(values.mean())}


def print_result(precision, result, num_tokens):
    print(f"\n{precision}")
    for way, seconds in result["seconds"].items():
        print(f"  {way:<24} {seconds['min'] * 1e3:8.1f} {seconds['median'] * 1e3:8.1f} "
              f"{seconds['max'] * 1e3:8.1f} ms   {num_tokens / seconds['median']:8.0f} tokens/s")
    for name, title in (("ratio", "ratio to its best way"),
                        ("ratio_one_text_a_call", "ratio, one text a call")):
        ratio = result[name]
        print(f"  {title:<24} {ratio['min']:8.2f} {ratio['median']:8.2f} {ratio['max']:8.2f}")
    for name, cosine in result["cosine"].items():
        print(f"  cosine, {name}: mean {cosine['mean']:.6f}, smallest {cosine['min']:.6f}")


def run(arguments, folder):
    texts = folder / "texts.jsonl"
    write_texts(texts)
    write_graph(arguments.model, folder / "f32.onnx")
    logging.disable(logging.WARNING)  # it advises to write the graph it is given
    quantize_dynamic(folder / "f32.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8,
                     op_types_to_quantize=["MatMul", "Attention"],
                     extra_options={"DefaultTensorType": TensorProto.FLOAT})
    report = {"onnxruntime": onnxruntime.__version__, "threads": arguments.threads,
              "time": "processor" if arguments.processor_time else "wall",
              "rounds": arguments.rounds, "texts": NUM_TEXTS}
    vectors = {}
    for precision in ("f32", "int8"):
        ours = Ours(arguments.binary, arguments.model, texts, precision, arguments.threads)
        theirs = Theirs(folder / f"{precision}.onnx", ours.tokens, arguments.threads,
                        not arguments.processor_time)
        result = compare(ours, theirs, arguments)
        mine, other = ours.vectors(), theirs.vectors("one text a call")
        ours.close()
        vectors.setdefault("ours", mine), vectors.setdefault("theirs", other)
        if precision == "f32":
            result["cosine"] = {"ours to onnxruntime": cosines(mine, other)}
        else:
            result["cosine"] = {"ours to float32": cosines(mine, vectors["ours"]),
                                "onnxruntime to float32": cosines(other, vectors["theirs"])}
        lengths = [len(ids) for ids in ours.tokens]
        if "tokens" not in report:
            report |= {"tokens": sum(lengths), "shortest": min(lengths), "longest": max(lengths)}
            if not arguments.json:
                print("onnxruntime {onnxruntime}, {threads} threads, {texts} texts of {shortest} to "
                      "{longest} tokens, {tokens} in all; {rounds} rounds, {time} time, min median "
                      "max".format(**report))
        report[precision] = result
        if not arguments.json:
            print_result(precision, result, sum(lengths))
    if arguments.json:
        print(json.dumps(report))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path, help="bench_encoder_speed")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "build/test-models/all-MiniLM-L6-v2",
                        help="the Hugging Face folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--processor-time", action="store_true",
                        help="of all threads, for a machine with other work; theirs then never spin")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not (arguments.model / "model.safetensors").exists():
        sys.exit(f"error: {arguments.model}: no weights; run scripts/fetch_test_models.sh")
    if arguments.rounds < 1 or arguments.threads < 1:
        sys.exit("error: --rounds and --threads: expected at least 1")
    with tempfile.TemporaryDirectory() as folder:
        run(arguments, pathlib.Path(folder))


if __name__ == "__main__":
    main()
