#!/usr/bin/env python3
"""Writes tests/golden/tiny_encoders: one encoder of each family with random weights, with and without a
classification head, and what PyTorch (float64), transformers and tokenizers compute for a few texts.

    pip install torch transformers safetensors tokenizers
    tools/reference/make_tiny_encoders.py tests/golden/tiny_encoders [NAME...]

Each folder is a Hugging Face model folder with an `expected.jsonl` beside the weights: `text` (and `second`,
of a pair), `ids`, and the pooled, L2-normalised `embedding` or the `logits` of the head. The BERT has its
tensors under the names of old checkpoints ("bert." in front, LayerNorm.gamma and .beta) and pools by [CLS].
"""
import json
import pathlib
import sys

TEXTS = ["the red fox", "A naïve Fox!", "", "foxes jumped, foxes slept", "unknown wörds zzz the end of it",
         "the the the the the the the the the the the the the the the the the the the the the the the"]
SECONDS = ["it slept", "the end of the red fox!", "jumped", ".", "a fox", "the end of it, the end of it, the end of it"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "red", "fox", "##es", "a", "naive", "!", ",",
              "jump", "##ed", "slept", "end", "of", "it", "un", "##known", "words", "z", "##z", "."]
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
MERGES = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("f", "o"), ("fo", "x"), ("Ġ", "fox"), ("e", "d"), ("Ġ", "e")]
PIECES = ["▁the", "▁red", "▁fox", "es", "▁a", "▁", "n", "a", "ï", "v", "e", "!", ",", "▁jump", "ed", "▁slept", "▁end",
          "▁of", "▁it", "un", "known", "w", "ö", "r", "ds", "z", "t", "h", "f", "o", "x", "s", "u", "k", "d", "i"]
HIDDEN, HEADS, LAYERS, WIDE, POSITIONS = 24, 3, 2, 40, 20
SIZES = {"hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
         "intermediate_size": WIDE, "max_position_embeddings": POSITIONS}
BERT = dict(SIZES, model_type="bert", vocab_size=len(VOCABULARY), type_vocab_size=2, layer_norm_eps=1e-12,
            hidden_act="gelu")
DISTILBERT = {"model_type": "distilbert", "vocab_size": len(VOCABULARY), "dim": HIDDEN, "n_layers": LAYERS,
              "n_heads": HEADS, "hidden_dim": WIDE, "max_position_embeddings": POSITIONS, "activation": "gelu"}
ROBERTA = dict(SIZES, model_type="roberta", vocab_size=5 + 256 + len(MERGES), type_vocab_size=1,
               layer_norm_eps=1e-5, hidden_act="gelu", pad_token_id=1, bos_token_id=0, eos_token_id=2,
               max_position_embeddings=POSITIONS + 2)
XLM_ROBERTA = dict(ROBERTA, model_type="xlm-roberta", vocab_size=5 + len(PIECES))
NOMIC = dict(BERT, model_type="nomic_bert", hidden_act="silu",
             rope_parameters={"rope_type": "default", "rope_theta": 1000.0})
NAMES3 = {"0": "refund", "1": "track", "2": "other"}
# folder: (configuration, class, prefix of the tensors, seed, whether it pools by the first token or the head)
MODELS = {
    "bert": (BERT, "BertModel", "bert.", 1, "cls"),
    "distilbert": (DISTILBERT, "DistilBertModel", "", 2, "mean"),
    "roberta": (ROBERTA, "RobertaModel", "", 3, "mean"),
    "xlm_roberta": (XLM_ROBERTA, "XLMRobertaModel", "", 4, "cls"),
    "nomic_bert": (NOMIC, "NomicBertModel", "", 5, "mean"),
    "bert_rank": (dict(BERT, id2label={"0": "LABEL_0"}), "BertForSequenceClassification", "", 6, "pairs"),
    "xlm_roberta_rank": (dict(XLM_ROBERTA, id2label={"0": "LABEL_0"}), "XLMRobertaForSequenceClassification", "",
                         7, "pairs"),
    "roberta_labels": (dict(ROBERTA, id2label=NAMES3), "RobertaForSequenceClassification", "", 8, "logits"),
    "distilbert_labels": (dict(DISTILBERT, id2label=NAMES3, problem_type="multi_label_classification"),
                          "DistilBertForSequenceClassification", "", 9, "logits"),
    "bert_tokens": (dict(BERT, id2label={"0": "O", "1": "B-animal", "2": "I-animal"}),
                    "BertForTokenClassification", "", 10, "logits"),
}


