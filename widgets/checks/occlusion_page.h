// Block occlusion: which part of the world or of the picture the answer hangs on. Coarse blocks are computed first and shown while
// the finer ones follow; the finest level is painted over picture and latent frames as the layer "occlusion".
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QJsonObject>
#include <QWidget>

#include <memory>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QStackedWidget;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class ArgumentForm;
class GridMaps;

class OcclusionPage : public QWidget {
    Q_OBJECT
public:
    explicit OcclusionPage(const PanelContext& context, QWidget* parent = nullptr);

    [[nodiscard]] AnalysisView* view() const { return m_view; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] ArgumentForm* form() const { return m_form; }
    [[nodiscard]] GridMaps* maps() const { return m_maps; }
    // What has been computed so far; null: nothing.
    [[nodiscard]] std::shared_ptr<const AnalysisResult> result() const { return m_shown; }
    [[nodiscard]] QString summaryText() const;

    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

private:
    void want();
    void wantLevel();
    void showResult();
    void showMaps();
    [[nodiscard]] std::string measure() const;
    [[nodiscard]] Positions tokensOf(int map, int row, int column) const;

    PanelContext m_context;
    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    ArgumentForm* m_form = nullptr;
    QComboBox* m_measure = nullptr;
    QLabel* m_summary = nullptr;
    GridMaps* m_maps = nullptr;
    QStackedWidget* m_pages = nullptr;  // what to do for them, or the maps
    std::shared_ptr<const AnalysisResult> m_shown;
    std::shared_ptr<const RunRecord> m_shownRecord;
    std::vector<std::string> m_levels;  // that are still to come, the next one first
    bool m_isRunning = false;
    bool m_isWanting = false;
    Positions m_hovered;
};

}  // namespace armillary::widgets
