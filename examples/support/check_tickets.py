#!/usr/bin/env python3
"""Checks the tickets and articles beside this script and prints a summary.

Offsets, values, check digits, split sizes, repeated texts and references to articles are checked.
Exit code 0 when all hold, 1 with one line a mistake.
"""
import collections
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPLITS = ("train", "calibration", "test")
INTENTS = {
    "account_access", "billing_question", "cancel_account", "chargeback", "integration_api",
    "invoicing_help", "oos", "order_status", "payout_question", "return_refund", "terminal_problem",
}
URGENCIES = {"low", "normal", "high"}
FORMS = {
    "order_id": r"LB-\d{7}",
    "invoice_number": r"INV-20\d\d-\d{5}",
    "product": r"Perch|Perch Mini|Perch Dock|Nest Printer|Larkbill Books|Shop Link",
    "amount": r"[A-Z]{3} \d+\.\d\d",
    "date": r"\d{4}-\d\d-\d\d",
    "email": r"[^@\s]+@[^@\s]+\.[a-z]+",
    "phone": r"\+\d{10,14}",
    "iban": r"[A-Z]{2}\d\d[A-Z0-9]{11,30}",
}
PII_TYPES = {
    "ADDRESS", "API_KEY", "CREDIT_CARD", "DATE_OF_BIRTH", "EMAIL", "IBAN", "IP_ADDRESS", "PERSON",
    "PHONE",
}
MIN_TRAIN_PER_INTENT = 18
MIN_TICKETS = 420
MIN_ARTICLES = 22
ARTICLE_WORDS = range(120, 351)


def luhn_holds(digits):
    total = 0
    for place, digit in enumerate(int(c) for c in reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def iban_holds(iban):
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def span_mistakes(text, spans, types):
    """Spans lie inside the text, are ordered, do not overlap, have a known type and no margins."""
    last = 0
    for span in spans:
        start, end = span["start"], span["end"]
        if not (last <= start < end <= len(text)):
            yield f"span {start}..{end} overlaps or lies outside the {len(text)} code points"
            return
        if span["type"] not in types:
            yield f"type {span['type']!r}, expected one of {', '.join(sorted(types))}"
        if text[start:end] != text[start:end].strip():
            yield f"span {start}..{end} begins or ends with white space"
        last = end


def entity_mistakes(text, entity):
    surface, normal, kind = entity["value"], entity["normalized"], entity["type"]
    if text[entity["start"]:entity["end"]] != surface:
        yield f"value {surface!r} is not what the offsets say"
    if not re.fullmatch(FORMS.get(kind, ""), normal):
        yield f"{kind} {normal!r} does not have the form {FORMS.get(kind)}"
    elif kind == "order_id" and not luhn_holds(normal[3:]):
        yield f"order_id {normal} fails its check digit"
    elif kind == "iban" and not iban_holds(normal):
        yield f"iban {normal} fails its check digits"


def pii_mistakes(ticket):
    covered = {(span["start"], span["end"]) for span in ticket["pii"]}
    for entity in ticket["entities"]:
        is_personal = entity["type"] in ("email", "phone", "iban")
        if is_personal and (entity["start"], entity["end"]) not in covered:
            yield f"{entity['type']} {entity['value']!r} is missing in pii"
    for span in ticket["pii"]:
        digits = re.sub(r"\D", "", ticket["text"][span["start"]:span["end"]])
        if span["type"] == "CREDIT_CARD" and not luhn_holds(digits):
            yield f"card number at {span['start']} fails its check digit"


def ticket_mistakes(ticket, articles):
    text = ticket["text"]
    yield from span_mistakes(text, ticket["entities"], FORMS)
    yield from span_mistakes(text, ticket["pii"], PII_TYPES)
    for entity in ticket["entities"]:
        yield from entity_mistakes(text, entity)
    yield from pii_mistakes(ticket)
    if ticket["intent"] not in INTENTS:
        yield f"intent {ticket['intent']!r}"
    if ticket["urgency"] not in URGENCIES:
        yield f"urgency {ticket['urgency']!r}"
    if ticket["answerable"] != (ticket["article"] is not None):
        yield "answerable and article disagree"
    if ticket["article"] is not None and ticket["article"] not in articles:
        yield f"article {ticket['article']!r} does not exist"
    if ticket["intent"] == "oos" and ticket["answerable"]:
        yield "an oos ticket has no article"


def set_mistakes(splits, articles):
    """What only the whole set shows: sizes, repeats, unused articles."""
    everything = [ticket for tickets in splits.values() for ticket in tickets]
    if len(everything) < MIN_TICKETS:
        yield f"{len(everything)} tickets, expected at least {MIN_TICKETS}"
    if len(articles) < MIN_ARTICLES:
        yield f"{len(articles)} articles, expected at least {MIN_ARTICLES}"
    for key in ("id", "text"):
        counts = collections.Counter(" ".join(t[key].lower().split()) for t in everything)
        repeated = [(value, n) for value, n in counts.items() if n > 1]
        yield from (f"{key} {value[:60]!r} occurs {n} times" for value, n in repeated)
    for split, tickets in splits.items():
        counts = collections.Counter(t["intent"] for t in tickets)
        least = MIN_TRAIN_PER_INTENT if split == "train" else 1
        for intent in sorted(INTENTS):
            if counts[intent] < least:
                yield f"{split}: {counts[intent]} tickets of {intent}, expected at least {least}"
    for name, text in articles.items():
        if len(text.split()) not in ARTICLE_WORDS or not text.startswith("# "):
            yield f"article {name}: expected a title and 120 to 350 words"
    for name in sorted(set(articles) - {t["article"] for t in everything}):
        yield f"article {name} answers no ticket"


def print_summary(splits, articles):
    print(f"{'intent':<18}" + "".join(f"{split:>13}" for split in SPLITS))
    for intent in sorted(INTENTS):
        counts = [sum(t["intent"] == intent for t in splits[split]) for split in SPLITS]
        print(f"{intent:<18}" + "".join(f"{count:>13}" for count in counts))
    print(f"{'all':<18}" + "".join(f"{len(splits[split]):>13}" for split in SPLITS))
    everything = [ticket for tickets in splits.values() for ticket in tickets]
    tallies = {
        "urgency": (t["urgency"] for t in everything),
        "language": (t["language"] for t in everything),
        "answerable": (str(t["answerable"]).lower() for t in everything),
        "entities": (e["type"] for t in everything for e in t["entities"]),
        "pii": (p["type"] for t in everything for p in t["pii"]),
    }
    for name, values in tallies.items():
        counts = collections.Counter(values).most_common()
        print(f"{name}: " + ", ".join(f"{value} {count}" for value, count in counts))
    print(f"articles: {len(articles)}")


def main():
    articles = {p.stem: p.read_text("utf-8") for p in sorted((HERE / "articles").glob("*.md"))}
    splits = {}
    mistakes = []
    for split in SPLITS:
        lines = (HERE / "tickets" / f"{split}.jsonl").read_text("utf-8").splitlines()
        splits[split] = [json.loads(line) for line in lines]
        for number, ticket in enumerate(splits[split], 1):
            mistakes += [f"{split}.jsonl:{number}: {m}" for m in ticket_mistakes(ticket, articles)]
    mistakes += set_mistakes(splits, articles)
    print_summary(splits, articles)
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
