#!/usr/bin/env python3
"""Speed of `ganglion bench` against llama.cpp: the same files and threads, in turn.

    python3 -m venv build/llama_cpp && build/llama_cpp/bin/pip install llama-cpp-python
    build/llama_cpp/bin/python benchmarks/compare_llama_cpp.py --model A.gguf B.gguf

Peers, each of which is measured in every round after ours:
  llama.cpp     of the package llama-cpp-python, by its C functions (no Python inside what is timed),
                512 tokens a pass, with and without flash attention
  node          with --node DIR: node-llama-cpp, where `npm install node-llama-cpp` was run; its
                steps include the choice of a token
  llama-bench   with --llama-bench PATH: any llama-bench, such as a fork's, with the arguments
                --llama-bench-arguments="-rtr 1 -fa 1"
--cache-type is given to all of them; without it each keeps keys and values as it does by itself
(ours bf16, the others f16). llama.cpp takes q8_0 with flash attention alone.
Prefill is a prompt with its last token's logits, decode are steps with theirs, both from --depth
tokens in the cache; the tokens differ, which changes nothing. A peer's best setting of a round
counts. The table has minimum, median and maximum over the rounds: tokens/s, and ratios (ours
through theirs). A model file from nowhere:

    build/bin/ganglion debug random-model --preset tinyllama-1.1b --type Q4_K_M --output A.gguf
"""
import argparse
import ctypes
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORKLOADS = ("prefill", "decode")
GGML_TYPES = {"f32": 0, "f16": 1, "q8_0": 8, "bf16": 30}  # enum ggml_type, for keys and values


class PeerError(Exception):
    pass


def run_program(command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:] or ["no message"]
        raise PeerError(f"{command[0]}: exit code {result.returncode}: {last[0]}")
    return result.stdout


class Ganglion:
    """The peaks and the share of them are in `reports`, one a round."""

    def __init__(self, model, arguments):
        self.command = [arguments.ganglion, "bench", "--model", model, "--json", "--quiet",
                        "--repetitions", 1, "--threads", arguments.threads,
                        "--prompt-tokens", arguments.prompt_tokens,
                        "--generate-tokens", arguments.generate_tokens, "--depth", arguments.depth]
        if arguments.cache_type:
            self.command += ["--cache-type", arguments.cache_type]
        self.reports = []

    def measure(self):
        report = json.loads(run_program(self.command))
        self.reports.append(report)
        return {name: report[f"{name}_tokens_per_s"] for name in WORKLOADS}


def flash_settings(arguments):
    """With and without flash attention, as far as llama.cpp takes the type of keys and values."""
    return (True,) if arguments.cache_type == "q8_0" else (False, True)


# ---- llama-cpp-python ------------------------------------------------------------------------------

class LlamaContext:
    """A model's context with or without flash attention; one sequence."""

    def __init__(self, llama_cpp, model, has_flash, arguments):
        self.api = llama_cpp
        self.arguments = arguments
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = arguments.depth + max(arguments.prompt_tokens, arguments.generate_tokens) + 8
        params.n_batch = max(arguments.prompt_tokens, 512)
        params.n_ubatch = 512
        params.n_threads = params.n_threads_batch = arguments.threads
        params.flash_attn_type = (llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED if has_flash
                                  else llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED)
        if arguments.cache_type:
            params.type_k = params.type_v = GGML_TYPES[arguments.cache_type]
        self.context = llama_cpp.llama_init_from_model(model, params)
        if not self.context:
            raise PeerError("llama.cpp cannot make a context")
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        self.batch = llama_cpp.llama_batch_init(params.n_batch, 0, 1)
        for first in range(0, arguments.depth, params.n_batch):
            self.decode(first, min(params.n_batch, arguments.depth - first))
        self.measure()  # warms up

    def decode(self, first, count):
        batch = self.batch
        batch.n_tokens = count
        for i in range(count):
            batch.token[i], batch.pos[i] = (7919 * (first + i) + 11) % self.vocabulary, first + i
            batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = 1, 0, i + 1 == count
        start = time.perf_counter()
        if self.api.llama_decode(self.context, batch) != 0:
            raise PeerError("llama.cpp cannot decode")
        self.api.llama_synchronize(self.context)
        return time.perf_counter() - start

    def measure(self):
        arguments = self.arguments
        self.api.llama_memory_seq_rm(self.memory, 0, arguments.depth, -1)
        prefill_s = self.decode(arguments.depth, arguments.prompt_tokens)
        self.api.llama_memory_seq_rm(self.memory, 0, arguments.depth, -1)
        decode_s = sum(self.decode(arguments.depth + i, 1) for i in range(arguments.generate_tokens))
        return {"prefill": arguments.prompt_tokens / prefill_s,
                "decode": arguments.generate_tokens / decode_s}

    def close(self):
        self.api.llama_batch_free(self.batch)
        self.api.llama_free(self.context)


