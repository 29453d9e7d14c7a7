// What a frame of the window costs at the largest size: 4,200 positions, 34 layers, 8 heads, in panels that stand side by side in
// one window, while the pointer moves over them, the wheel scrolls them and Ctrl+wheel zooms them.
//
// "own" is what canvases do up to their finished draw lists, all those of one frame together; "frame" is a whole repaint of the
// window, drawing, reading back and copying to the display included; "settled" lasts from an event until everything it changed is on
// the display, "computed" is this thread's time in it. "empty" is an ImguiCanvas as large as the window whose every pixel changes, or
// none. Needs a display: Xvfb will do.
#include "support/record_builder.h"
#include "window_support/panel_stage.h"

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/panel_registry.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QGridLayout>
#include <QMouseEvent>
#include <QTest>
#include <QTextStream>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <utility>

namespace armillary::test {
namespace {

using namespace widgets;

constexpr std::int64_t kLayers = 34, kHeads = 8, kBins = 512, kWindow = 1024;

AnalysisArray floatArray(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                         const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {std::move(axes), {ElementType::Float32, std::move(shape), std::move(bytes)}};
}

AnalysisArray wholeArray(const std::string& axis, const std::vector<std::int64_t>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(std::int64_t));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {{axis}, {ElementType::Int64, {static_cast<std::int64_t>(values.size())}, std::move(bytes)}};
}

std::shared_ptr<const RunRecord> longRecord()
{
    RecordBuilder builder;
    const int picture = builder.addPicture("gradient.png", 720, 1280);
    builder.text({"<bos>"}, TokenKind::Control).worldTokens(picture, 5, 28, 28).imageTokens(picture, 16, 16);
    builder.text(std::vector<std::string>(23, "word"));
    builder.answer(std::vector<std::string>(64, " and"));
    auto record = std::make_shared<RunRecord>(*builder.build());
    record->model = {kLayers, kHeads, 4, 256, 2560, 262208, 0.0625, 1e-6, kWindow, {}};
    for (std::int64_t layer = 0; layer < kLayers; ++layer)
        record->model.layerIsLocal.push_back((layer + 1) % 6 != 0);
    record->bidirectionalBlocks = {{3921, 4177}};
    return record;
}

std::vector<float> randomValues(std::int64_t count, float most)
{
    std::mt19937 engine(3);
    std::uniform_real_distribution<float> even(0, most);
    std::vector<float> out(static_cast<std::size_t>(count));
    std::generate(out.begin(), out.end(), [&] { return even(engine); });
    return out;
}

// Results of the sizes that the analyses give; their numbers are random, since drawing them costs the same.
void giveResults(DirectDesk& desk, std::int64_t positions)
{
    AnalysisResult matrix;
    matrix.request.name = "attention-matrix";
    matrix.arrays["matrix"] = floatArray({"layer", "head"}, {kLayers, kHeads}, randomValues(kLayers * kHeads, 1));
    desk.give(matrix);

    AnalysisResult map;
    map.request.name = "attention-map";
    std::vector<std::int64_t> queries;
    std::vector<std::int64_t> edges;
    for (std::int64_t position = 0; position < positions; ++position)
        queries.push_back(position);
    for (std::int64_t bin = 0; bin <= kBins; ++bin)
        edges.push_back(bin * positions / kBins);
    auto states = std::make_shared<std::vector<std::uint8_t>>();
    for (std::int64_t row = 0; row < kBins; ++row) {
        for (std::int64_t column = 0; column < kBins; ++column)
            states->push_back(column > row ? 2 : (row - column) * positions / kBins > kWindow ? 3 : 0);
    }
    map.arrays["mean"] = floatArray({"query bin", "key bin"}, {kBins, kBins}, randomValues(kBins * kBins, 0.01F));
    map.arrays["maximum"] = floatArray({"query bin", "key bin"}, {kBins, kBins}, randomValues(kBins * kBins, 0.2F));
    map.arrays["states"] = {{"query bin", "key bin"}, {ElementType::UInt8, {kBins, kBins}, std::move(states)}};
    map.arrays["queries"] = wholeArray("query", queries);
    map.arrays["row edges"] = wholeArray("edge", edges);
    map.arrays["column edges"] = wholeArray("edge", edges);
    desk.give(map);
}

// An overlay of one value a position, as attention panels set it.
void paintTokens(OverlayStack& overlays, std::int64_t positions)
{
    OverlayLayer layer;
    layer.title = QStringLiteral("random weights");
    layer.unit = QStringLiteral("weight");
    layer.values = randomValues(positions, 1);
    overlays.setLayer(QStringLiteral("bench"), std::move(layer));
}

// Every pixel changes with every frame, or none.
class EmptyCanvas : public ImguiCanvas {
public:
    bool changes = true;

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override
    {
        if (changes)
            m_level = (m_level + 1) % 200;
        list.AddRectFilled(ImVec2(0, 0), size, canvasColor(m_level, m_level, m_level));
    }

private:
    int m_level = 0;
};

// Samples of milliseconds, and the value that 95 of 100 stay below.
class Samples {
public:
    void add(double milliseconds) { m_values.push_back(milliseconds); }
    [[nodiscard]] double percentile(double share) const
    {
        if (m_values.empty())
            return std::nan("");
        std::vector<double> sorted = m_values;
        std::sort(sorted.begin(), sorted.end());
        return sorted[std::min(sorted.size() - 1,
                               static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
    }
    [[nodiscard]] std::size_t count() const { return m_values.size(); }

private:
    std::vector<double> m_values;
};

// Of the calling thread, in milliseconds; Mesa draws on it with LP_NUM_THREADS=0.
double computedMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

struct FrameSamples {
    Samples own;
    Samples frame;
    Samples settled;
    Samples computed;
};

// A window that times its repaints.
class TimedWindow : public QWidget {
public:
    explicit TimedWindow(const QSize& size) { resize(size); }

    void sampleInto(FrameSamples* samples)
    {
        m_samples = samples;
        m_canvases = findChildren<ImguiCanvas*>();
        for (const ImguiCanvas* canvas : m_canvases)
            m_frames[canvas] = canvas->frameCount();
    }
    [[nodiscard]] const std::map<QString, Samples>& ownByCanvas() const { return m_ownByCanvas; }

protected:
    bool event(QEvent* event) override
    {
        if (event->type() != QEvent::UpdateRequest || m_samples == nullptr)
            return QWidget::event(event);
        // Most canvases drew their part of the frame before this update of the window.
        double frame = 0;
        double own = 0;
        bool any = false;
        for (const ImguiCanvas* canvas : m_canvases)
            frame += canvas->frameCount() == m_frames[canvas] ? 0 : canvas->lastDrawSeconds() * 1e3;
        QElapsedTimer timer;
        timer.start();
        const bool handled = QWidget::event(event);
        frame += static_cast<double>(timer.nsecsElapsed()) * 1e-6;
        for (const ImguiCanvas* canvas : m_canvases) {
            if (canvas->frameCount() == std::exchange(m_frames[canvas], canvas->frameCount()))
                continue;
            any = true;
            own += canvas->lastDrawListSeconds() * 1e3;
            m_ownByCanvas[canvas->accessibleName()].add(canvas->lastDrawListSeconds() * 1e3);
        }
        if (any) {
            m_samples->frame.add(frame);
            m_samples->own.add(own);
        }
        return handled;
    }

private:
    FrameSamples* m_samples = nullptr;
    QList<ImguiCanvas*> m_canvases;
    std::map<const ImguiCanvas*, qint64> m_frames;  // at the last update
    std::map<QString, Samples> m_ownByCanvas;
};

void settle()
{
    // Frames that follow input ask for each other; each turn draws one.
    for (int turn = 0; turn < 6; ++turn)
        QCoreApplication::processEvents();
}

void turnUntilQuiet(const QList<ImguiCanvas*>& canvases)
{
    qint64 last = -1;
    for (int quiet = 0; quiet < 2;) {
        QCoreApplication::processEvents();
        qint64 frames = 0;
        for (const ImguiCanvas* canvas : canvases)
            frames += canvas->frameCount();
        quiet = frames == last ? quiet + 1 : 0;
        last = frames;
    }
}

void sendWheel(QWidget* widget, const QPointF& at, int degrees, Qt::KeyboardModifiers modifiers)
{
    QWheelEvent wheel(at, widget->mapToGlobal(at), {}, QPoint(0, degrees), Qt::NoButton, modifiers, Qt::NoScrollPhase,
                      false);
    QCoreApplication::sendEvent(widget, &wheel);
}

void sendMove(QWidget* widget, const QPointF& at)
{
    QMouseEvent move(QEvent::MouseMove, at, widget->mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(widget, &move);
}

template <class Step>
FrameSamples measure(TimedWindow& window, int steps, Step step)
{
    FrameSamples out;
    window.sampleInto(&out);
    const QList<ImguiCanvas*> canvases = window.findChildren<ImguiCanvas*>();
    for (int i = 0; i < steps; ++i) {
        QElapsedTimer timer;
        timer.start();
        const double computedBefore = computedMilliseconds();
        step(i);
        turnUntilQuiet(canvases);
        out.settled.add(static_cast<double>(timer.nsecsElapsed()) * 1e-6);
        out.computed.add(computedMilliseconds() - computedBefore);
    }
    window.sampleInto(nullptr);
    return out;
}

void print(QTextStream& out, const QString& what, const FrameSamples& samples)
{
    out << what.leftJustified(32);
    const auto column = [&out](const char* name, const Samples& of) {
        out << QStringLiteral("  %1 p50 %2 p95 %3")
                   .arg(QLatin1String(name))
                   .arg(of.percentile(0.5), 6, 'f', 2)
                   .arg(of.percentile(0.95), 6, 'f', 2);
    };
    column("own", samples.own);
    column("frame", samples.frame);
    column("settled", samples.settled);
    column("computed", samples.computed);
    out << "  ms  (" << samples.frame.count() << " frames)\n";
    out.flush();
}

FrameSamples emptyFrames(const QSize& size, bool changes, int steps)
{
    TimedWindow window(size);
    auto* canvas = new EmptyCanvas;
    canvas->changes = changes;
    canvas->setAccessibleName(QStringLiteral("empty"));
    auto* layout = new QGridLayout(&window);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(canvas);
    window.show();
    (void)QTest::qWaitForWindowExposed(&window);
    settle();
    return measure(window, steps, [canvas](int) { canvas->update(); });
}

int run(const QStringList& ids, const QSize& size, int steps)
{
    QTextStream out(stdout);
    print(out, QStringLiteral("empty canvas, every pixel new"), emptyFrames(size, true, steps));
    print(out, QStringLiteral("empty canvas, nothing new"), emptyFrames(size, false, steps));

    PanelStage stage;
    const auto record = longRecord();
    const std::int64_t positions = record->layout->size() + static_cast<std::int64_t>(record->generated.size());
    giveResults(stage.desk, positions - 1);
    TimedWindow window(size);
    auto* layout = new QGridLayout(&window);
    const int columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(ids.size()))));
    for (const QString& id : ids) {
        const auto& kinds = panelKinds();
        const auto kind =
            std::find_if(kinds.begin(), kinds.end(), [&id](const PanelKind& each) { return each.id == id; });
        if (kind == kinds.end()) {
            out << "there is no panel " << id << "\n";
            return 1;
        }
        const int at = layout->count();
        layout->addWidget(kind->make(stage.context(), &window), at / columns, at % columns);
    }
    const MediaId media = stage.media.add(QStringLiteral("gradient.png"), QStringLiteral("gradient.png"));
    const Image& pixels = record->question.media.front().frames.front();
    const QImage picture(pixels.rgb().data(), pixels.width(), pixels.height(), 3 * pixels.width(),
                         QImage::Format_RGB888);
    stage.media.setOpened(media, 1, 0);
    stage.media.setFrame(media, {0, pixels, picture.copy(), picture.scaled(64, 36)});
    stage.run.showRecord(record);
    stage.selection.setFocus({.layer = 5, .head = 2});
    paintTokens(stage.overlays, positions);
    window.show();
    (void)QTest::qWaitForWindowExposed(&window);
    const QList<ImguiCanvas*> canvases = window.findChildren<ImguiCanvas*>();
    for (int turn = 0; turn < 50; ++turn)
        settle();

