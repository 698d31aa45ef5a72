#!/usr/bin/env python3
"""Renders templates with Ganglion and with Jinja as transformers sets it up, and compares them exactly.

    pip install jinja2
    tools/reference/compare_jinja.py build/bin/ganglion [--random 2000] [--seed 1]

Cases are the chat templates of tests/golden/chat_templates on their contexts, and random templates
from a grammar on random contexts. Where Jinja renders, the text must be the same; where Jinja fails,
Ganglion must fail. Exit code 1 and the first differences otherwise. With --write the renderings of
the chat templates are written to tests/golden/chat_templates/expected.json.
"""
import argparse
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "chat_templates"
NOW = datetime.datetime(2025, 7, 10, 12, 0, 0)


class GenerationTag(jinja2.ext.Extension):
    """{% generation %}…{% endgeneration %}, which marks the assistant's text, as a plain block."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    """As transformers' apply_chat_template compiles templates."""
    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    result = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                           extensions=[GenerationTag, jinja2.ext.loopcontrols])
    result.filters["tojson"] = tojson
    result.globals["raise_exception"] = raise_exception
    result.globals["strftime_now"] = NOW.strftime
    return result


class Grammar:
    """Random templates: statements and expressions that mostly fit their types. Names of the context are
    never assigned: Jinja takes such a name for undefined in a block that stands before the assignment."""
    WORDS = ["", "a", "user", "system", " two words ", "naïve Ünïcode", "日本語 テキスト", "🤗", "line\nline",
             "tab\there", "it's", 'a "quote"', "back\\slash", "  ", "<|im_end|>", "x-y_z", "ABC", "12", "-3.5"]
    LISTS = ["items", "numbers", "words", "messages", "[]", "[1, 2, 3]", "['b', 'A', 'c']", "range(4) | list",
             "(1, 'two')", "table.items()", "table | dictsort"]
    FILTERS = ["upper", "lower", "title", "capitalize", "trim", "length", "string", "tojson", "first", "last",
               "list", "reverse | list", "join", "join(', ')", "indent", "indent(2, true)", "default('d')",
               "default('d', true)", "int", "float", "abs", "round", "round(1)", "sort", "unique | list",
               "replace('a', 'bb')", "tojson(indent=2)", "wordcount", "center(12)", "batch(2) | list", "min", "max",
               "sum", "items | list", "map('string') | list", "select | list", "reject('odd') | list",
               "map(attribute='role') | list", "selectattr('role', 'equalto', 'user') | list", "count",
               "tojson(ensure_ascii=true)", "sort(reverse=true)", "dictsort", "slice(2) | list", "trim('a')",
               "format(1)", "d", "rejectattr('content') | list", "urlencode", "safe"]
    METHODS = ["upper()", "lower()", "strip()", "lstrip()", "rstrip('\\n')", "split()", "split(' ')",
               "split('a', 1)", "startswith('a')", "endswith('b')", "replace('a', 'X')", "title()", "find('a')",
               "count('a')", "splitlines()", "isdigit()", "capitalize()", "rsplit('a', 1)", "partition('a')",
               "join(['x', 'y'])", "items()", "keys() | list", "values() | list", "get('role')", "get('no', 1)",
               "isalpha()", "zfill", "index('a')", "rfind('o')", "removeprefix('a')", "center(9)", "ljust(7)", "isupper()"]
    TESTS = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer",
             "boolean", "true", "false", "float", "odd", "even", "divisibleby(2)", "equalto('a')", "in [1, 'a']",
             "lower", "upper", "gt 1", "callable", "not none", "not defined", "eq(2)", "ne 'a'"]
    OPERATORS = ["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in"]

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.depth = 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def string(self):
        text = self.random.choice(self.WORDS)
        return self.pick(json.dumps(text, ensure_ascii=False), repr(text))

    def atom(self):
        names = ["text", "name", "count", "ratio", "flag", "nothing", "items", "numbers", "words", "messages",
                 "table", "missing", "x", "loop.index", "loop.first", "ns.value", "messages[0]", "messages[-1].content",
                 "messages[0]['role']", "table.key", "table['key']", "words[1]", "text[1:4]", "text[::-1]", "numbers[-2:]",
                 "items[0]", "table.nested.deep", "nothing", "words[5]", "table.missing", "table.items"]
        return self.pick(self.random.choice(names), self.random.choice(names), self.random.choice(names),
                         self.string(), str(self.random.randint(-9, 20)), self.pick("1.5", "-0.25", "1e20", "true", "none"),
                         self.random.choice(self.LISTS), "{'k': " + self.string() + ", 'n': 1}")

    def expression(self):
        self.depth += 1
        try:
            if self.depth > 4:
                return self.atom()
            kind = self.random.randrange(10)
            if kind < 3:
                return self.atom()
            if kind == 3:
                return f"{self.expression()} | {self.random.choice(self.FILTERS)}"
            if kind == 4:
                return f"({self.expression()}).{self.random.choice(self.METHODS)}"
            if kind == 5:
                return f"({self.expression()}) is {self.random.choice(self.TESTS)}"
            if kind == 6:
                return f"({self.expression()} if {self.expression()} else {self.expression()})"
            if kind == 7:
                return self.pick("not ", "-", "not not ") + self.atom()
            if kind == 8:
                return f"m({self.expression()})"
            return f"{self.expression()} {self.random.choice(self.OPERATORS)} {self.expression()}"
        finally:
            self.depth -= 1

    def tag(self, inside):
        return "{%" + self.pick("", "", "-", "+") + f" {inside} " + self.pick("", "", "-") + "%}"

    def text(self):
        return self.pick("", "", " ", "\n", "\n  ", "text ", "  \n", "a\n\n", " é", "}", "\t")

    def body(self):
        return "".join(self.text() + self.statement() for _ in range(self.random.randint(1, 3))) + self.text()

    def statement(self):
        self.depth += 1
        try:
            kind = self.random.randrange(14) if self.depth < 4 else 0
            if kind < 5:
                return "{{" + self.pick("", "", "-") + " " + self.expression() + " " + self.pick("", "", "-") + "}}"
            if kind == 5:
                return (self.tag("if " + self.expression()) + self.body() + self.tag("elif " + self.expression()) +
                        self.body() + self.tag("else") + self.body() + self.tag("endif"))
            if kind == 6:
                return self.tag("if " + self.expression()) + self.body() + self.tag("endif")
            if kind in (7, 8):
                # Jinja has no `loop` in the condition, not even that of a loop around.
                condition = self.pick("", "", f" if {self.expression().replace('loop.', 'ns.')}")
                last = self.pick("", self.tag("else") + self.body())
                stop = self.pick("", "", self.tag("if loop.index > 2") + self.tag(self.pick("break", "continue")) + self.tag("endif"))
                return (self.tag(f"for x in {self.random.choice(self.LISTS)}{condition}") + stop + self.body() + last +
                        self.tag("endfor"))
            if kind == 9:
                return self.tag(f"set {self.pick('x', 'y', 'ns.value')} = {self.expression()}")
            if kind == 10:
                return self.tag("set x") + self.body() + self.tag("endset")
            if kind == 11:
                return "{#" + self.pick("", "-") + " a comment " + self.pick("", "-") + "#}"
            if kind == 12:
                return self.tag("filter " + self.pick("upper", "trim", "indent(2)")) + self.body() + self.tag("endfilter")
            return self.pick("{% raw %}{{ x }}{% endraw %}", self.tag("with x = " + self.expression()) + self.body() + self.tag("endwith"),
                             self.tag("generation") + self.body() + self.tag("endgeneration"),
                             "{% call m(" + self.expression() + ") %}" + self.body() + "{% endcall %}")
        finally:
            self.depth -= 1

    def template(self):
        head = "{% set ns = namespace(value='start') %}{% macro m(v, w='!') %}<{{ v }}{{ w }}{{ caller() if caller }}>{% endmacro %}"
        return head + self.body() + self.pick("", "\n", "\n\n")

    def context(self):
        word = lambda: self.random.choice(self.WORDS)
        number = lambda: self.random.choice([0, 1, 2, 7, -4, 2.5, 1000000, -0.5, 1e16, 3.0])
        return {"text": word() + word(), "name": word(), "count": self.random.randint(-3, 12), "ratio": number(),
                "flag": self.random.random() < 0.5, "nothing": None, "items": [word(), number(), True, None, [1, word()]],
                "numbers": [number() for _ in range(self.random.randint(0, 4))],
                "words": [word() for _ in range(self.random.randint(0, 4))],
                "messages": [{"role": self.random.choice(["user", "system", "assistant"]), "content": word()}
                             for _ in range(self.random.randint(1, 3))],
                "table": {"key": word(), "nested": {"deep": number()}, "list": [word(), 2], "Zed": None}}


