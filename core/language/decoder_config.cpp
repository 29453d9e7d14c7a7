#include "language/decoder_config.h"

#include <cmath>

namespace armillary::language {

double DecoderConfig::scoreScale() const
{
    return 1.0 / std::sqrt(queryScalar);
}

}  // namespace armillary::language
