#include "train/snapshot.hpp"

#include <cstring>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

constexpr uint64_t kMagic = 0x3250414E53575353;  // "SSWSNAP2"
// Layout 1 had two slots, full of numbers whether the optimizer had any or not.
constexpr uint64_t kFirstMagic = 0x3150414E53575353;  // "SSWSNAP1"
constexpr size_t kFirstSlots = 2;

class Writer {
 public:
  template <class T>
  void value(const T& value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
  }
  template <class T>
  void list(const std::vector<T>& values) {
    value(static_cast<uint64_t>(values.size()));
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    bytes_.insert(bytes_.end(), bytes, bytes + values.size() * sizeof(T));
  }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

class Reader {
 public:
  explicit Reader(const std::vector<uint8_t>& bytes) : bytes_(bytes) {}
  template <class T>
  T value() {
    T value;
    take(&value, sizeof(T));
    return value;
  }
  template <class T>
  std::vector<T> list() {
    const auto count = value<uint64_t>();
    if (count > (bytes_.size() - at_) / sizeof(T)) damaged();
    std::vector<T> values(count);
    take(values.data(), count * sizeof(T));
    return values;
  }
  void expect_end() const {
    if (at_ != bytes_.size()) damaged();
  }
  [[noreturn]] static void damaged() {
    throw Error(ErrorKind::study, "a snapshot in the study file is damaged");
  }

 private:
  void take(void* to, size_t size) {
    if (size > bytes_.size() - at_) damaged();
    if (size > 0) std::memcpy(to, bytes_.data() + at_, size);
    at_ += size;
  }

  const std::vector<uint8_t>& bytes_;
  size_t at_ = 0;
};

}  // namespace

std::vector<uint8_t> to_bytes(const TrialSnapshot& snapshot) {
  Writer writer;
  writer.value(kMagic);
  writer.value(snapshot.state.step);
  writer.list(snapshot.state.scalars);
  writer.list(snapshot.state.weights);
  for (const std::vector<float>& slot : snapshot.state.slots) writer.list(slot);
  writer.value(snapshot.correct);
  writer.value(snapshot.seen);
  writer.list(snapshot.recent_losses);
  writer.list(snapshot.recent_correct);
  writer.value(snapshot.compute_seconds);
  return writer.take();
}

TrialSnapshot snapshot_from_bytes(const std::vector<uint8_t>& bytes) {
  Reader reader(bytes);
  const auto magic = reader.value<uint64_t>();
  if (magic != kMagic && magic != kFirstMagic) Reader::damaged();
  TrialSnapshot snapshot;
  snapshot.state.step = reader.value<uint64_t>();
  snapshot.state.scalars = reader.list<double>();
  snapshot.state.weights = reader.list<float>();
  const size_t slots = magic == kFirstMagic ? kFirstSlots : kOptimizerSlots;
  for (size_t i = 0; i < slots; ++i) {
    std::vector<float>& slot = snapshot.state.slots[i];
    slot = reader.list<float>();
    if (!slot.empty() && slot.size() != snapshot.state.weights.size()) Reader::damaged();
  }
  snapshot.correct = reader.value<uint64_t>();
  snapshot.seen = reader.value<uint64_t>();
  snapshot.recent_losses = reader.list<double>();
  snapshot.recent_correct = reader.list<uint32_t>();
  snapshot.compute_seconds = reader.value<double>();
  if (snapshot.recent_losses.size() != kRecentSteps ||
      snapshot.recent_correct.size() != kRecentSteps) {
    Reader::damaged();
  }
  reader.expect_end();
  return snapshot;
}

}  // namespace sweetspot::train
