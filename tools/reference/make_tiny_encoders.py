#!/usr/bin/env python3
"""Writes tests/golden/tiny_encoders: a BERT and a DistilBERT with random weights, and the vectors
that PyTorch (float64) and transformers compute for a few texts.

    pip install torch transformers safetensors
    tools/reference/make_tiny_encoders.py tests/golden/tiny_encoders

Each folder is a Hugging Face model folder with an `expected.jsonl` beside the weights: `text`, `ids`
and the pooled, L2-normalised `embedding`. The BERT has its tensors under the names of old checkpoints
("bert." in front, LayerNorm.gamma and .beta) and pools by [CLS]; the DistilBERT pools by the mean.
"""
import json
import pathlib
import sys

TEXTS = ["the red fox", "A naïve Fox!", "", "foxes jumped, foxes slept", "unknown wörds zzz the end of it",
         "the the the the the the the the the the the the the the the the the the the the the the the"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "red", "fox", "##es", "a", "naive", "!", ",",
              "jump", "##ed", "slept", "end", "of", "it", "un", "##known", "words", "z", "##z", "."]
HIDDEN, HEADS, LAYERS, WIDE, POSITIONS = 24, 3, 2, 40, 20


def randomise(model, torch, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, weight in sorted(model.named_parameters()):
        values = torch.randn(weight.shape, generator=generator, dtype=torch.float32) * 0.3
        weight.data = values + 1.0 if "norm.weight" in name.lower() else values


def write_model(folder, model, config, rename, by_cls, torch, save_file):
    from transformers import BertTokenizerFast
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    save_file({rename(n): t.contiguous() for n, t in model.state_dict().items()
               if t.dtype == torch.float32 and "pooler" not in n}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(
        {"pooling_mode_cls_token": by_cls, "pooling_mode_mean_tokens": not by_cls}) + "\n")
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), vocab_file=str(folder / "vocab.txt"))
    model = model.double().eval()
    with open(folder / "expected.jsonl", "w", encoding="utf-8") as lines, torch.no_grad():
        for text in TEXTS:
            ids = tokenizer(text, truncation=True, max_length=POSITIONS)["input_ids"]
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
            pooled = hidden[0] if by_cls else hidden.mean(0)
            pooled = torch.nn.functional.normalize(pooled, dim=0)
            lines.write(json.dumps({"text": text, "ids": ids, "embedding": pooled.tolist()},
                                   ensure_ascii=False) + "\n")


def main(out):
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

    bert = {"model_type": "bert", "vocab_size": len(VOCABULARY), "hidden_size": HIDDEN, "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS, "intermediate_size": WIDE, "max_position_embeddings": POSITIONS,
            "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"}
    distilbert = {"model_type": "distilbert", "vocab_size": len(VOCABULARY), "dim": HIDDEN, "n_layers": LAYERS,
                  "n_heads": HEADS, "hidden_dim": WIDE, "max_position_embeddings": POSITIONS, "activation": "gelu"}
    model = BertModel(BertConfig(**bert), add_pooling_layer=False)
    randomise(model, torch, 1)
    write_model(pathlib.Path(out) / "bert", model, bert,
                lambda n: "bert." + n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
                True, torch, save_file)
    model = DistilBertModel(DistilBertConfig(**distilbert))
    randomise(model, torch, 2)
    write_model(pathlib.Path(out) / "distilbert", model, distilbert, lambda n: n, False, torch, save_file)


if __name__ == "__main__":
    main(sys.argv[1])
