#include "data/download.hpp"

#include <curl/curl.h>

#include <memory>

namespace sweetspot::data {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 30;

size_t append(char* bytes, size_t size, size_t count, void* to) {
  auto& all = *static_cast<std::vector<uint8_t>*>(to);
  if (all.size() + size * count > kMaxBytes) return 0;
  all.insert(all.end(), bytes, bytes + size * count);
  return size * count;
}

}  // namespace

std::optional<std::vector<uint8_t>> download(const std::string& address, std::string& why) {
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(), curl_easy_cleanup);
  if (handle == nullptr) {
    why = "libcurl could not start";
    return std::nullopt;
  }
  constexpr long kConnectSeconds = 5;
  constexpr long kStallSeconds = 20;
  std::vector<uint8_t> bytes;
  curl_easy_setopt(handle.get(), CURLOPT_URL, address.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &bytes);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    why = curl_easy_strerror(code);
    return std::nullopt;
  }
  return bytes;
}

}  // namespace sweetspot::data
