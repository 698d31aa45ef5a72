// Uses the installed library: redacts a text, and says which of two sentences it is nearer to.
#include <ganglion/ganglion.h>

#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

namespace {

float dot(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ganglion::api;
  const std::string text =
      argc > 1 ? argv[1] : "The terminal shows error 12, please mail me at jo@example.com";

  const Outcome<Redactor> redactor = Redactor::embedded();
  if (!redactor.ok()) return fail(redactor.message());
  const Outcome<Redaction> redaction = redactor->redact(text);
  if (!redaction.ok()) return fail(redaction.message());
  std::printf("redacted: %s\n", redaction->text.c_str());

  const Outcome<Encoder> encoder = Encoder::embedded();
  if (!encoder.ok()) return fail(encoder.message());
  const auto vectors =
      encoder->embed({redaction->text, "the card reader does not work", "I want my money back"});
  if (!vectors.ok()) return fail(vectors.message());
  const float hardware = dot((*vectors)[0], (*vectors)[1]);
  const float refund = dot((*vectors)[0], (*vectors)[2]);
  std::printf("nearest:  %s\n", hardware > refund ? "hardware" : "refund");
  return 0;
}
