// A text with its shared scan, as detectors see it.
#pragma once

#include <string_view>
#include <vector>

#include "guard/cue.h"
#include "guard/lexeme.h"

namespace ganglion {

// What the words around a candidate say about it.
enum class Evidence : uint8_t {
  kNone,       // no cue in reach
  kOwn,        // a cue of the type itself is nearest
  kIdentity,   // a cue for some identifier, without saying which
  kOther,      // the nearest cue names another type
  kReference,  // the nearest cue says order, tracking, version, …
};

// Views the text it was made from; immutable, thread-safe.
class ScannedText {
 public:
  // `text` is valid UTF-8 of less than 4 GiB and outlives this.
  explicit ScannedText(std::string_view text);

  std::string_view text() const { return text_; }
  const std::vector<Lexeme>& lexemes() const { return lexemes_; }
  const std::vector<CueHit>& cues() const { return cues_; }
  std::string_view word(const Lexeme& lexeme) const {
    return text_.substr(lexeme.begin, lexeme.size());
  }

  // Evidence for a type whose own cues are `own`, at bytes [begin, end). Looks 64 bytes back and,
  // when that says nothing, 40 bytes ahead; another long number in between cuts the view ahead.
  Evidence evidence(CueMask own, size_t begin, size_t end) const;

  // Whether one of `mask` occurs within `reach` bytes before `begin`.
  bool has_cue_before(CueMask mask, size_t begin, size_t reach) const;

  // Whether "order number", "Ref.:", "Sendungsnummer" or the like directly labels what starts at
  // `begin`; "order" alone does not.
  bool is_labelled_reference(size_t begin) const;

  // Whether [begin, end) is not a part of something longer: no letter or digit touches it, nor
  // does one joined by '-', '_', '.', '/', '@' or '\\' without a space. A cue word of `own` may be
  // joined in front ("NHS-9434765919").
  bool stands_alone(size_t begin, size_t end, CueMask own) const;

 private:
  size_t first_cue_at_or_after(size_t byte) const;

  std::string_view text_;
  std::vector<Lexeme> lexemes_;
  std::vector<CueHit> cues_;
};

}  // namespace ganglion
