// Did it really run? The checks V1-V7 and W1-W16 of the shown run with verdicts, numbers against thresholds that can be edited, what
// each check saw, and a jump to the place it is about; beside it the spots of the registration check.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QTimer>

#include <optional>

class QActionGroup;
class QLabel;
class QMenu;
class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;
class QTabWidget;
class QTextBrowser;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class CheckTableModel;
class GridMaps;
class OfferPage;
class RegistrationView;
class SeriesChart;
struct CheckRow;

class VerificationPanel : public Panel {
    Q_OBJECT
public:
    explicit VerificationPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showSelection() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] CheckTableModel* model() const { return m_model; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] RegistrationView* registration() const { return m_registration; }
    [[nodiscard]] SeriesChart* chart() const { return m_chart; }
    [[nodiscard]] GridMaps* maps() const { return m_maps; }
    [[nodiscard]] QString summaryText() const;
    // The check whose details are shown, null without one.
    [[nodiscard]] const CheckRow* current() const;
    // Writes the report; the form follows the name. A sentence when that failed.
    [[nodiscard]] QString exportReport(const QString& path) const;

Q_SIGNALS:
    // Somebody wants to look at the place that a check is about: the panel of this id shows it.
    void showMe(const QString& panelId);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeTable();
    // As many columns as leave the titles whole: first the reason goes, then the threshold; then titles take two
    // lines, and the number goes.
    void arrangeColumns();
    void makeActions();
    [[nodiscard]] QMenu* makeMenu();
    [[nodiscard]] QString second() const;
    void setSecond(const QString& second);
    [[nodiscard]] QWidget* makeChecksPage();
    void want();
    void showResult();
    void showCurrent();
    void showEvidence(const CheckRow* check);
    void jump();
    void resetThresholds();
    void askForReport();
    [[nodiscard]] QString runWords() const;
    [[nodiscard]] QString againstWords(const CheckRow& check) const;

    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    std::shared_ptr<const AnalysisResult> m_shown;  // verdicts, perhaps by other thresholds
    std::shared_ptr<const RunRecord> m_shownRecord;
    CheckTableModel* m_model = nullptr;
    QSortFilterProxyModel* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    QTimer m_arrangement;  // of the columns, for letters that have changed
    QTabWidget* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QStackedWidget* m_verdicts = nullptr;  // or what to do for them
    OfferPage* m_unverified = nullptr;
    QLabel* m_summary = nullptr;
    QActionGroup* m_second = nullptr;  // which picture V3 and W3 compare with
    QTextBrowser* m_detail = nullptr;
    QStackedWidget* m_evidence = nullptr;
    SeriesChart* m_chart = nullptr;
    GridMaps* m_maps = nullptr;
    RegistrationView* m_registration = nullptr;
    Positions m_hovered;  // by the maps
    QAction* m_showMe = nullptr;
    QAction* m_reset = nullptr;
    QAction* m_export = nullptr;
};

}  // namespace armillary::widgets
