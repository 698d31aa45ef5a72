// Bitcoin addresses of random keys.
#pragma once

#include <string>

#include "base/rng.h"

namespace ganglion {

// Base58check or bech32 (witness version 0, 20 bytes), mainnet.
std::string synthetic_bitcoin_address(Rng& rng);

}  // namespace ganglion
