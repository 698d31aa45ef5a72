// Any template renders or fails in bounded time and memory, on a fixed context.
#include <cstddef>
#include <cstdint>

#include "text/jinja.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const ganglion::json::value kContext = *ganglion::parse_json(
      R"({"messages": [{"role": "user", "content": "h\u00e9llo <|x|>"}, {"role": "tool", "n": 2.5}],
          "tools": [{"function": {"name": "f", "parameters": {"a": [1, null, true]}}}], "s": "a"})",
      "context");
  const std::string_view source(reinterpret_cast<const char*>(bytes), size);
  const auto parsed = ganglion::JinjaTemplate::parse(source, "fuzz.jinja");
  if (!parsed.ok()) return 0;
  ganglion::JinjaOptions options;
  options.limits.steps = 20'000;
  options.limits.value_bytes = 1 << 20;
  options.limits.output_bytes = 1 << 18;
  for (const auto dialect :
       {ganglion::JinjaDialect::kPython, ganglion::JinjaDialect::kJavaScript}) {
    options.dialect = dialect;
    (void)parsed->render(kContext.get_object(), options);
  }
  return 0;
}
