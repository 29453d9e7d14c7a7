#include "text/tokenizer.h"
#include "text/utf8.h"

namespace armillary::text {

std::string Utf8Stream::add(std::string_view bytes)
{
    m_waiting.append(bytes);
    std::string done;
    std::size_t at = 0;
    while (at < m_waiting.size()) {
        const Utf8Read read = readUtf8(m_waiting, at);
        if (read.state == Utf8State::Unfinished)
            break;
        appendUtf8(done, read.codePoint);
        at += read.bytes;
    }
    m_waiting.erase(0, at);
    return done;
}

std::string Utf8Stream::finish()
{
    std::string done = toValidUtf8(m_waiting);
    m_waiting.clear();
    return done;
}

}  // namespace armillary::text
