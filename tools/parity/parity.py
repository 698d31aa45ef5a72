#!/usr/bin/env python3
"""Measures how far Ganglion's numbers are from the references, for tiny models of every family.

    pip install torch transformers gguf llama-cpp-python
    tools/parity/parity.py --ganglion build/release/bin/ganglion [--write docs/models.md]

For each family transformers makes a model with random weights and computes its logits (of an encoder
the hidden states). Measured is the relative L2 distance ||a - b|| / ||b|| over all positions. One
table is of models 64 wide:
  folder       ganglion on the Hugging Face folder, from transformers
  F32          ganglion on the converted file, from transformers
  llama.cpp    llama.cpp on our converted F32 file, from transformers (its GELU goes through a
               half-precision table: 1e-4 to 5e-4 for the families that have one)
The other is of the same models 256 wide, so that blocks of 256 occur, in every type that
`ganglion quantize` writes. Two distances each:
  reading      ganglion on the file in that type, from ganglion on the same file expanded to F32 by
               the gguf package: what reading the type costs; not shown where it is 0
  type         the same, from transformers: what the type itself costs these weights
Ends with 1 when one of Ganglion's distances is above its tolerance. Packages that are absent leave
their column empty.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import tiny_models

TYPES = ("F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "IQ4_XS",
         "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K")
COLUMNS = ("folder", "F32", "llama.cpp")
TOLERANCE = 1e-4
CONTEXT = 64  # long rope is chosen by the length of the session
BEGIN, END = "<!-- {} table: begin -->", "<!-- {} table: end -->"
# What the reference leaves out, measured as such: not a fault of the file.
NOTES = {
    ("mistral_window", "llama.cpp"): "llama.cpp reads no window for this architecture",
    ("phi3_window", "llama.cpp"): "llama.cpp switches this window off",
}


def distance(found, expected):
    if found is None or expected is None or found.size != expected.size:
        return None
    expected = expected.astype(np.float64).ravel()
    return float(np.linalg.norm(found.astype(np.float64) - expected) / np.linalg.norm(expected))


class Measurer:
    def __init__(self, ganglion, folder):
        self.ganglion, self.folder = str(ganglion), pathlib.Path(folder)

    def run(self, *words):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              timeout=600, check=False)
        if done.returncode != 0:
            print(f"  {' '.join(map(str, words[1:]))[:110]}: "
                  f"{(done.stderr.strip().splitlines() or ['failed'])[-1][:200]}", file=sys.stderr)
        return done.returncode == 0

    def numbers(self, *words):
        out = self.folder / "numbers.f32"
        out.unlink(missing_ok=True)
        return np.fromfile(out, np.float32) if self.run(*words) and out.exists() else None

    def ours(self, model, tokens, is_decoder):
        what = ["logits", "--context", CONTEXT] if is_decoder else ["hidden"]
        return self.numbers(self.ganglion, "debug", what[0], "--model", model, "--tokens", tokens,
                            "--output", self.folder / "numbers.f32", *what[1:])

    def llama_cpp(self, model, tokens, is_decoder):
        script = pathlib.Path(__file__).with_name("llama_cpp_logits.py")
        return self.numbers(sys.executable, script, model, tokens, self.folder / "numbers.f32",
                            *([] if is_decoder else ["--hidden"]))

    def expand(self, source, target):
        """The file with every tensor as F32, by the gguf package."""
        import gguf
        reader = gguf.GGUFReader(source)
        writer = gguf.GGUFWriter(target, reader.get_field("general.architecture").contents())
        for name, field in reader.fields.items():
            if name.startswith("GGUF.") or name == "general.architecture":
                continue
            nested = field.types[0] == gguf.GGUFValueType.ARRAY
            writer.add_key_value(name, field.contents(), field.types[0],
                                 sub_type=field.types[-1] if nested else None)
        for tensor in reader.tensors:
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            writer.add_tensor(tensor.name, values.astype(np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def measure(self, name):
        folder, is_decoder = self.folder / name, name in tiny_models.DECODERS
        tokens, expected = tiny_models.make(name, folder)
        tokens = ",".join(map(str, tokens))
        whole, row = self.folder / f"{name}.gguf", {}
        row["folder"] = distance(self.ours(folder, tokens, is_decoder), expected)
        if not self.run(self.ganglion, "convert", folder, whole, "--quiet"):
            return row
        row["F32"] = distance(self.ours(whole, tokens, is_decoder), expected)
        row["llama.cpp"] = distance(self.llama_cpp(whole, tokens, is_decoder), expected)
        return row

    def measure_types(self, name):
        folder, is_decoder = self.folder / "wide" / name, name in tiny_models.DECODERS
        tokens, expected = tiny_models.make(name, folder, wide=True)
        tokens = ",".join(map(str, tokens))
        whole, small, plain = (self.folder / f"{kind}.gguf" for kind in ("whole", "small", "plain"))
        row = {}
        if not self.run(self.ganglion, "convert", folder, whole, "--quiet"):
            return row
        for kind in TYPES:
            if self.run(self.ganglion, "quantize", whole, small, "--type", kind, "--quiet"):
                self.expand(small, plain)
                found = self.ours(small, tokens, is_decoder)
                row[kind] = (distance(found, self.ours(plain, tokens, is_decoder)),
                             distance(found, expected))
        return row


def architecture(folder, name):
    return json.loads((folder / name / "config.json").read_text())["architectures"][0]


def figure(value, digits=1):
    return "–" if value is None else f"{value:.{digits}e}"


def families_table(rows, classes):
    lines = ["| model | transformers class | " + " | ".join(COLUMNS) + " |",
             "| --- | --- |" + " ---: |" * len(COLUMNS)]
    notes = []
    for name, row in rows.items():
        cells = []
        for column in COLUMNS:
            value, note = row.get(column), NOTES.get((name, column))
            cell = figure(value)
            if value is not None and note:
                notes.append(note)
                cell += f" ({len(notes)})"
            cells.append(cell)
        lines.append(f"| {name} | {classes[name]} | " + " | ".join(cells) + " |")
    lines += ["", *(f"({i}) {note}." for i, note in enumerate(notes, 1))]
    return "\n".join(lines).rstrip()


def types_table(rows):
    lines = ["| model | " + " | ".join(TYPES) + " |", "| --- |" + " ---: |" * len(TYPES)]
    for name, row in rows.items():
        cells = []
        for kind in TYPES:
            reading, cost = row.get(kind, (None, None))
            cells.append(figure(cost, 0) if reading in (0, None)
                         else f"{figure(reading)} / {figure(cost, 0)}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_table(path, name, text):
    page = pathlib.Path(path).read_text()
    begin, end = BEGIN.format(name), END.format(name)
    head, rest = page.split(begin)
    pathlib.Path(path).write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ganglion", default="build/release/bin/ganglion")
    parser.add_argument("--only", nargs="*", help="names of models, of " + ", ".join(
        [*tiny_models.DECODERS, *tiny_models.ENCODERS]))
    parser.add_argument("--write", metavar="FILE", help="replace the tables in this page")
    arguments = parser.parse_args()
    tiny_models.torch.set_num_threads(1)
    names = arguments.only or [*tiny_models.DECODERS, *tiny_models.ENCODERS]
    with tempfile.TemporaryDirectory() as folder:
        measurer = Measurer(arguments.ganglion, folder)
        families = {name: measurer.measure(name) for name in names}
        types = {name: measurer.measure_types(name) for name in names}
        classes = {name: architecture(pathlib.Path(folder), name) for name in names}
    for name, text in (("family", families_table(families, classes)), ("type", types_table(types))):
        print(text + "\n")
        if arguments.write:
            write_table(arguments.write, name, text)
    found = [(f"{name} {column}", row.get(column)) for name, row in families.items()
             for column in COLUMNS if column != "llama.cpp"]
    found += [(f"{name} {kind}", row.get(kind, (None,))[0]) for name, row in types.items()
              for kind in TYPES]
    bad = [place for place, value in found if value is None or not value <= TOLERANCE]
    print(f"{len(names)} models, above {TOLERANCE:g} or not measured: {', '.join(bad) or 'none'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
