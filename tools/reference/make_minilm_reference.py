#!/usr/bin/env python3
"""Writes tests/golden/minilm_l6_500.jsonl and .f32: 500 sentences with the token ids and the
embeddings that PyTorch (float64) and transformers compute with all-MiniLM-L6-v2.

    pip install torch transformers
    scripts/fetch_test_models.sh
    tools/reference/make_minilm_reference.py build/test-models/all-MiniLM-L6-v2 tests/golden

The sentences are made here from a fixed seed, so that the files can be made again. Each line of
the .jsonl holds `text` and `ids`; row i of the .f32 (float32, little-endian, 500 x 384) is the
mean-pooled, L2-normalised embedding of line i. Texts are cut at 256 tokens, as the model's
sentence_bert_config.json says.
"""
import json
import pathlib
import random
import sys

NUM_SENTENCES = 500
MAX_TOKENS = 256

SUBJECTS = ["the customer", "our technician", "a new colleague", "the delivery driver", "my neighbour",
            "the accounting team", "this machine", "the old printer", "an unknown caller", "the museum",
            "a careful reader", "the night train", "her brother", "the garden centre", "our supplier"]
VERBS = ["reported", "repaired", "forgot", "described", "cancelled", "measured", "returned", "painted",
         "postponed", "photographed", "compared", "recommended", "unpacked", "misplaced", "approved"]
OBJECTS = ["the second invoice", "a broken hinge", "three wooden chairs", "the refund policy", "a blue bicycle",
           "the quarterly report", "an encrypted backup", "the thermostat", "two tickets to Lisbon",
           "a bowl of lentil soup", "the warranty card", "the unfinished bridge", "a pair of headphones",
           "the replacement filter", "an apology"]
TAILS = ["before the office opened", "because the display stayed dark", "although nobody had asked",
         "at 7:45 in the morning", "for 129.90 EUR", "on the third attempt", "without reading the manual",
         "after a long telephone call", "while it was raining", "in the upstairs meeting room",
         "and wrote a short note about it", "despite the firmware update (v2.14.1)"]
QUESTIONS = ["Could you tell me when {o} will arrive?", "Why was {o} charged twice?",
             "Is it possible to exchange {o} for another size?", "Who do I contact about {o}?",
             "How long does it take until {o} is ready, roughly?", "What happens if {s} loses {o}?"]
SPECIAL = ["Der Zähler zeigt seit gestern 0 kWh an – bitte prüfen!", "¿Dónde está mi pedido nº 48-B?",
           "Le café est fermé le dimanche; réouverture lundi à 8 h.", "請問什麼時候可以送到？",
           "Спасибо, всё работает.", "The naïve façade of the café — très bien…", "ok", "?!",
           "👍 thanks!!! 🎉", "ASAP!!!1!", "Order #A-1093/77 -> status=\"pending\"; retry in 30s",
           "mail me at someone@example.org or call +1 (555) 010-9999", "ﬁne ﬂuid ½ ² µ ™ Å",
           "tab\tand\nnew line\r\nand nothing else", "x" * 120, "it's we're they'd don't o'clock",
           "İstanbul'da hava güneşli", "ΑΒΓ αβγ ς", "e\u0301te\u0301 decomposed", "zero\u200bwidth\u00adhyphen"]


def clause(rng):
    return f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(TAILS)}"


def misspell(text, rng):
    letters = list(text)
    for _ in range(max(1, len(letters) // 25)):
        at = rng.randrange(len(letters) - 1)
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def sentence(index, rng):
    if index < len(SPECIAL):
        return SPECIAL[index]
    kind = index % 5
    if kind == 0:
        return rng.choice(QUESTIONS).format(o=rng.choice(OBJECTS), s=rng.choice(SUBJECTS))
    if kind == 1:
        return rng.choice(OBJECTS)
    if kind == 2:
        return misspell(clause(rng).capitalize() + ".", rng)
    parts = [clause(rng).capitalize() + "." for _ in range(rng.randint(1, 6 if index % 50 else 30))]
    return " ".join(parts)


def main(model_folder, out_folder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    rng = random.Random(20)
    texts = [sentence(i, rng) for i in range(NUM_SENTENCES)]
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModel.from_pretrained(model_folder, dtype=torch.float64).eval()
    out = pathlib.Path(out_folder)
    with open(out / "minilm_l6_500.jsonl", "w", encoding="utf-8") as lines, \
            open(out / "minilm_l6_500.f32", "wb") as vectors, torch.no_grad():
        for text in texts:
            ids = tokenizer(text, truncation=True, max_length=MAX_TOKENS, padding=False)["input_ids"]
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
            mean = torch.nn.functional.normalize(hidden.mean(0), dim=0)
            lines.write(json.dumps({"text": text, "ids": ids}, ensure_ascii=False) + "\n")
            vectors.write(mean.to(torch.float32).numpy().astype("<f4").tobytes())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
