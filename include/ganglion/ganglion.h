// The public interface of Ganglion, whole.
#pragma once

#include <ganglion/classifier.h>
#include <ganglion/encoder.h>
#include <ganglion/outcome.h>
#include <ganglion/redactor.h>
