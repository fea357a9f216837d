/// \file
/// All of the library. The tutorial is docs/library.md.
#pragma once

#include "sweetspot/error.hpp"
#include "sweetspot/population.hpp"
#include "sweetspot/report.hpp"
#include "sweetspot/space.hpp"
#include "sweetspot/study.hpp"
#include "sweetspot/version.hpp"