class LlamaCpp:
    def __init__(self, model, arguments):
        import llama_cpp
        self.api = llama_cpp
        self.silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(self.silent, ctypes.c_void_p(0))
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(model).encode(), params)
        if not self.model:
            raise PeerError(f"llama.cpp cannot load {model}")
        self.contexts = [LlamaContext(llama_cpp, self.model, has_flash, arguments)
                         for has_flash in flash_settings(arguments)]

    def measure(self):
        return best([context.measure() for context in self.contexts])

    def close(self):
        for context in self.contexts:
            context.close()
        self.api.llama_model_free(self.model)


# ---- node-llama-cpp --------------------------------------------------------------------------------

NODE_PROGRAM = """
import readline from "node:readline";
import {getLlama} from "node-llama-cpp";
const [modelPath, cacheType] = process.argv.slice(2, 4);
const [threads, prompt, generate, depth] = process.argv.slice(4).map(Number);
const cache = cacheType === "" ? {} :
    {experimentalKvCacheKeyType: cacheType, experimentalKvCacheValueType: cacheType};
const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: "error"});
const model = await llama.loadModel({modelPath});
const tokens = Array.from({length: Math.max(prompt, depth, 1)}, (_, i) => (7919 * i + 11) % 20000);
const sequences = [];
for (const flashAttention of cacheType === "Q8_0" ? [true] : [false, true]) {
  const context = await model.createContext({
    ...cache, contextSize: depth + Math.max(prompt, generate) + 8, batchSize: 512, flashAttention,
    threads: {ideal: threads, min: threads}});
  const sequence = context.getSequence();
  if (depth > 0) await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, depth));
  sequences.push(sequence);
}
async function seconds(sequence, input, count) {
  const end = sequence.nextTokenIndex;
  if (end > depth) await sequence.eraseContextTokenRanges([{start: depth, end}]);
  const start = performance.now();
  let done = 0;
  for await (const _ of sequence.evaluate(input, {temperature: 0, yieldEogToken: true})) {
    if (++done >= count) break;
  }
  return (performance.now() - start) / 1000;
}
for await (const line of readline.createInterface({input: process.stdin})) {
  const results = [];
  for (const sequence of sequences) {
    const prefill = prompt / await seconds(sequence, tokens.slice(0, prompt), 1);
    const decode = generate / await seconds(sequence, tokens.slice(0, 1), generate);
    results.push({prefill, decode});
  }
  console.log(JSON.stringify(results));
}
process.exit(0);
"""


