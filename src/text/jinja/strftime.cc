#include "text/jinja/strftime.h"

#include <array>

namespace ganglion::jinja {

Result<std::string> format_date(std::string_view format, const std::tm& time) {
  constexpr std::string_view kConversions = "aAbBcdDeFGghHIjmMnprRStTuUVwWxXyY%";
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    std::string conversion = "%";
    if (++i < format.size() && format[i] == '-') conversion += format[i++];
    if (i >= format.size()) return fail(ErrorCode::kInvalidArgument, "the date format ends in %");
    if (format[i] == 'z' || format[i] == 'Z') continue;
    if (format[i] == 'f') {  // microseconds, which std::tm lacks
      text += "000000";
      continue;
    }
    if (kConversions.find(format[i]) == std::string_view::npos) {
      return fail(ErrorCode::kUnsupported, "unknown date conversion %{}", format[i]);
    }
    conversion += format[i];
    std::array<char, 128> buffer;
    const size_t length = std::strftime(buffer.data(), buffer.size(), conversion.c_str(), &time);
    text.append(buffer.data(), length);
  }
  return text;
}

}  // namespace ganglion::jinja
