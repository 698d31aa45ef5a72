// Every command of the program: one function a command, one file a function.
#pragma once

#include <CLI/CLI.hpp>

namespace ganglion {

// Each adds its subcommand to `app`. The command runs in the subcommand's callback and ends by
// throwing CommandFailure (cli/exit.h) when it fails.
void add_version_command(CLI::App& app);
void add_bench_command(CLI::App& app);
void add_debug_command(CLI::App& app);
void add_distill_command(CLI::App& app);
void add_draft_command(CLI::App& app);
void add_generate_command(CLI::App& app);
void add_show_command(CLI::App& app);
void add_embed_command(CLI::App& app);
void add_ledger_command(CLI::App& app);
void add_redact_command(CLI::App& app);
void add_why_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_queue_command(CLI::App& app);
void add_quantize_command(CLI::App& app);
void add_train_command(CLI::App& app);
void add_chat_command(CLI::App& app);
void add_classify_command(CLI::App& app);
void add_convert_command(CLI::App& app);
void add_extract_command(CLI::App& app);
void add_pull_command(CLI::App& app);
void add_list_command(CLI::App& app);
void add_rerank_command(CLI::App& app);
void add_rm_command(CLI::App& app);

// Each adds its subcommand to `debug`.
void add_debug_hidden_command(CLI::App& debug);
void add_debug_logits_command(CLI::App& debug);
void add_debug_sample_command(CLI::App& debug);
void add_debug_template_command(CLI::App& debug);
void add_debug_random_model_command(CLI::App& debug);
void add_debug_tokens_command(CLI::App& debug);

// Each adds its subcommand to `train`.
void add_train_tagger_command(CLI::App& train);
void add_train_classifier_command(CLI::App& train);

}  // namespace ganglion
