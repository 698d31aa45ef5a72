#!/usr/bin/env python3
"""Tasks for bench_speculation: prompts, and the answers that a model without faults would write.

    benchmarks/extraction_tasks.py > tasks.jsonl

The texts and their labelled spans are those of the public data in GANGLION_DATA (../shared/data) and
of examples/support. Every answer is JSON with values that stand in the prompt word for word; only the
last kind, "free text", quotes nothing: it shows what guessing costs where there is nothing to guess.
"""
import argparse
import json
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("GANGLION_DATA", ROOT.parent / "shared/data"))


def spread(items, count):
    """`count` of them, evenly over the list."""
    return [items[i * len(items) // count] for i in range(min(count, len(items)))]


def extraction(pairs, instruction, examples, count):
    """Of (text, answer) pairs: the first ones are the examples in the prompt."""
    shown, asked = pairs[:examples], spread(pairs[examples:], count)
    head = instruction + "\n\n"
    for text, answer in shown:
        head += f"Text: {text}\nJSON: {json.dumps(answer, ensure_ascii=False)}\n\n"
    return [(f"{head}Text: {text}\nJSON:", " " + json.dumps(answer, ensure_ascii=False))
            for text, answer in asked]


# ---- one object of fields --------------------------------------------------------------------------

def restaurant(count, examples):
    pairs, fields = [], set()
    for each in json.loads((DATA / "extraction/restaurant8k/test.json").read_text()):
        text = each["userInput"]["text"]
        answer = {}
        for label in each.get("labels", []):
            span = label["valueSpan"]
            answer[label["slot"]] = text[span.get("startIndex", 0):span["endIndex"]]
        fields.update(answer)
        if len(answer) >= 2:
            pairs.append((text, answer))
    return extraction(pairs, "Extract the details of a reservation from the text as JSON, word for word. "
                      f"Fields: {', '.join(sorted(fields))}.", examples, count)


def snips(count, examples):
    folder = DATA / "intent/snips/test"
    lines = [(folder / name).read_text().splitlines() for name in ("label", "seq.in", "seq.out")]
    pairs, fields = [], set()
    for label, text, tags in zip(*lines):
        if label.strip() != "BookRestaurant":
            continue
        answer = {}
        for word, tag in zip(text.split(), tags.split()):
            if tag != "O":
                name = tag[2:]
                answer[name] = f"{answer[name]} {word}" if tag.startswith("I-") and name in answer else word
        fields.update(answer)
        pairs.append((text.strip(), answer))
    return extraction(pairs, "Extract the slots of the request from the text as JSON, word for word. "
                      f"Slots: {', '.join(sorted(fields))}.", examples, count)


# ---- lists of spans --------------------------------------------------------------------------------

def tickets(count, examples):
    pairs, types, intents = [], set(), set()
    for line in (ROOT / "examples/support/tickets/test.jsonl").read_text().splitlines():
        ticket = json.loads(line)
        types.update(each["type"] for each in ticket["entities"])
        intents.add(ticket["intent"])
        if len(ticket["entities"]) >= 2:
            pairs.append((ticket["text"], {"intent": ticket["intent"], "entities": [
                {"type": each["type"], "value": each["value"]} for each in ticket["entities"]]}))
    return extraction(pairs, "Answer with one JSON object: the intent of the ticket and all entities that "
                      f"it names, word for word.\nIntents: {', '.join(sorted(intents))}.\n"
                      f"Types of entities: {', '.join(sorted(types))}.", examples, count)


def personal_data(count, examples):
    pairs, types = [], set()
    for each in json.loads((DATA / "extraction/pii-presidio/generated_small.json").read_text()):
        spans = sorted(each["spans"], key=lambda span: span["start_position"])
        types.update(span["entity_type"] for span in spans)
        if len(spans) >= 2:
            pairs.append((each["full_text"].strip(), [
                {"type": span["entity_type"],
                 "value": each["full_text"][span["start_position"]:span["end_position"]]} for span in spans]))
    return extraction(pairs, "List all personal data in the text as JSON, word for word. "
                      f"Types: {', '.join(sorted(types))}.", examples, count)


# ---- passages --------------------------------------------------------------------------------------

def passages():
    articles = json.loads((DATA / "retrieval/xquad/xquad.en.json").read_text())["data"]
    return [(article["title"], paragraph) for article in articles for paragraph in article["paragraphs"]]


def sentence_around(text, at):
    begin = text.rfind(". ", 0, at)
    end = text.find(". ", at)
    return text[begin + 2 if begin >= 0 else 0:end + 1 if end >= 0 else len(text)]


def cited(context, question):
    answer = question["answers"][0]
    return {"answer": answer["text"], "quote": sentence_around(context, answer["answer_start"])}


def citations(count, _):
    tasks = []
    for _, paragraph in spread(passages(), count):
        context, question = paragraph["context"], paragraph["qas"][0]
        tasks.append((f"{context}\n\nQuestion: {question['question']}\nAnswer with JSON: the answer, and "
                      "the sentence of the text that it stands in.\nJSON:",
                      " " + json.dumps(cited(context, question), ensure_ascii=False)))
    return tasks


def questionnaires(count, _):
    tasks = []
    for _, paragraph in spread(passages(), count):
        context, questions = paragraph["context"], paragraph["qas"][:3]
        asked = "\n".join(each["question"] for each in questions)
        answers = [{"question": each["question"], **cited(context, each)} for each in questions]
        tasks.append((f"{context}\n\nAnswer with JSON: every question, its answer, and the sentence of the "
                      f"text that it stands in.\n{asked}\nJSON:",
                      " " + json.dumps(answers, ensure_ascii=False)))
    return tasks


def free_text(count, _):
    return [(f"Write a paragraph about {title.replace('_', ' ')}.\n", paragraph["context"])
            for title, paragraph in spread(passages(), count)]


KINDS = {
    "restaurant8k: fields": restaurant,
    "SNIPS: slots": snips,
    "support tickets: entities": tickets,
    "personal data: spans": personal_data,
    "XQuAD: answer and sentence": citations,
    "XQuAD: three questions": questionnaires,
    "free text": free_text,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=8, help="of tasks of each kind")
    parser.add_argument("--kind", default="", help="those whose name holds this")
    parser.add_argument("--examples", type=int, default=1, help="in the prompts that ask for fields or spans")
    arguments = parser.parse_args()
    for kind, make in KINDS.items():
        if arguments.kind not in kind:
            continue
        for prompt, answer in make(arguments.count, arguments.examples):
            print(json.dumps({"kind": kind, "prompt": prompt, "answer": answer}, ensure_ascii=False))


if __name__ == "__main__":
    main()
