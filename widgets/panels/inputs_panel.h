// What the model sees: every picture that the vision encoder and the video autoencoder of the shown run really read, out of its record,
// with value ranges, beside the source; tokens are framed in all of them and chosen by a click.
// Thread rule: GUI thread; pixels are read beside it.
#pragma once

#include "inspect/model_inputs.h"
#include "widgets/frozen_view.h"
#include "widgets/inspector/input_pictures.h"
#include "widgets/panel.h"

#include <memory>
#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QStackedLayout;
class QToolButton;

namespace armillary::widgets {

class InputsCanvas;
struct InputCard;
class OverlayLegend;

class InputsPanel : public Panel {
    Q_OBJECT
public:
    enum View { Everything, VisionEncoder, Autoencoder };

    explicit InputsPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showSelection() override;
    void showOverlays() override;

    [[nodiscard]] InputsCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] QComboBox* viewBox() const { return m_view; }
    [[nodiscard]] QToolButton* soloButton() const { return m_solo; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }
    // Whether pictures stand in place of a hint.
    [[nodiscard]] bool hasInputs() const;
    // Pictures that are still being read.
    [[nodiscard]] int waiting() const { return m_waiting; }

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

private:
    struct Entry {
        inspect::ModelInput input;
        QImage picture;
        std::optional<inspect::InputView> view;
        std::optional<std::size_t> original;  // of m_originals
    };
    struct Original {
        int media = 0;
        int frame = 0;
        Image image;
        QImage picture;
        bool isStill = false;
    };

    // Why there is nothing to see.
    enum class Hint { NothingAsked, Running, Failed, NoPicture, OldRecord };

    void makeActions();
    void makeHints();
    [[nodiscard]] Hint hint() const;
    void freeze(bool locked);
    [[nodiscard]] const ShownRun& shownRun() const { return m_frozen ? m_frozen->run : run(); }
    [[nodiscard]] const OverlayStack& shownOverlays() const { return m_frozen ? m_frozen->overlays : overlays(); }
    // Reads the record anew.
    void takeRecord();
    // The cards of the chosen view.
    void fillCards();
    void showCard(std::size_t card);
    [[nodiscard]] InputCard cardFrom(const Entry& entry) const;
    [[nodiscard]] InputCard cardFrom(const Original& original) const;
    [[nodiscard]] std::size_t originalOf(int media, int frame, const Image& image, bool isStill);
    [[nodiscard]] QString valueWords(int card, int row, int column) const;
    void setSolo(std::optional<int> card);
    void step(int by);

    QStackedLayout* m_pages = nullptr;
    InputsCanvas* m_canvas = nullptr;
    OverlayLegend* m_legend = nullptr;
    QComboBox* m_view = nullptr;
    QToolButton* m_solo = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_marks = nullptr;
    std::unique_ptr<FrozenView> m_frozen;  // while locked
    InputPictures m_pictures;
    std::shared_ptr<const RunRecord> m_record;  // that the entries are of
    std::vector<Entry> m_entries;
    std::vector<Original> m_originals;
    // What stands on each card: an entry, or an original.
    struct Place {
        bool isOriginal = false;
        std::size_t index = 0;
    };
    std::vector<Place> m_places;
    int m_waiting = 0;
    std::optional<int> m_wantedSolo;  // of a restored view
};

}  // namespace armillary::widgets
