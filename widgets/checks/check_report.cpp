#include "widgets/checks/check_report.h"

#include "widgets/models/check_table_model.h"
#include "widgets/models/result_table_model.h"

#include "session/analysis_archive.h"

#include <nlohmann/json.hpp>

#include <QCoreApplication>
#include <QSaveFile>

#include <memory>

namespace armillary::widgets {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("CheckReport", text);
}

// The rows as the window shows them. The model only reads the result, so it need not own it.
void fill(CheckTableModel& model, const AnalysisResult& result)
{
    model.setResult(std::shared_ptr<const AnalysisResult>(std::shared_ptr<const void>(), &result));
}

// Tells verdicts apart without colours, in a text file too.
QString sign(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass: return QStringLiteral("[ok]  ");
    case Verdict::Warn: return QStringLiteral("[warn]");
    case Verdict::Fail: return QStringLiteral("[FAIL]");
    case Verdict::Skip: return QStringLiteral("[n/a] ");
    }
    return {};
}

}  // namespace

QString checkReportText(const AnalysisResult& result, const QString& what)
{
    CheckTableModel model;
    fill(model, result);
    QStringList lines{what, model.summary(), {}};
    for (const CheckRow& row : model.rows()) {
        lines << QStringLiteral("%1 %2 %3").arg(sign(row.verdict), row.id.leftJustified(3), row.title);
        lines
            << words("           %1 against %2: %3").arg(numberText(row.value), numberText(row.threshold), row.measure);
        lines << QStringLiteral("           %1").arg(row.reason);
    }
    for (const std::string& caution : result.cautions)
        lines << QString() << words("Note: %1").arg(QString::fromStdString(caution));
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QString checkReportHtml(const AnalysisResult& result, const QString& what)
{
    CheckTableModel model;
    fill(model, result);
    QString rows;
    for (const CheckRow& row : model.rows()) {
        rows += QStringLiteral("<tr><td style=\"color:%1\"><b>%2</b></td><td>%3</td><td>%4</td>"
                               "<td class=\"n\">%5</td><td class=\"n\">%6</td><td>%7</td><td>%8</td></tr>\n")
                    .arg(verdictColor(row.verdict, false).name(),
                         (sign(row.verdict).trimmed() + QLatin1Char(' ') + verdictWord(row.verdict)).toHtmlEscaped(),
                         row.id.toHtmlEscaped(), row.title.toHtmlEscaped(), numberText(row.value),
                         numberText(row.threshold), row.measure.toHtmlEscaped(), row.reason.toHtmlEscaped());
    }
    QString notes;
    for (const std::string& caution : result.cautions)
        notes += QStringLiteral("<p>%1</p>\n").arg(QString::fromStdString(caution).toHtmlEscaped());
    return QStringLiteral("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>%1</title><style>"
                          "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
                          "td,th{border-bottom:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}"
                          ".n{text-align:right;white-space:nowrap}</style></head><body>\n<h1>%1</h1>\n<p>%2</p>\n"
                          "<p><b>%3</b></p>\n<table>\n<tr><th>%4</th></tr>\n%5</table>\n%6</body></html>\n")
        .arg(words("Did it really run?").toHtmlEscaped(), what.toHtmlEscaped(), model.summary().toHtmlEscaped(),
             QStringList{words("Verdict"), words("Id"), words("Check"), words("Number"), words("Threshold"),
                         words("What the number is"), words("Reason")}
                 .join(QStringLiteral("</th><th>")),
             rows, notes);
}

QString checkReportJson(const AnalysisResult& result)
{
    return QString::fromStdString(session::jsonFromAnalysis(result).dump(2)) + QLatin1Char('\n');
}

QString writeCheckReport(const QString& path, const AnalysisResult& result, const QString& what)
{
    QString text;
    if (path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive))
        text = checkReportJson(result);
    else if (path.endsWith(QLatin1String(".html"), Qt::CaseInsensitive) ||
             path.endsWith(QLatin1String(".htm"), Qt::CaseInsensitive))
        text = checkReportHtml(result, what);
    else
        text = checkReportText(result, what);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) < 0 || !file.commit())
        return words("The report could not be written (%1): %2").arg(file.errorString(), path);
    return {};
}

}  // namespace armillary::widgets
