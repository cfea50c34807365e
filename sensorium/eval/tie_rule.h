#pragma once

namespace sensorium {

/// Who stands first among equal scores. `expected_random`: figures are expectations over uniformly random orders.
enum class TieRule { lower_id_first, higher_id_first, optimistic, pessimistic, expected_random };

}  // namespace sensorium
