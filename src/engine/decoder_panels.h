// The panels that a decoder computes with in 8 bits: mapped from a file of an earlier load, or
// made.
#pragma once

#include <optional>
#include <string>

#include "base/page_memory.h"
#include "base/thread_pool.h"
#include "engine/language_model.h"
#include "engine/panel_folder.h"
#include "formats/gguf.h"
#include "models/decoder.h"

namespace ganglion {

class DecoderPanels {
 public:
  // Makes `decoder`, which must not outlive this, compute with panels. They come from and go to the
  // folder of `options` where they are large enough to be worth it and `file` was opened, not
  // assembled of parts; what goes wrong with that is told by note(), and they are in memory then.
  DecoderPanels(Decoder& decoder, const GgufFile& file, ThreadPool& pool,
                const PanelOptions& options);

  // Why the folder could not be used; "" when it was, or was not wanted.
  const std::string& note() const { return note_; }

 private:
  PageMemory memory_;
  std::optional<KeptPanels> kept_;
  std::string note_;
};

}  // namespace ganglion
