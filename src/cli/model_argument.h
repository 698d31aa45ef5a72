// The model store of whoever runs the program, and what `--model` stands for.
#pragma once

#include <functional>
#include <string>

#include "engine/language_model.h"
#include "hub/model_store.h"

namespace ganglion {

// By the environment (GANGLION_HOME, XDG_DATA_HOME, HOME); ends the command when none is set.
ModelStore open_model_store();

// The value of an environment variable without surrounding blanks; "" when it is not set.
std::string environment_variable(const char* name);

// The path of a model given by path or stored name (hub's resolve_model); ends the command when
// there is none. "" stays "": the option was not given.
std::string model_path_or_fail(const std::string& name_or_path);

// Where repacked weights are kept: GANGLION_PANELS (a folder, or "off"), else
// $GANGLION_HOME/panels, $XDG_CACHE_HOME/ganglion/panels or ~/.cache/ganglion/panels; at most
// GANGLION_PANELS_GIB. Ends the command where that is no number.
PanelOptions panel_options(
    const std::function<std::string(const char*)>& variable = environment_variable);

}  // namespace ganglion
