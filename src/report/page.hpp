// The report's page: one HTML file that asks nothing of any network, in which every text of a study
// is text. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/claims/claims.hpp"
#include "report/summary/summary.hpp"

namespace sweetspot::report {

struct Page {
  std::vector<const Summary*> parts;
  std::vector<std::string> part_json;  // of each part, as to_json() gives it
  std::vector<Claim> claims;
  std::vector<std::string> files;  // beside the page, by names that are safe in an address
};

std::string page_html(const Page& page);

// The only scripts and styles that it lets run are its own, by their hashes.
std::string content_security_policy(std::string_view style, std::string_view script);

}  // namespace sweetspot::report
