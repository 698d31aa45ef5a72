// Words that say what a nearby number is ("routing number", "Sendungsnummer"). Check digits
// collide: one digit lets 10 % of random numbers pass, so the weak ones need a cue or a telling
// format.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "guard/lexeme.h"

namespace ganglion {

// Bit set of meanings.
using CueMask = uint32_t;

enum Cue : CueMask {
  kCueCard = 1u << 0,
  kCueIban = 1u << 1,
  kCueAba = 1u << 2,
  kCueNpi = 1u << 3,
  kCueNhs = 1u << 4,
  kCueSin = 1u << 5,
  kCueSteuer = 1u << 6,
  kCueNif = 1u << 7,
  kCueCodiceFiscale = 1u << 8,
  kCuePesel = 1u << 9,
  kCueAadhaar = 1u << 10,
  kCueTckn = 1u << 11,
  kCueAbn = 1u << 12,
  kCueTfn = 1u << 13,
  kCueSsn = 1u << 14,
  kCueItin = 1u << 15,
  kCueNir = 1u << 16,
  kCueBsn = 1u << 17,
  kCueBelgium = 1u << 18,
  kCueCpf = 1u << 19,
  kCueBitcoin = 1u << 20,
  kCuePhone = 1u << 21,
  kCueBirth = 1u << 22,
  kCueSecret = 1u << 23,
  kCueIdentity = 1u << 24,   // "national id", "tax number": some identifier, not which
  kCueReference = 1u << 25,  // order, tracking, invoice, part numbers: nobody's identifier
  kCueVersion = 1u << 26,    // software versions, builds
  kCuePassword = 1u << 27,
};

inline constexpr CueMask kAnyIdentifierCue = (1u << 21) - 1;
inline constexpr CueMask kAnyNegativeCue = kCueReference | kCueVersion;

struct CueHit {
  uint32_t begin;  // bytes, of the word or of the last word of a phrase
  uint32_t end;
  CueMask mask;
};

// Meaning of a folded word, or of two joined by a space ("tax file"), by its fnv1a64; 0 when it has
// none. fnv1a64 chains: the hash of "tax file" is fnv1a64(" file", fnv1a64("tax")).
CueMask cue_of_hash(uint64_t hash);

// All cue words of the text in order. Linear time.
std::vector<CueHit> find_cues(std::string_view text, const std::vector<Lexeme>& lexemes);

}  // namespace ganglion
