// A mutex, its lock and its condition, of which clang knows (-Wthread-safety, in the clang preset):
// what several threads share is GUARDED_BY its mutex, a function that must be called under it
// REQUIRES it, and clang refuses what touches either without. To g++ the words mean nothing.
// Thread-safety: every member function may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define SWEETSPOT_THREAD_ATTRIBUTE(words) __attribute__((words))
#else
#define SWEETSPOT_THREAD_ATTRIBUTE(words)
#endif
#define CAPABILITY(name) SWEETSPOT_THREAD_ATTRIBUTE(capability(name))
#define SCOPED_CAPABILITY SWEETSPOT_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(mutex) SWEETSPOT_THREAD_ATTRIBUTE(guarded_by(mutex))
#define REQUIRES(...) SWEETSPOT_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) SWEETSPOT_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) SWEETSPOT_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace sweetspot {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() RELEASE() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// Ask in a loop around wait(): clang does not see the lock inside of a lambda.
class Condition {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    changed_.wait(lock);
    lock.release();
  }
  // False where it was too late.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point until) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = changed_.wait_until(lock, until) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void notify_all() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

}  // namespace sweetspot
