#include "widgets/kind_colors.h"

#include <QCoreApplication>

namespace armillary::widgets {
namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("TokenKind", text);
}

}  // namespace

QColor kindColor(TokenKind kind, bool dark)
{
    switch (kind) {
    case TokenKind::Text: return dark ? QColor(0x56, 0xb4, 0xe9) : QColor(0x4a, 0xa8, 0xdd);
    case TokenKind::Control: return dark ? QColor(0x86, 0x90, 0xa0) : QColor(0x9a, 0xa3, 0xb0);
    case TokenKind::Image: return dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0xe6, 0x9f, 0x00);
    case TokenKind::World: return dark ? QColor(0x00, 0xa8, 0x7c) : QColor(0x00, 0x9e, 0x73);
    case TokenKind::Bracket: return dark ? QColor(0xf2, 0xf4, 0xf8) : QColor(0x1c, 0x23, 0x30);
    case TokenKind::Generated: return dark ? QColor(0xd4, 0x83, 0xb1) : QColor(0xcc, 0x79, 0xa7);
    }
    return {};
}

QColor kindInk(TokenKind kind, bool dark)
{
    if (kind == TokenKind::Bracket)
        return dark ? QColor(0x16, 0x19, 0x1f) : QColor(0xff, 0xff, 0xff);
    return {0x10, 0x14, 0x1a};
}

QString kindName(TokenKind kind)
{
    return QString::fromUtf8(tokenKindName(kind).data(), static_cast<qsizetype>(tokenKindName(kind).size()));
}

QString kindExplanation(TokenKind kind)
{
    switch (kind) {
    case TokenKind::Text: return translated("Words of the prompt: the question, earlier turns and the template's text");
    case TokenKind::Control: return translated("Marks of the chat template, such as the start of a turn");
    case TokenKind::Image:
        return translated("What the SigLIP vision encoder saw; each stands for a patch of a picture");
    case TokenKind::World: return translated("What the Cosmos world model's encoder saw, projected into the sequence");
    case TokenKind::Bracket: return translated("The two marks around the world tokens");
    case TokenKind::Generated: return translated("Tokens of the answer, one after the other as they were generated");
    }
    return {};
}

}  // namespace armillary::widgets
