// Processor time of the calling thread, so that what other programs take does not count.
// Thread-safety: pure function of the thread that calls.
#pragma once

namespace sweetspot {

// Seconds since the thread began.
double thread_seconds();

}  // namespace sweetspot
