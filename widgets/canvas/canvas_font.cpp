#include "widgets/canvas/canvas_font.h"

#include <QRawFont>
#include <QtEndian>

#include <utility>
#include <vector>

namespace armillary::widgets {
namespace {

void appendBig32(QByteArray& out, quint32 value)
{
    const quint32 big = qToBigEndian(value);
    out.append(reinterpret_cast<const char*>(&big), 4);
}

void appendBig16(QByteArray& out, quint16 value)
{
    const quint16 big = qToBigEndian(value);
    out.append(reinterpret_cast<const char*>(&big), 2);
}

}  // namespace

QByteArray fontFileFromFont(const QFont& font)
{
    const QRawFont raw = QRawFont::fromFont(font);
    if (!raw.isValid())
        return {};
    // The tables a rasteriser needs: outlines are in glyf + loca or in CFF.
    std::vector<std::pair<QByteArray, QByteArray>> tables;
    for (const char* tag :
         {"CFF ", "OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "kern", "loca", "maxp", "name", "post"}) {
        QByteArray bytes = raw.fontTable(tag);
        if (!bytes.isEmpty())
            tables.emplace_back(tag, std::move(bytes));
    }
    const auto has = [&tables](const char* tag) {
        for (const auto& [name, bytes] : tables) {
            if (name == tag)
                return true;
        }
        return false;
    };
    const bool outlines = has("CFF ") || (has("glyf") && has("loca"));
    if (!outlines || !has("cmap") || !has("head") || !has("hhea") || !has("hmtx") || !has("maxp"))
        return {};

    QByteArray out;
    appendBig32(out, has("CFF ") ? 0x4f54544f : 0x00010000);
    appendBig16(out, static_cast<quint16>(tables.size()));
    appendBig16(out, 0);  // the three search hints are not read by rasterisers
    appendBig16(out, 0);
    appendBig16(out, 0);
    auto offset = static_cast<quint32>(12 + 16 * tables.size());
    for (const auto& [name, bytes] : tables) {
        const auto length = static_cast<quint32>(bytes.size());
        out.append(name);
        appendBig32(out, 0);  // checksum, not read either
        appendBig32(out, offset);
        appendBig32(out, length);
        offset += (length + 3) / 4 * 4;
    }
    for (const auto& [name, bytes] : tables) {
        out.append(bytes);
        out.append((4 - bytes.size() % 4) % 4, '\0');
    }
    return out;
}

}  // namespace armillary::widgets
