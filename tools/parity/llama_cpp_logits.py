"""Logits, or hidden states, that llama.cpp computes for token ids (package llama-cpp-python).

A program of its own, because llama.cpp ends the process on what it cannot read.
    llama_cpp_logits.py MODEL.gguf 1,2,3 OUT.f32 [--hidden] [--q8_0]
"""
import ctypes
import sys

import llama_cpp
import numpy as np


def main():
    path, tokens, out = sys.argv[1], [int(t) for t in sys.argv[2].split(",")], sys.argv[3]
    wants_hidden = "--hidden" in sys.argv
    silent = llama_cpp.llama_log_callback(lambda *_: None)  # must live as long as llama.cpp
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(path.encode(),
                                                 llama_cpp.llama_model_default_params())
    if not model:
        sys.exit(f"{path}: llama.cpp cannot load it")
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 64
    parameters.n_threads = parameters.n_threads_batch = 1
    is_quantized = "--q8_0" in sys.argv  # keys and values, which needs flash attention; else F32
    parameters.type_k = parameters.type_v = 8 if is_quantized else 0
    parameters.flash_attn_type = 1 if is_quantized else 0
    if wants_hidden:
        parameters.embeddings = True
        parameters.pooling_type = 0  # none: a vector a token
    context = llama_cpp.llama_init_from_model(model, parameters)
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, i, 1
        batch.seq_id[i][0], batch.logits[i] = 0, True
    run = llama_cpp.llama_encode if wants_hidden else llama_cpp.llama_decode
    if run(context, batch) != 0:
        sys.exit(f"{path}: llama.cpp cannot run it")
    if wants_hidden:
        width = llama_cpp.llama_model_n_embd(model)
        rows = [llama_cpp.llama_get_embeddings_ith(context, i) for i in range(len(tokens))]
    else:
        width = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        rows = [llama_cpp.llama_get_logits_ith(context, i) for i in range(len(tokens))]
    np.array([np.ctypeslib.as_array(row, (width,)) for row in rows], np.float32).tofile(out)


main()
