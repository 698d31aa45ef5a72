// The redactor with everything that the binary carries.
#pragma once

#include "base/result.h"
#include "guard/redactor.h"

namespace ganglion {

// All rule detectors and the embedded tagger of names and addresses. Fails closed: kNotFound when
// the binary was built without models/ganglion-pii-tagger.gguf. Loading takes milliseconds; make
// one and share it.
Result<Redactor> load_default_redactor(RedactorOptions options = {});

}  // namespace ganglion
