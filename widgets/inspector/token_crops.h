// The pixels that a token stands for as small pictures with a little of what lies around them, the token's own box framed:
// for pointers on maps and for lists of tokens. World tokens are cut from the frame that their latent frame begins with.
// Thread rule: GUI thread; a picture is cut when it is first asked for.
#pragma once

#include "widgets/shown_run.h"

#include <QHash>
#include <QImage>

namespace armillary::widgets {

class TokenCrops {
public:
    explicit TokenCrops(const ShownRun& run) : m_run(run) {}

    // Another run is shown, or its record came in.
    void clear() { m_cut.clear(); }
    // Null where a position stands for no pixels, or for pixels that nobody decoded.
    [[nodiscard]] QImage of(std::int64_t position);

private:
    [[nodiscard]] QImage cut(std::int64_t position) const;

    const ShownRun& m_run;
    QHash<std::int64_t, QImage> m_cut;
};

// The picture that position `position` of the run was made of; empty where there is none.
[[nodiscard]] Image pictureOfToken(const ShownRun& run, std::int64_t position);

}  // namespace armillary::widgets
