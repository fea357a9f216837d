/// \file
/// Reports to sweetspot from a training program in C++. This header alone, without the library:
/// \code
///   int start = 0;
///   if (const auto from = sweetspot::client::resume_dir()) start = load(*from);
///   for (int step = start + 1; step <= steps; ++step) {
///     ...
///     if (step % 50 != 0) continue;
///     if (const auto folder = sweetspot::client::checkpoint_dir()) save(*folder, step);
///     sweetspot::client::report(step, {{"accuracy", accuracy}, {"loss", loss}});
///     if (sweetspot::client::should_stop()) break;
///   }
/// \endcode
/// Outside sweetspot every function does nothing.
///
/// Thread-safety: all functions may be called from any thread.
#pragma once

#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace sweetspot::client {

/// \cond
namespace detail {

inline std::optional<std::string> variable(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

inline std::optional<std::uint64_t> number(const char* name) {
  const std::optional<std::string> text = variable(name);
  if (!text || text->find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::strtoull(text->c_str(), nullptr, 10);
}

// A signal handler can see nothing that belongs to an object.
inline volatile std::sig_atomic_t told_to_stop = 0;
inline std::atomic<std::uint64_t> last_step{0};
inline std::mutex report_lock;

// A first SIGTERM lets the program save and end by itself, unless it has a handler of its own.
inline const bool handler_installed = [] {
  if (!variable("SWEETSPOT_TRIAL")) return false;
  const auto handler = [](int) { told_to_stop = 1; };
  const auto before = std::signal(SIGTERM, handler);
  if (before != SIG_DFL) std::signal(SIGTERM, before);
  return before == SIG_DFL;
}();

inline std::string json_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

}  // namespace detail
/// \endcond

/// The trial's number; none outside sweetspot.
inline std::optional<std::uint64_t> trial() {
  return detail::number("SWEETSPOT_TRIAL");
}

/// The seed that the trial is to be trained with; none outside sweetspot.
inline std::optional<std::uint64_t> seed() {
  return detail::number("SWEETSPOT_SEED");
}

/// How far to train, counted from step 0; none where nobody says.
inline std::optional<std::uint64_t> steps() {
  return detail::number("SWEETSPOT_STEPS");
}

/// A folder, empty at first, to save the state of this run into; none outside sweetspot. What
/// stands in it when report() is called, or when the program ends by itself, may be gone on from.
inline std::optional<std::filesystem::path> checkpoint_dir() {
  return detail::variable("SWEETSPOT_CHECKPOINT");
}

/// The folder of a checkpoint to go on from, never to be written to; none where there is none.
inline std::optional<std::filesystem::path> resume_dir() {
  return detail::variable("SWEETSPOT_RESUME");
}

/// Reports metrics at a step, counted from 0; NaN and infinity are told as such. What cannot be
/// written is left out: a training must not fail for a report.
inline void report(std::uint64_t step,
                   std::initializer_list<std::pair<std::string, double>> metrics) {
  const std::optional<std::string> path = detail::variable("SWEETSPOT_REPORT");
  if (!path) return;
  std::string line = "{\"step\": " + std::to_string(step);
  for (const auto& [name, value] : metrics) {
    char text[40] = "null";
    // Never with a decimal comma, whatever the locale.
    if (std::isfinite(value)) *std::to_chars(text, text + sizeof text - 1, value).ptr = '\0';
    line += ", " + detail::json_text(name) + ": " + text;
  }
  line += "}\n";
  const std::lock_guard lock(detail::report_lock);
  if (step > detail::last_step) detail::last_step = step;
  std::FILE* file = std::fopen(path->c_str(), "a");
  if (file == nullptr) return;
  std::fwrite(line.data(), 1, line.size(), file);
  std::fclose(file);
}

/// Whether to end now: the steps are done, or sweetspot sent SIGTERM. False outside sweetspot.
inline bool should_stop() {
  const std::optional<std::uint64_t> most = steps();
  return detail::told_to_stop != 0 || (most && detail::last_step >= *most);
}

}  // namespace sweetspot::client