class NodeLlamaCpp:
    def __init__(self, model, arguments):
        # Node looks for packages from where the program lies.
        self.script = tempfile.NamedTemporaryFile("w", suffix=".mjs", dir=arguments.node)
        self.script.write(NODE_PROGRAM)
        self.script.flush()
        command = ["node", self.script.name, model.resolve(), (arguments.cache_type or "").upper(),
                   arguments.threads,
                   arguments.prompt_tokens, arguments.generate_tokens, arguments.depth]
        self.program = subprocess.Popen([str(part) for part in command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.measure()  # warms up

    def measure(self):
        try:
            self.program.stdin.write("round\n")
            self.program.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self.program.stdout:
            if line.startswith("["):  # the package may say more
                return best(json.loads(line))
        raise PeerError("node-llama-cpp ended; was `npm install node-llama-cpp` run there?")

    def close(self):
        self.program.stdin.close()
        self.program.wait()
        self.script.close()


# ---- any llama-bench -------------------------------------------------------------------------------

class LlamaBench:
    def __init__(self, model, arguments):
        program = arguments.llama_bench
        self.arguments = arguments
        self.command = [program, "-m", model, "-o", "json", "-r", "1", "-t", arguments.threads,
                        "-p", arguments.prompt_tokens, "-n", arguments.generate_tokens]
        if arguments.depth > 0:
            usage = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
            if "--n-depth" in usage.stdout + usage.stderr:
                self.command += ["-d", arguments.depth]
            else:  # only steps behind a prompt
                self.command += ["-gp", f"{arguments.depth},{arguments.generate_tokens}"]
        if arguments.cache_type:
            self.command += ["-ctk", arguments.cache_type, "-ctv", arguments.cache_type]
        self.command += shlex.split(arguments.llama_bench_arguments)

    def measure(self):
        speeds = {}
        for test in json.loads(run_program(self.command)):
            has_prompt, has_steps = test["n_prompt"] > 0, test["n_gen"] > 0
            behind = test.get("n_depth", test["n_prompt"] if has_prompt and has_steps else 0)
            if behind == self.arguments.depth:
                name = "decode" if has_steps else "prefill"
                speeds[name] = max(test["avg_ts"], speeds.get(name, 0))
        return speeds

    def close(self):
        pass


# ---- the table -------------------------------------------------------------------------------------

def best(results):
    return {name: max(result[name] for result in results) for name in WORKLOADS}


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def make_peers(model, arguments):
    peers = {}
    if not arguments.no_llama_cpp:
        peers["llama.cpp"] = LlamaCpp(model, arguments)
    if arguments.node:
        peers["node"] = NodeLlamaCpp(model, arguments)
    if arguments.llama_bench:
        peers["llama-bench"] = LlamaBench(model, arguments)
    return peers


def compare(model, arguments):
    """The row of a model."""
    ours = Ganglion(model, arguments)
    peers = make_peers(model, arguments)
    rounds = []
    for turn in range(arguments.rounds):
        if sys.stderr.isatty():
            print(f"\r{model.name}: round {turn + 1} of {arguments.rounds}", end="", file=sys.stderr)
        rounds.append({"ganglion": ours.measure(),
                       **{name: peer.measure() for name, peer in peers.items()}})
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    for peer in peers.values():
        peer.close()
    row = {"model": str(model), "depth": arguments.depth, "cache_type": arguments.cache_type,
           "prefill_fraction_of_peak": median_of(ours.reports, "prefill_fraction_of_peak"),
           "decode_fraction_of_bandwidth": median_of(ours.reports, "decode_fraction_of_bandwidth")}
    for name in ("ganglion", *peers):
        row[name] = {}
        for workload in WORKLOADS:
            if workload not in rounds[0][name]:
                continue
            speeds = [each[name][workload] for each in rounds]
            row[name][f"{workload}_tokens_per_s"] = spread(speeds)
            if name != "ganglion":
                row[name][f"{workload}_ratio"] = spread(
                    [each["ganglion"][workload] / speed for each, speed in zip(rounds, speeds)])
    return row


def median_of(reports, key):
    values = [report[key] for report in reports if report[key] is not None]
    return statistics.median(values) if values else None


def spread_text(values, digits):
    return "-".join(f"{values[key]:.{digits}f}" for key in ("min", "median", "max"))


def print_row(row):
    for workload, share, whole in (("prefill", "prefill_fraction_of_peak", "of peak"),
                                   ("decode", "decode_fraction_of_bandwidth", "of bandwidth")):
        fraction = "" if row[share] is None else f"  {row[share] * 100:.0f} % {whole}"
        ours = spread_text(row["ganglion"][f"{workload}_tokens_per_s"], 1)
        print(f"{pathlib.Path(row['model']).stem:<28} {workload:<8} {'ganglion':<12} {ours:>22}{fraction}")
        for name, peer in row.items():
            if isinstance(peer, dict) and f"{workload}_ratio" in peer:
                print(f"{'':<28} {'':<8} {name:<12} {spread_text(peer[f'{workload}_tokens_per_s'], 1):>22}"
                      f"  ratio {spread_text(peer[f'{workload}_ratio'], 2)}")
    sys.stdout.flush()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, nargs="+", required=True, help=".gguf files, a row each")
    parser.add_argument("--ganglion", type=pathlib.Path, default=ROOT / "build/bin/ganglion")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--generate-tokens", type=int, default=64)
    parser.add_argument("--depth", type=int, default=0, help="tokens in the cache before either begins")
    parser.add_argument("--cache-type", choices=sorted(GGML_TYPES), help="of keys and values, for every program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-llama-cpp", action="store_true", help="leave llama-cpp-python out")
    parser.add_argument("--node", type=pathlib.Path, help="folder where `npm install node-llama-cpp` was run")
    parser.add_argument("--llama-bench", type=pathlib.Path)
    parser.add_argument("--llama-bench-arguments", default="")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for name in ("threads", "prompt_tokens", "generate_tokens", "rounds"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name.replace('_', '-')}: expected at least 1")
    if arguments.depth < 0:
        parser.error("--depth: expected at least 0")
    for path in (*arguments.model, arguments.ganglion, arguments.node, arguments.llama_bench):
        if path and not path.exists():
            parser.error(f"{path}: no such file or folder")
    return arguments


def main():
    arguments = parse_arguments()
    try:
        if not arguments.no_llama_cpp:
            import llama_cpp  # noqa: F401
    except ImportError as error:
        sys.exit(f"error: {error}; install llama-cpp-python (see --help), or leave it out with --no-llama-cpp")
    rows = []
    try:
        for model in arguments.model:
            rows.append(compare(model, arguments))
            if not arguments.json:
                if len(rows) == 1:
                    print(f"{arguments.threads} threads, {arguments.rounds} rounds in turn, prompt "
                          f"{arguments.prompt_tokens}, steps {arguments.generate_tokens}, depth "
                          f"{arguments.depth}, cache {arguments.cache_type or 'as each has it'}; "
                          "tokens/s and ratios as min-median-max")
                print_row(rows[-1])
    except PeerError as error:
        sys.exit(f"error: {error}")
    if arguments.json:
        print(json.dumps({"threads": arguments.threads, "rounds": arguments.rounds,
                          "prompt_tokens": arguments.prompt_tokens,
                          "generate_tokens": arguments.generate_tokens, "rows": rows}))


if __name__ == "__main__":
    main()
