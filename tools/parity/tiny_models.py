"""Tiny Hugging Face models of every family, with seeded random weights.

Each is made by the transformers package, which also computes what the model answers: the logits of
a decoder, the hidden states of an encoder. Nothing here is trained; only the numbers matter.
"""
import copy
import json
import pathlib

import numpy as np
import torch
import transformers

VOCABULARY_SIZE = 96
NUM_TOKENS = 24
SHARED = dict(vocab_size=VOCABULARY_SIZE, hidden_size=64, intermediate_size=96,
              num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=128)
GROUPED = dict(SHARED, num_key_value_heads=2)
GPT = dict(vocab_size=VOCABULARY_SIZE, n_embd=64, n_layer=2, n_head=4, n_positions=128)
LLAMA3_ROPE = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
                   high_freq_factor=4.0, original_max_position_embeddings=64)


def rope(**values):
    return dict(rope_parameters=values)


def long_rope(original):
    return dict(original_max_position_embeddings=original, max_position_embeddings=4 * original,
                **rope(rope_type="longrope", rope_theta=10000.0,
                       original_max_position_embeddings=original,
                       short_factor=[1.0 + 0.05 * i for i in range(8)],
                       long_factor=[1.0 + 0.9 * i for i in range(8)]))


# name: (configuration class, model class, arguments)
DECODERS = {
    "llama": ("Llama", dict(GROUPED)),
    "llama_tied_bias": ("Llama", dict(GROUPED, tie_word_embeddings=True, attention_bias=True)),
    "llama3": ("Llama", dict(GROUPED, **rope(**LLAMA3_ROPE))),
    "llama_linear": ("Llama", dict(GROUPED, **rope(rope_type="linear", rope_theta=10000.0,
                                                   factor=4.0))),
    "llama_yarn": ("Llama", dict(GROUPED, **rope(rope_type="yarn", rope_theta=10000.0, factor=4.0,
                                                 original_max_position_embeddings=32))),
    "mistral": ("Mistral", dict(GROUPED, sliding_window=None, head_dim=32)),
    "mistral_window": ("Mistral", dict(GROUPED, sliding_window=8)),
    "mixtral": ("Mixtral", dict(GROUPED, num_local_experts=4, num_experts_per_tok=2,
                                sliding_window=None)),
    "qwen2": ("Qwen2", dict(GROUPED, tie_word_embeddings=True)),
    "qwen2moe": ("Qwen2Moe", dict(GROUPED, num_experts=4, num_experts_per_tok=2,
                                  moe_intermediate_size=32, shared_expert_intermediate_size=48,
                                  norm_topk_prob=False)),
    "qwen3": ("Qwen3", dict(GROUPED, head_dim=32)),
    "qwen3moe": ("Qwen3Moe", dict(GROUPED, head_dim=32, num_experts=4, num_experts_per_tok=2,
                                  moe_intermediate_size=32, norm_topk_prob=True)),
    "gemma": ("Gemma", dict(GROUPED, head_dim=32)),
    "gemma2": ("Gemma2", dict(GROUPED, head_dim=32, query_pre_attn_scalar=32, sliding_window=8,
                              num_hidden_layers=26)),
    "gemma3": ("Gemma3Text", dict(GROUPED, head_dim=32, query_pre_attn_scalar=32,
                                  sliding_window=8, num_hidden_layers=7)),
    "phi2": ("Phi", dict(SHARED, partial_rotary_factor=0.5)),
    "phi3": ("Phi3", dict(GROUPED, pad_token_id=0, sliding_window=None)),
    "phi3_window": ("Phi3", dict(GROUPED, pad_token_id=0, sliding_window=8)),
    # The text has 24 tokens: fewer than 512, more than 16.
    "phi3_longrope_short": ("Phi3", dict(GROUPED, pad_token_id=0, sliding_window=None)
                            | long_rope(512)),
    "phi3_longrope_long": ("Phi3", dict(GROUPED, pad_token_id=0, sliding_window=None)
                           | long_rope(16)),
    "phi4_mini": ("Phi3", dict(GROUPED, pad_token_id=0, sliding_window=None,
                               tie_word_embeddings=True,
                               **rope(rope_type="default", rope_theta=10000.0,
                                      partial_rotary_factor=0.75))),
    "smollm3": ("SmolLM3", dict(GROUPED, num_hidden_layers=5, pad_token_id=0)),
    "starcoder": ("GPTBigCode", dict(GPT, n_inner=96, multi_query=True)),
    "starcoder2": ("Starcoder2", dict(GROUPED, sliding_window=None)),
    "gpt2": ("GPT2", dict(GPT, n_inner=96)),
}
# Rows of a multiple of 256, so that every weight type, K types too, is used as such.
WIDE = dict(hidden_size=256, intermediate_size=512, n_embd=256, n_inner=512, dim=256, hidden_dim=512,
            moe_intermediate_size=256, shared_expert_intermediate_size=256, head_dim=128,
            query_pre_attn_scalar=128)