    std::mt19937 engine(11);
    for (ImguiCanvas* canvas : canvases) {
        if (!canvas->isVisible())
            continue;
        const auto somewhere = [&] {
            return QPointF(engine() % static_cast<unsigned>(std::max(1, canvas->width())),
                           engine() % static_cast<unsigned>(std::max(1, canvas->height())));
        };
        const QPointF middle = QRectF(canvas->rect()).center();
        print(out, canvas->accessibleName() + QStringLiteral(": hover"),
              measure(window, steps, [&](int) { sendMove(canvas, somewhere()); }));
        print(out, canvas->accessibleName() + QStringLiteral(": zoom"), measure(window, steps, [&](int i) {
                  sendWheel(canvas, middle, i % 12 < 6 ? 120 : -120, Qt::ControlModifier);
              }));
        print(out, canvas->accessibleName() + QStringLiteral(": scroll"), measure(window, steps, [&](int i) {
                  sendWheel(canvas, middle, i % 40 < 20 ? -120 : 120, Qt::NoModifier);
              }));
        // The pointer goes elsewhere; two canvases that each believe to have it would hover for ever.
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(canvas, &leave);
        settle();
    }
    print(out, QStringLiteral("all canvases: another hover"), measure(window, steps, [&](int) {
              stage.selection.hover({static_cast<std::int64_t>(engine() % static_cast<unsigned>(positions))});
          }));
    print(out, QStringLiteral("all canvases: another choice"), measure(window, steps, [&](int) {
              const auto first = static_cast<std::int64_t>(engine() % static_cast<unsigned>(positions - 300));
              Positions chosen(200);
              std::iota(chosen.begin(), chosen.end(), first);
              stage.selection.choose(std::move(chosen));
          }));
    for (const auto& [name, samples] : window.ownByCanvas())
        out << QStringLiteral("own code of %1: p95 %2 ms of %3 frames\n")
                   .arg(name, -30)
                   .arg(samples.percentile(0.95), 6, 'f', 2)
                   .arg(samples.count());
    return 0;
}

}  // namespace
}  // namespace armillary::test

int main(int argc, char** argv)
{
    qputenv("LP_NUM_THREADS", "0");
    QApplication app(argc, argv);
    QCommandLineParser parser;
    const QCommandLineOption panels(QStringLiteral("panels"), QStringLiteral("ids of panels, with commas"),
                                    QStringLiteral("ids"), QStringLiteral("tokens,picture,matrix,attention"));
    const QCommandLineOption size(QStringLiteral("size"), QStringLiteral("of the window, as 1920x1080"),
                                  QStringLiteral("pixels"), QStringLiteral("1920x1080"));
    const QCommandLineOption steps(QStringLiteral("steps"), QStringLiteral("events of each kind"),
                                   QStringLiteral("count"), QStringLiteral("100"));
    parser.addOptions({panels, size, steps});
    parser.addHelpOption();
    parser.process(app);
    armillary::widgets::applyTheme(armillary::widgets::ThemeChoice::Dark, true);
    const QStringList sides = parser.value(size).split(QLatin1Char('x'));
    return armillary::test::run(parser.value(panels).split(QLatin1Char(',')),
                                QSize(sides.value(0).toInt(), sides.value(1).toInt()), parser.value(steps).toInt());
}
