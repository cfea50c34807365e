#pragma once
// Ending in good order, where that takes more than removing unfinished files.

#include <functional>

namespace sensorium {

/// From here on the first SIGINT or SIGTERM calls `action`, on a thread of its own, instead of ending the process,
/// which the second then does (see install_signal_cleanup, which must have been called). Empty: no longer; an action
/// that runs has then ended. Thread-safe.
void on_first_ending_signal(std::function<void()> action);

}  // namespace sensorium