CLASSES = {
    "GPT2": "GPT2LMHeadModel",
    "Gemma3Text": "Gemma3ForCausalLM",
    "Starcoder2": "Starcoder2ForCausalLM",
}
ENCODERS = {
    "bert": ("Bert", dict(SHARED)),
    "distilbert": ("DistilBert", dict(vocab_size=VOCABULARY_SIZE, dim=64, hidden_dim=96, n_layers=2,
                                      n_heads=4, max_position_embeddings=128)),
    "roberta": ("Roberta", dict(SHARED, max_position_embeddings=130, pad_token_id=1)),
    "xlm_roberta": ("XLMRoberta", dict(SHARED, max_position_embeddings=130, pad_token_id=1)),
    "nomic_bert": ("NomicBert", dict(SHARED)),
}


def widen(arguments):
    """The same model with wide rows: the size of a head grows fourfold."""
    for name, width in WIDE.items():
        if name in arguments:
            arguments[name] = width
    for name in ("short_factor", "long_factor"):
        rope_parameters = arguments.get("rope_parameters", {})
        if name in rope_parameters:
            rope_parameters[name] = [factor for factor in rope_parameters[name] for _ in range(4)]


def randomise(model, generator):
    """Weights large enough that every part of the model shows in its answer."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if "norm" in name.lower() or "ln_" in name:
                centre = 0.0 if model.config.model_type.startswith("gemma") else 1.0
                weight.copy_(0.2 * noise + (0.0 if name.endswith("bias") else centre))
            elif weight.dim() == 1:
                weight.copy_(0.1 * noise)
            else:
                weight.copy_(noise * (1.5 / weight.shape[-1] ** 0.5 if "embed" not in name else 0.5))
    model.tie_weights()


def make(name, folder, wide=False, seed=7, dtype=torch.float32, shard_bytes="5GB"):
    """Writes the model's folder and returns (tokens, expected): [T] and float32 [T, width]."""
    is_decoder = name in DECODERS
    kind, arguments = copy.deepcopy((DECODERS if is_decoder else ENCODERS)[name])
    if wide:
        widen(arguments)
    config = getattr(transformers, kind + "Config")(**arguments)
    config._attn_implementation = "eager"
    class_name = CLASSES.get(kind, kind + "ForCausalLM") if is_decoder else kind + "Model"
    generator = torch.Generator().manual_seed(seed)
    model = getattr(transformers, class_name)(config).eval()
    randomise(model, generator)
    model = model.to(dtype)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, max_shard_size=shard_bytes)
    tokens = torch.randint(3, VOCABULARY_SIZE, (NUM_TOKENS,), generator=generator)
    with torch.no_grad():
        output = model.float()(tokens[None], **({"use_cache": False} if is_decoder else {}))
    expected = output.logits if is_decoder else output.last_hidden_state
    (folder / "tokens.json").write_text(json.dumps(tokens.tolist()))
    return tokens.numpy(), expected[0].float().numpy().astype(np.float32)