def randomise(model, torch, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, weight in sorted(model.named_parameters()):
        values = torch.randn(weight.shape, generator=generator, dtype=torch.float32) * 0.3
        weight.data = values + 1.0 if "norm" in name.lower() and name.endswith("weight") else values


def write_word_pieces(folder):
    from transformers import BertTokenizerFast
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return BertTokenizerFast(vocab=str(folder / "vocab.txt"), vocab_file=str(folder / "vocab.txt"))


def write_roberta_tokenizer(folder, is_unigram):
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast
    if is_unigram:
        pieces = [(name, 0.0) for name in ROBERTA_SPECIAL[:4]]
        pieces += [(piece, -1.0 - 0.25 * i) for i, piece in enumerate(PIECES)] + [("<mask>", 0.0)]
        tokenizer = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=3))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        spelled = ROBERTA_SPECIAL[:4] + alphabet + ["".join(pair) for pair in MERGES] + ["<mask>"]
        tokenizer = tokenizers.Tokenizer(models.BPE({token: i for i, token in enumerate(spelled)}, MERGES))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False,
                                                            add_prefix_space=False)
    tokenizer.add_special_tokens(ROBERTA_SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
             "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names, indent=1) + "\n")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def answer(model, kind, ids, types, torch):
    tensor = torch.tensor([ids])
    output = model(input_ids=tensor, **({"token_type_ids": torch.tensor([types])} if kind == "pairs" else {}))
    if kind in ("logits", "pairs"):
        return "logits", output.logits[0].flatten()
    hidden = output.last_hidden_state[0]
    pooled = hidden[0] if kind == "cls" else hidden.mean(0)
    return "embedding", torch.nn.functional.normalize(pooled, dim=0)


def old_names(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def write_model(folder, config, class_name, prefix, seed, kind):
    import torch
    import transformers
    from safetensors.torch import save_file
    folder.mkdir(parents=True, exist_ok=True)
    base = class_name.split("Model")[0].split("For")[0]
    settings = getattr(transformers, base + "Config")(**{k: v for k, v in config.items() if k != "model_type"})
    settings._attn_implementation = "eager"
    model = getattr(transformers, class_name)(settings)
    randomise(model, torch, seed)
    is_plain = kind in ("cls", "mean")
    if class_name == "NomicBertModel":
        model.save_pretrained(folder)  # under the names of published checkpoints
    else:
        save_file({prefix + (old_names(n) if prefix else n): t.contiguous() for n, t in model.state_dict().items()
                   if t.dtype == torch.float32 and not (is_plain and "pooler" in n)}, folder / "model.safetensors")
    written = config if prefix or class_name == "DistilBertModel" else dict(config, architectures=[class_name])
    (folder / "config.json").write_text(json.dumps(written, indent=1) + "\n")
    if is_plain:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(
            {"pooling_mode_cls_token": kind == "cls", "pooling_mode_mean_tokens": kind == "mean"}) + "\n")
    tokenizer = (write_roberta_tokenizer(folder, "xlm" in config["model_type"]) if "roberta" in config["model_type"]
                 else write_word_pieces(folder))
    model = model.double().eval()
    with open(folder / "expected.jsonl", "w", encoding="utf-8") as lines, torch.no_grad():
        for text, second in zip(TEXTS, SECONDS):
            pair = (text, second) if kind == "pairs" else (text,)
            row = {"text": text, **({"second": second} if kind == "pairs" else {})}
            encoded = tokenizer(*pair, truncation=True, max_length=POSITIONS, return_token_type_ids=True)
            row["ids"] = encoded["input_ids"]
            types = encoded["token_type_ids"] if "type_vocab_size" in config and config["type_vocab_size"] > 1 \
                else [0] * len(row["ids"])
            name, values = answer(model, kind, row["ids"], types, torch)
            lines.write(json.dumps({**row, name: values.tolist()}, ensure_ascii=False) + "\n")


def main(out, *names):
    for name in names or MODELS:
        write_model(pathlib.Path(out) / name, *MODELS[name])


if __name__ == "__main__":
    main(*sys.argv[1:])
