/// \file
/// Marks what the shared library shows; all else in it is hidden.
#pragma once

#define SWEETSPOT_API __attribute__((visibility("default")))
