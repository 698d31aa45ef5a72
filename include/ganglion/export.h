// Marks what libganglion.so exports; everything else in it is hidden.
#pragma once

#define GANGLION_API __attribute__((visibility("default")))