def golden_cases():
    contexts = json.loads((GOLDEN / "contexts.json").read_text(encoding="utf-8"))
    for path in sorted(GOLDEN.glob("*.jinja")):
        for name, context in contexts.items():
            yield f"{path.stem}/{name}", path.read_text(encoding="utf-8"), context


def reference(jinja, template, context):
    """The rendering, or None where Jinja fails."""
    try:
        return jinja.from_string(template).render(**context)
    except (jinja2.exceptions.TemplateError, TypeError, ValueError, LookupError, AttributeError,
            ArithmeticError, RecursionError):
        return None


def ours(binary, folder, template, context):
    (folder / "t.jinja").write_bytes(template.encode())
    (folder / "c.json").write_text(json.dumps(context), encoding="utf-8")
    run = subprocess.run([binary, "debug", "template", "--template", folder / "t.jinja", "--context",
                          folder / "c.json", "--dialect", "python", "--now", NOW.isoformat()],
                         capture_output=True, timeout=60)
    if run.returncode not in (0, 1):
        raise SystemExit(f"exit code {run.returncode} on {template!r}: {run.stderr.decode()}")
    return (run.stdout.decode(), "") if run.returncode == 0 else (None, run.stderr.decode())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--random", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--show", type=int, default=5)
    arguments = parser.parse_args()
    jinja = environment()
    cases = list(golden_cases())
    if arguments.write:
        expected = {name: reference(jinja, template, context) for name, template, context in cases}
        (GOLDEN / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    num_golden = len(cases)
    for i in range(arguments.random):
        grammar = Grammar(arguments.seed * 1000003 + i)
        cases.append((f"random {i}", grammar.template(), grammar.context()))
    rendered = refused = differing = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, template, context in cases:
            expected = reference(jinja, template, context)
            found, error = ours(arguments.binary, pathlib.Path(folder), template, context)
            # What a generator, a method or a view of a dict prints belongs to Python alone.
            if any(mark in (expected or "").lower() for mark in (" object at 0x", "<built-in method", "dict_items(")):
                continue
            rendered += expected is not None
            refused += expected is None
            if expected == found:
                continue
            differing += 1
            if differing <= arguments.show:
                print(f"{name}\n  template {template!r}\n  context  {json.dumps(context, ensure_ascii=False)}\n"
                      f"  expected {expected!r}\n  found    {found!r} {error}")
    print(f"{num_golden} chat template cases and {arguments.random} random ones: {rendered} rendered and {refused} refused "
          f"by Jinja {jinja2.__version__}; {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
