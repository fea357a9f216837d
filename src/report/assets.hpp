// What web/ builds, inside the program. Thread-safety: constants.
#pragma once

#include <string_view>

namespace sweetspot::report {

std::string_view render_script();  // figures for the embedded engine
std::string_view page_script();    // figures for the browser
std::string_view page_template();  // HTML with {{names}} to fill in

}  // namespace sweetspot::report
