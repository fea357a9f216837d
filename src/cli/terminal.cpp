#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include "report/table.hpp"

namespace sweetspot::cli {

size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return report::kPlainWidth;
  return size.ws_col;
}

}  // namespace sweetspot::cli
