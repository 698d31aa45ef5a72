#include "guard/detector.h"

namespace ganglion {

std::vector<std::unique_ptr<Detector>> make_rule_detectors() {
  std::vector<std::unique_ptr<Detector>> detectors;
  detectors.push_back(make_secret_detector());
  detectors.push_back(make_credential_detector());
  detectors.push_back(make_card_detector());
  detectors.push_back(make_iban_detector());
  detectors.push_back(make_bitcoin_detector());
  detectors.push_back(make_identifier_detector());
  detectors.push_back(make_contact_detector());
  detectors.push_back(make_network_detector());
  detectors.push_back(make_phone_detector());
  detectors.push_back(make_date_detector());
  detectors.push_back(make_name_cue_detector());
  return detectors;
}

}  // namespace ganglion
