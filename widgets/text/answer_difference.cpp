#include "widgets/text/answer_difference.h"

#include "widgets/checks/series_chart.h"
#include "widgets/text/text_difference.h"

#include <QRegularExpression>

#include <string>
#include <vector>

namespace armillary::widgets {
namespace {

// Words, runs of blanks and single signs.
std::vector<std::string> wordsOf(const QString& text)
{
    static const QRegularExpression word(QStringLiteral("\\s+|[\\p{L}\\p{N}_]+|[^\\s\\p{L}\\p{N}_]"));
    std::vector<std::string> out;
    for (auto match = word.globalMatch(text); match.hasNext();)
        out.push_back(match.next().captured().toStdString());
    return out;
}

}  // namespace

QString answerDifferenceHtml(const QString& first, const QString& second, bool dark)
{
    const std::vector<std::string> a = wordsOf(first);
    const std::vector<std::string> b = wordsOf(second);
    const TextDifference difference = textDifference(a, b);
    const QString gone = seriesColor(1, dark).name();
    const QString added = seriesColor(0, dark).name();
    QString out;
    const auto say = [&out](const std::string& word, const QString& color, const char* decoration) {
        const QString text = QString::fromStdString(word).toHtmlEscaped();
        out += color.isEmpty() ? text
                               : QStringLiteral("<span style=\"color:%1;text-decoration:%2\">%3</span>")
                                     .arg(color, QString::fromLatin1(decoration), text);
    };
    std::size_t j = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!difference.partnerInB[i]) {
            say(a[i], gone, "line-through");
            continue;
        }
        for (; j < *difference.partnerInB[i]; ++j)
            say(b[j], added, "underline");
        say(a[i], {}, "");
        ++j;
    }
    for (; j < b.size(); ++j)
        say(b[j], added, "underline");
    return out;
}

}  // namespace armillary::widgets
