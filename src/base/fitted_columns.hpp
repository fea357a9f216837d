// A table that fits the width it is shown in. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot {

// Rows of equally many cells as lines of at most `width` characters, as far as columns of a few
// characters each allow: where they need more, the widest columns' cells go on in lines below,
// after a comma or a blank where there is one. Nothing of a cell is left out.
std::string fitted_columns(std::span<const std::vector<std::string>> rows, size_t width);

// A text in pieces of at most `width` characters, which joined are the text but for blanks at their
// ends.
std::vector<std::string> wrapped(std::string_view text, size_t width);

}  // namespace sweetspot
