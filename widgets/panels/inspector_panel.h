// Everything about the highlighted token, or about a set of them: what it is, its pixels, probability, norm, neighbours, nearest
// words, the lens, what it may see, attention, notes, and its exact numbers. Sections open and close; what is closed costs nothing.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/inspector/inspector_section.h"
#include "widgets/panel.h"

#include <QTimer>

#include <map>
#include <optional>
#include <vector>

class QPlainTextEdit;
class QStackedLayout;
class QVBoxLayout;

namespace armillary::widgets {

class MeasuredLabel;
class TokenThumbnail;
class ValuesSection;

class InspectorPanel : public Panel {
    Q_OBJECT
public:
    explicit InspectorPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showNewTokens(qint64 first, qint64 count) override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    void showPair() override;

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    // By name: token, set, pixels, probability, norm, neighbours, words, lens, reach, attention, values, notes.
    [[nodiscard]] InspectorSection* section(const QString& name) const;
    [[nodiscard]] TokenThumbnail* thumbnail() const { return m_thumbnail; }
    [[nodiscard]] QPlainTextEdit* noteEdit() const { return m_note; }
    [[nodiscard]] ValuesSection* values() const { return m_values; }
    // The position described; nothing without a highlight.
    [[nodiscard]] std::optional<std::int64_t> described() const { return m_position; }

private:
    // A section that shows an analysis.
    struct Asked {
        AnalysisView* view = nullptr;
        InspectorSection* section = nullptr;
        bool startsAlone = false;  // computed without being asked for: it reads the record only, in moments
        std::optional<std::int64_t> startedFor;  // a person pressed Compute at this position
    };

    InspectorSection* addSection(const QString& name, const QString& title, const QString& tip);
    Asked& addAsked(const QString& name, const QString& title, const QString& tip, bool startsAlone);
    void makeActions();
    void hoverLink(qint64 position);
    // Gathers changes of one turn of the event loop.
    void refreshSoon();
    void refresh();
    void refreshDetails();
    void refreshSet();
    void ask();
    [[nodiscard]] std::optional<AnalysisRequest> requestOf(const QString& name) const;
    void showAsked(const QString& name);
    [[nodiscard]] std::vector<InspectorLine> linesOf(const QString& name, const AnalysisResult* result) const;
    void showAttention();
    void showNote();
    void keepNote();
    [[nodiscard]] Positions shownPositions() const;
    [[nodiscard]] QString noteKey() const;
    [[nodiscard]] QString factsText() const;

    QStackedLayout* m_pages = nullptr;
    MeasuredLabel* m_heading = nullptr;
    QVBoxLayout* m_column = nullptr;
    std::vector<InspectorSection*> m_sections;
    std::map<QString, Asked> m_asked;
    InspectorSection* m_receives = nullptr;
    TokenThumbnail* m_thumbnail = nullptr;
    ValuesSection* m_values = nullptr;
    QPlainTextEdit* m_note = nullptr;
    std::map<QString, QString> m_notes;  // by run and positions
    QString m_noteKey;                   // of what the editor shows
    std::optional<std::int64_t> m_position;
    Positions m_shown;     // what m_position is of
    Positions m_ownHover;  // of a link of ours: it highlights elsewhere and must not change what stands here
    bool m_isRefreshPosted = false;
    QTimer m_details;  // of what is hovered: laying out their text takes longer than the rest of a highlight
    QTimer m_settle;   // analyses are asked for once the pointer rests
};

}  // namespace armillary::widgets
