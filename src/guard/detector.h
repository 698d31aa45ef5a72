// What every detector offers, and what it finds.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/context.h"
#include "guard/pii_type.h"

namespace ganglion {

// Bytes [begin, end) of the input hold a value of `type`; 0 < score <= 1.
struct Finding {
  PiiType type;
  size_t begin;
  size_t end;
  double score;
};

// One family of values. Immutable and thread-safe. Linear time in the text.
class Detector {
 public:
  virtual ~Detector() = default;
  // For messages: "payment cards".
  virtual std::string_view name() const = 0;
  // Appends findings in any order; they may overlap. An error means that the text could not be
  // checked, and then nothing may leave.
  virtual Status detect(const ScannedText& scan, std::vector<Finding>& findings) const = 0;
};

// The families, one file each.
std::unique_ptr<Detector> make_card_detector();        // payment_detector.cc
std::unique_ptr<Detector> make_iban_detector();        // payment_detector.cc
std::unique_ptr<Detector> make_bitcoin_detector();     // payment_detector.cc
std::unique_ptr<Detector> make_identifier_detector();  // identifier_detector.cc
std::unique_ptr<Detector> make_secret_detector();      // secret_detector.cc
std::unique_ptr<Detector> make_credential_detector();  // credential_detector.cc
std::unique_ptr<Detector> make_contact_detector();     // contact_detector.cc: e-mail, URL
std::unique_ptr<Detector> make_network_detector();     // network_detector.cc: IP, MAC
std::unique_ptr<Detector> make_phone_detector();       // phone_detector.cc
std::unique_ptr<Detector> make_date_detector();        // date_detector.cc
std::unique_ptr<Detector> make_name_cue_detector();    // name_cue_detector.cc

// All of the above in a fixed order.
std::vector<std::unique_ptr<Detector>> make_rule_detectors();

}  // namespace ganglion
